package io.weir.codec.aggregate;

import io.weir.codec.schema.DataType;

/** How the values of a type are held while they are grouped and aggregated. */
enum ColumnKind {
    BOOLEAN,
    /** TINYINT to BIGINT: longs. */
    WHOLE,
    /** Dates, times and timestamps: longs. */
    TIME,
    /** FLOAT and DOUBLE: doubles. */
    FLOATING,
    /** Unscaled 128-bit numbers. */
    DECIMAL,
    /** CHAR and STRING: UTF-8 bytes. */
    TEXT,
    /** BINARY and BYTES. */
    BYTES,
    NESTED;

    static ColumnKind of(DataType type) {
        if (type instanceof DataType.Simple simple) {
            return switch (simple) {
                case BOOLEAN -> BOOLEAN;
                case TINYINT, SMALLINT, INT, BIGINT -> WHOLE;
                case FLOAT, DOUBLE -> FLOATING;
                case STRING -> TEXT;
                case BYTES -> BYTES;
                case DATE -> TIME;
            };
        }
        if (type instanceof DataType.Decimal) {
            return DECIMAL;
        }
        if (type instanceof DataType.Char) {
            return TEXT;
        }
        if (type instanceof DataType.Binary) {
            return BYTES;
        }
        boolean time = type instanceof DataType.Time
                || type instanceof DataType.Timestamp
                || type instanceof DataType.TimestampLtz;
        return time ? TIME : NESTED;
    }

    boolean isNumber() {
        return this == WHOLE || this == FLOATING || this == DECIMAL;
    }

    boolean hasOrder() {
        return isNumber() || this == TIME || this == TEXT;
    }
}
