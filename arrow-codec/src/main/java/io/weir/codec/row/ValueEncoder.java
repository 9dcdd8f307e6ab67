package io.weir.codec.row;

import io.weir.codec.batch.ColumnView;
import io.weir.codec.batch.TypeShape;
import io.weir.codec.schema.DataType;
import java.util.List;

/** Writes the values of one column, or of a child of one, into rows. The value at the index must not be null. */
abstract class ValueEncoder {
    final ColumnView view;

    ValueEncoder(ColumnView view) {
        this.view = view;
    }

    /** Writes a value so that its end is known by reading it. */
    abstract void write(int index, GrowingBytes out);

    /** Writes a value as that of a column: a nested one with its length before it, so that a reader can pass over it. */
    void writeColumn(int index, GrowingBytes out) {
        write(index, out);
    }

    static ValueEncoder of(ColumnView view) {
        DataType type = view.type();
        if (type instanceof DataType.Row || TypeShape.isList(type)) {
            return NestedEncoder.of(view);
        }
        if (TypeShape.isVariable(type)) {
            return new Variable(view);
        }
        if (type instanceof DataType.Decimal) {
            return new Decimals(view, ValueWidth.of(type) == 8);
        }
        if (type instanceof DataType.Vector vector) {
            return new Vectors(view, vector.length());
        }
        if (type instanceof DataType.Binary binary) {
            return new Binaries(view, binary.length());
        }
        if (ValueWidth.isFloating(type)) {
            return new Floating(view, type == DataType.Simple.DOUBLE);
        }
        return new Wholes(view, TypeShape.bits(type));
    }

    private static final class Wholes extends ValueEncoder {
        private final int bits;

        Wholes(ColumnView view, int bits) {
            super(view);
            this.bits = bits;
        }

        @Override
        void write(int index, GrowingBytes out) {
            switch (bits) {
                case 1 -> out.putByte(view.bitAt(index) ? 1 : 0);
                case 8 -> out.putByte(view.byteAt(index));
                case 16 -> out.putShort(view.shortAt(index));
                case 32 -> out.putInt(view.intAt(index));
                default -> out.putLong(view.longAt(index));
            }
        }
    }

    private static final class Floating extends ValueEncoder {
        private final boolean isDouble;

        Floating(ColumnView view, boolean isDouble) {
            super(view);
            this.isDouble = isDouble;
        }

        @Override
        void write(int index, GrowingBytes out) {
            if (isDouble) {
                out.putDouble(Double.longBitsToDouble(view.longAt(index)));
            } else {
                out.putFloat(Float.intBitsToFloat(view.intAt(index)));
            }
        }
    }

    private static final class Decimals extends ValueEncoder {
        private final boolean isShort;

        Decimals(ColumnView view, boolean isShort) {
            super(view);
            this.isShort = isShort;
        }

        @Override
        void write(int index, GrowingBytes out) {
            out.putLong(view.longAt(2 * index));
            if (!isShort) {
                out.putLong(view.longAt(2 * index + 1));
            }
        }
    }

    private static final class Binaries extends ValueEncoder {
        private final int width;

        Binaries(ColumnView view, int width) {
            super(view);
            this.width = width;
        }

        @Override
        void write(int index, GrowingBytes out) {
            out.putFixedOf(view, index, width);
        }
    }

    private static final class Vectors extends ValueEncoder {
        private final int floats;

        Vectors(ColumnView view, int floats) {
            super(view);
            this.floats = floats;
        }

        @Override
        void write(int index, GrowingBytes out) {
            ColumnView items = view.child(0);
            for (int i = index * floats; i < (index + 1) * floats; i++) {
                out.putFloat(Float.intBitsToFloat(items.intAt(i)));
            }
        }
    }

    private static final class Variable extends ValueEncoder {
        Variable(ColumnView view) {
            super(view);
        }

        @Override
        void write(int index, GrowingBytes out) {
            int start = view.offset(index);
            int count = view.offset(index + 1) - start;
            out.putLength(count);
            out.putBytesOf(view, start, count);
        }
    }

    static List<ValueEncoder> of(List<ColumnView> views) {
        return views.stream().map(ValueEncoder::of).toList();
    }
}
