package io.weir.codec.aggregate;

import io.weir.codec.merge.BitmapKind;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A function over the rows of a group.
 *
 * @param column null of {@code count(*)}
 * @param kind of the bitmap that it makes, or null where it makes none
 * @param filter the rows it runs over, or null for all
 */
record RowFunction(
        Function function,
        @Nullable Column column,
        @Nullable BitmapKind kind,
        @Nullable Predicate filter) {
    /** How it is written; the same text is the same function. */
    String text() {
        return function.text() + "(" + (column == null ? "*" : column.name()) + ")"
                + (filter == null ? "" : " filter (where " + filter + ")");
    }

    /** The type of its result; BYTES of a bitmap. */
    DataType type() {
        return switch (function) {
            case COUNT -> DataType.Simple.BIGINT;
            case AVG -> DataType.Simple.DOUBLE;
            case MIN, MAX -> Objects.requireNonNull(column).type();
            case SUM -> sumType(Objects.requireNonNull(column).type());
            case RB_OR, RB_AND, RB_ANDNOT, RB_BUILD, RB_CARDINALITY -> DataType.Simple.BYTES;
        };
    }

    private static DataType sumType(DataType type) {
        if (type instanceof DataType.Decimal decimal) {
            return new DataType.Decimal(38, decimal.scale());
        }
        return ColumnKind.of(type) == ColumnKind.FLOATING ? DataType.Simple.DOUBLE : DataType.Simple.BIGINT;
    }
}
