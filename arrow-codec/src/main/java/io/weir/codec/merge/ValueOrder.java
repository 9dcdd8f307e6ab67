package io.weir.codec.merge;

import io.weir.codec.row.RowView;
import io.weir.codec.schema.DataType;
import java.util.Arrays;
import java.util.Optional;

/** How the values of a type are ordered: as SQL does, strings by code points, NaN past all numbers and -0 before 0. */
enum ValueOrder {
    WHOLE {
        @Override
        int compare(RowView a, RowView b, int column) {
            return Long.compare(a.getLong(column), b.getLong(column));
        }
    },
    FLOATING {
        @Override
        int compare(RowView a, RowView b, int column) {
            return Double.compare(a.getDouble(column), b.getDouble(column));
        }
    },
    DECIMAL {
        @Override
        int compare(RowView a, RowView b, int column) {
            return a.getDecimal(column).compareTo(b.getDecimal(column));
        }
    },
    /** UTF-8 bytes, whose unsigned order is that of the code points. */
    TEXT {
        @Override
        int compare(RowView a, RowView b, int column) {
            return Arrays.compareUnsigned(
                    a.bytes(),
                    a.start(column),
                    a.start(column) + a.length(column),
                    b.bytes(),
                    b.start(column),
                    b.start(column) + b.length(column));
        }
    };

    /** What has an order, for errors. */
    static final String TYPES = "numbers, CHAR, STRING, DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ";

    /** Neither value may be null. */
    abstract int compare(RowView a, RowView b, int column);

    static Optional<ValueOrder> of(DataType type) {
        if (type instanceof DataType.Simple simple) {
            return switch (simple) {
                case TINYINT, SMALLINT, INT, BIGINT, DATE -> Optional.of(WHOLE);
                case FLOAT, DOUBLE -> Optional.of(FLOATING);
                case STRING -> Optional.of(TEXT);
                case BOOLEAN, BYTES -> Optional.empty();
            };
        }
        if (type instanceof DataType.Decimal) {
            return Optional.of(DECIMAL);
        }
        if (type instanceof DataType.Char) {
            return Optional.of(TEXT);
        }
        boolean time = type instanceof DataType.Time
                || type instanceof DataType.Timestamp
                || type instanceof DataType.TimestampLtz;
        return time ? Optional.of(WHOLE) : Optional.empty();
    }
}
