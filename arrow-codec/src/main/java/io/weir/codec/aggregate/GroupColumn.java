package io.weir.codec.aggregate;

import io.weir.codec.row.RowWriter;
import io.weir.codec.schema.DataType;
import java.math.BigDecimal;
import java.util.BitSet;
import org.apache.arrow.vector.FieldVector;

/** A column of a group's key, as bytes in the order of its values: 0 for null, else 1 and the value. */
abstract class GroupColumn {
    private BitSet present = new BitSet();

    static GroupColumn of(DataType type) {
        return switch (ColumnKind.of(type)) {
            case BOOLEAN, WHOLE, TIME -> new Longs();
            case FLOATING -> new Doubles();
            case DECIMAL -> new Decimals(((DataType.Decimal) type).scale());
            case TEXT, BYTES -> new Bytes();
            case NESTED -> throw new IllegalArgumentException("groups by " + type);
        };
    }

    /** The vector that {@link #append} reads from now on. */
    final void bind(FieldVector vector, int rowCount) {
        present = ColumnValues.present(vector, rowCount);
        bindValues(vector, rowCount);
    }

    final void append(int row, KeyBuffer out) {
        if (present.get(row)) {
            out.putByte(1);
            appendValue(row, out);
        } else {
            out.putByte(0);
        }
    }

    /** Reads the column's part of a key and puts it as the row's next value. */
    final void put(KeyBuffer in, RowWriter row) {
        if (in.getByte() == 0) {
            row.putNull();
        } else {
            putValue(in, row);
        }
    }

    abstract void bindValues(FieldVector vector, int rowCount);

    abstract void appendValue(int row, KeyBuffer out);

    abstract void putValue(KeyBuffer in, RowWriter row);

    private static final class Longs extends GroupColumn {
        private long[] values = new long[0];

        @Override
        void bindValues(FieldVector vector, int rowCount) {
            values = ColumnValues.longs(vector, rowCount);
        }

        @Override
        void appendValue(int row, KeyBuffer out) {
            out.putLong(values[row]);
        }

        @Override
        void putValue(KeyBuffer in, RowWriter row) {
            row.putLong(in.getLong());
        }
    }

    /** The bits of a negative number are turned over below the sign; -0 is 0, and NaNs are one, past all numbers. */
    private static final class Doubles extends GroupColumn {
        private double[] values = new double[0];

        @Override
        void bindValues(FieldVector vector, int rowCount) {
            values = ColumnValues.doubles(vector, rowCount);
        }

        @Override
        void appendValue(int row, KeyBuffer out) {
            long bits = Double.doubleToLongBits(values[row] + 0.0);
            out.putLong(bits ^ ((bits >> 63) & Long.MAX_VALUE));
        }

        @Override
        void putValue(KeyBuffer in, RowWriter row) {
            long bits = in.getLong();
            row.putDouble(Double.longBitsToDouble(bits ^ ((bits >> 63) & Long.MAX_VALUE)));
        }
    }

    private static final class Decimals extends GroupColumn {
        private final int scale;
        private long[] halves = new long[0];

        Decimals(int scale) {
            this.scale = scale;
        }

        @Override
        void bindValues(FieldVector vector, int rowCount) {
            halves = ColumnValues.decimals(vector, rowCount);
        }

        @Override
        void appendValue(int row, KeyBuffer out) {
            out.putLong(halves[2 * row + 1]);
            out.putLong(halves[2 * row] ^ Long.MIN_VALUE); // the lower half has no sign
        }

        @Override
        void putValue(KeyBuffer in, RowWriter row) {
            long high = in.getLong();
            long low = in.getLong() ^ Long.MIN_VALUE;
            row.putDecimal(new BigDecimal(ColumnValues.wide(high, low), scale));
        }
    }

    private static final class Bytes extends GroupColumn {
        private final VariableBytes values = new VariableBytes();

        @Override
        void bindValues(FieldVector vector, int rowCount) {
            values.bind(vector);
        }

        @Override
        void appendValue(int row, KeyBuffer out) {
            values.read(row);
            out.putBytes(values.bytes(), values.length());
        }

        @Override
        void putValue(KeyBuffer in, RowWriter row) {
            byte[] value = in.getBytes();
            row.putBytes(value, 0, value.length);
        }
    }
}
