package io.weir.codec.batch;

import io.weir.codec.schema.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The changes of a column's type that lose nothing. */
enum Widening {
    /** The bytes are the same: equal types, CHAR to STRING or a longer CHAR, DECIMAL to more digits of the same scale. */
    NONE,
    INTEGER,
    FLOATING;

    /** @throws IllegalArgumentException where {@code to} does not hold all values of {@code from} */
    static Widening between(DataType from, DataType to) {
        if (from.equals(to) || sameBytes(from, to)) {
            return NONE;
        }
        if (from == DataType.Simple.FLOAT && to == DataType.Simple.DOUBLE) {
            return FLOATING;
        }
        if (isInteger(from) && isInteger(to) && TypeShape.bits(from) < TypeShape.bits(to)) {
            return INTEGER;
        }
        throw new IllegalArgumentException("%s does not widen to %s".formatted(from, to));
    }

    private static boolean sameBytes(DataType from, DataType to) {
        if (from instanceof DataType.Char narrow) {
            return to == DataType.Simple.STRING
                    || (to instanceof DataType.Char wide && wide.length() >= narrow.length());
        }
        return from instanceof DataType.Decimal narrow
                && to instanceof DataType.Decimal wide
                && wide.scale() == narrow.scale()
                && wide.precision() >= narrow.precision();
    }

    private static boolean isInteger(DataType type) {
        return type == DataType.Simple.TINYINT
                || type == DataType.Simple.SMALLINT
                || type == DataType.Simple.INT
                || type == DataType.Simple.BIGINT;
    }

    /** The values of {@code view} as an array of values of the type {@code to}. */
    byte[] apply(ColumnView view, DataType to) {
        int width = TypeShape.bits(to) / 8;
        ByteBuffer out =
                ByteBuffer.allocate(Math.multiplyExact(view.length, width)).order(ByteOrder.LITTLE_ENDIAN);
        int sourceWidth = TypeShape.bits(view.type) / 8;
        for (int i = 0; i < view.length; i++) {
            int at = view.data + i * sourceWidth;
            if (this == FLOATING) {
                out.putDouble(view.body.getFloat(at));
                continue;
            }
            long value =
                    switch (sourceWidth) {
                        case 1 -> view.body.get(at);
                        case 2 -> view.body.getShort(at);
                        default -> view.body.getInt(at);
                    };
            switch (width) {
                case 2 -> out.putShort((short) value);
                case 4 -> out.putInt((int) value);
                default -> out.putLong(value);
            }
        }
        return out.array();
    }
}
