package io.weir.codec.row;

import io.weir.codec.batch.ColumnView;
import io.weir.codec.batch.TypeShape;
import io.weir.codec.schema.DataType;

/** Puts a column's values into keys. The values must not be null. */
abstract class KeyColumn {
    abstract void put(int row, KeyWriter out);

    static KeyColumn of(ColumnView view) {
        DataType type = view.type();
        if (TypeShape.isVariable(type)) {
            return new Variable(view);
        }
        if (type instanceof DataType.Binary binary) {
            return new Fixed(view, binary.length());
        }
        return type instanceof DataType.Decimal ? new Decimals(view) : new Wholes(view, TypeShape.bits(type));
    }

    private static final class Wholes extends KeyColumn {
        private final ColumnView view;
        private final int bits;

        Wholes(ColumnView view, int bits) {
            this.view = view;
            this.bits = bits;
        }

        @Override
        void put(int row, KeyWriter out) {
            switch (bits) {
                case 1 -> out.putBoolean(view.bitAt(row));
                case 8 -> out.putLong(view.byteAt(row));
                case 16 -> out.putLong(view.shortAt(row));
                case 32 -> out.putLong(view.intAt(row));
                default -> out.putLong(view.longAt(row));
            }
        }
    }

    private static final class Decimals extends KeyColumn {
        private final ColumnView view;

        Decimals(ColumnView view) {
            this.view = view;
        }

        @Override
        void put(int row, KeyWriter out) {
            out.putDecimal(view.longAt(2 * row + 1), view.longAt(2 * row));
        }
    }

    private static final class Fixed extends KeyColumn {
        private final ColumnView view;
        private final int width;

        Fixed(ColumnView view, int width) {
            this.view = view;
            this.width = width;
        }

        @Override
        void put(int row, KeyWriter out) {
            int at = out.takeRaw(width);
            view.copyFixed(row, width, out.array(), at);
        }
    }

    private static final class Variable extends KeyColumn {
        private final ColumnView view;

        Variable(ColumnView view) {
            this.view = view;
        }

        @Override
        void put(int row, KeyWriter out) {
            int start = view.offset(row);
            int count = view.offset(row + 1) - start;
            int at = out.takeRaw(count);
            view.copyBytes(start, count, out.array(), at);
            out.endVariable(at);
        }
    }
}
