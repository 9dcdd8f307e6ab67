package io.weir.codec.row;

import io.weir.codec.batch.TypeShape;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;

/** Bytes that a value takes in an encoded row. */
final class ValueWidth {
    /** The value's length stands before it. */
    static final int VARIABLE = -1;

    /** A DECIMAL of so many digits fits into eight bytes. */
    private static final int LONG_DIGITS = 18;

    private ValueWidth() {}

    static int of(DataType type) {
        if (type == DataType.Simple.BOOLEAN) {
            return 1;
        }
        if (type instanceof DataType.Decimal decimal) {
            return decimal.precision() <= LONG_DIGITS ? 8 : 16;
        }
        if (type instanceof DataType.Vector vector) {
            return 4 * vector.length();
        }
        int bits = TypeShape.bits(type);
        return bits == 0 ? VARIABLE : bits / 8;
    }

    static int[] ofColumns(TableSchema schema) {
        int[] widths = new int[schema.columns().size()];
        for (int i = 0; i < widths.length; i++) {
            widths[i] = of(schema.columns().get(i).type());
        }
        return widths;
    }

    static boolean isFloating(DataType type) {
        return type == DataType.Simple.FLOAT || type == DataType.Simple.DOUBLE;
    }

    /** BOOLEAN, whole numbers, dates, times and timestamps. */
    static boolean isWhole(DataType type) {
        int bits = TypeShape.bits(type);
        return bits > 0
                && !isFloating(type)
                && !(type instanceof DataType.Decimal)
                && !(type instanceof DataType.Binary);
    }
}
