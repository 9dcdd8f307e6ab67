package io.weir.lake.iceberg;

import io.weir.codec.batch.ColumnView;
import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.DataType;

/** Numbers of the store's rows as the lake has them: integers of any width, times in microseconds. */
final class Numbers {
    private static final long MICROS_PER_SECOND = 1_000_000;

    private Numbers() {}

    /** Of an integer, DATE, TIME or TIMESTAMP type. */
    static long whole(ColumnView view, int index) {
        return wide(view, width(view.type()), index) * factor(view.type());
    }

    static long wide(ColumnView view, int width, int index) {
        return switch (width) {
            case 1 -> view.byteAt(index);
            case 2 -> view.shortAt(index);
            case 4 -> view.intAt(index);
            default -> view.longAt(index);
        };
    }

    /** Of FLOAT or DOUBLE. */
    static double floating(ColumnView view, int index) {
        return view.type() == DataType.Simple.FLOAT
                ? Float.intBitsToFloat(view.intAt(index))
                : Double.longBitsToDouble(view.longAt(index));
    }

    /** Bytes of a value. */
    static int width(DataType type) {
        if (type instanceof DataType.Simple simple) {
            return switch (simple) {
                case TINYINT -> 1;
                case SMALLINT -> 2;
                case INT, DATE, FLOAT -> 4;
                default -> 8;
            };
        }
        return type instanceof DataType.Time time && time.precision() <= 3 ? 4 : 8;
    }

    /** What a value in its Arrow unit is multiplied by; the store holds years 1 to 9999, so nothing overflows. */
    static long factor(DataType type) {
        if (type instanceof DataType.Time time) {
            return microsPer(time.precision());
        }
        if (type instanceof DataType.Timestamp timestamp) {
            return microsPer(timestamp.precision());
        }
        return type instanceof DataType.TimestampLtz timestamp ? microsPer(timestamp.precision()) : 1;
    }

    private static long microsPer(int precision) {
        return switch (ArrowSchemas.unitOf(precision)) {
            case SECOND -> MICROS_PER_SECOND;
            case MILLISECOND -> 1000;
            case MICROSECOND -> 1;
            case NANOSECOND -> throw new IllegalStateException("finer than microseconds");
        };
    }
}
