package io.weir.codec.predicate;

import java.util.BitSet;
import java.util.List;
import org.apache.arrow.vector.FieldVector;
import org.jspecify.annotations.Nullable;

/**
 * The values of one column that a comparison lets through, as sorted intervals that do not touch. Immutable. Null is in no set and is
 * the caller's to deal with; NaN neither.
 */
abstract sealed class ValueSet permits LongSet, DoubleSet, DecimalSet, BytesSet {
    /**
     * False only when no value from {@code min} to {@code max} is in the set.
     *
     * @param min,max as column statistics hold them, both inclusive; null where unknown
     */
    abstract boolean intersects(@Nullable Object min, @Nullable Object max);

    /** True only when every value from {@code min} to {@code max} is in the set; so never where one of them is unknown. */
    abstract boolean containsAll(@Nullable Object min, @Nullable Object max);

    /** The rows whose value is in the set; what it says about rows that are null means nothing. */
    abstract BitSet rows(FieldVector vector, int rowCount);

    /** The set itself. */
    abstract List<Interval> intervals();

    static IllegalArgumentException unexpected(FieldVector vector) {
        return new IllegalArgumentException("the vector of column " + vector.getName() + " is a "
                + vector.getClass().getSimpleName() + ", which the predicate was not bound to");
    }
}
