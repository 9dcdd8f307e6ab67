package io.weir.codec.merge;

import io.weir.codec.schema.TableSchema;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What becomes of a row when one with the same key is written. Pure: the same rows always give the same row. Not thread-safe. */
public interface MergeEngine {
    /**
     * @param old the current row, or null where the key has none
     * @param row the row that is written, in the same schema version; columns that it does not set are null
     * @param present columns that the write sets, by index; null: all of them. The others keep their value, or are null in a new row
     * @return the row from now on; {@code old} itself, or equal bytes, where nothing changes
     * @throws io.weir.codec.WeirException INVALID_ROWS naming the column where the result is none: a number too large for its type, a
     *     list or bitmap too long, a null in a column that is not nullable
     */
    byte[] merge(byte @Nullable [] old, byte[] row, @Nullable BitSet present);

    /**
     * @param key names of the primary-key columns, which keep their values whatever the engine
     * @throws io.weir.codec.WeirException INVALID_PROPERTY as {@link #check}
     */
    static MergeEngine of(TableSchema schema, List<String> key, MergeSpec spec) {
        check(schema, key, spec);
        PartialRows partial = new PartialRows(schema, key);
        return switch (spec.engine()) {
            case LAST_ROW -> partial;
            case FIRST_ROW -> new FirstRow(partial);
            case VERSIONED -> new VersionedRows(schema, Objects.requireNonNull(spec.versionColumn()), partial);
            case AGGREGATION -> new AggregatedRows(schema, key, spec, partial);
        };
    }

    /**
     * Checks that the spec fits the columns: types that an aggregation takes, a version column that has an order.
     *
     * @throws io.weir.codec.WeirException INVALID_PROPERTY naming the property, the column and what would fit
     */
    static void check(TableSchema schema, List<String> key, MergeSpec spec) {
        new MergeCheck(schema, key, spec).check();
    }
}
