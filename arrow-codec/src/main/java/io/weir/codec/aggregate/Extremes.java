package io.weir.codec.aggregate;

import io.weir.codec.row.RowWriter;
import io.weir.codec.schema.DataType;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import org.apache.arrow.vector.FieldVector;
import org.jspecify.annotations.Nullable;

/** min and max. */
abstract class Extremes extends Accumulator {
    final int sign;
    private final BitSet seen = new BitSet();

    Extremes(boolean max) {
        this.sign = max ? 1 : -1;
    }

    @Override
    final void add(@Nullable FieldVector vector, BitSet rows, int[] groupOf) {
        bind(Objects.requireNonNull(vector), groupOf.length);
        for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
            int group = groupOf[row];
            if (!seen.get(group)) {
                seen.set(group);
                keep(group, row);
            } else if (sign * compare(row, group) > 0) {
                keep(group, row);
            }
        }
    }

    @Override
    final void put(int group, RowWriter row) {
        if (seen.get(group)) {
            putKept(group, row);
        } else {
            row.putNull();
        }
    }

    /** Rows are of this vector from now on. */
    abstract void bind(FieldVector vector, int rowCount);

    /** The row's value against the one that the group has. */
    abstract int compare(int row, int group);

    abstract void keep(int group, int row);

    abstract void putKept(int group, RowWriter row);

    static final class Longs extends Extremes {
        private long[] values = new long[0];
        private long[] kept = new long[0];

        Longs(boolean max) {
            super(max);
        }

        @Override
        long bytesPerGroup() {
            return 9;
        }

        @Override
        void grow(int groups) {
            kept = Arrays.copyOf(kept, groups);
        }

        @Override
        void bind(FieldVector vector, int rowCount) {
            values = ColumnValues.longs(vector, rowCount);
        }

        @Override
        int compare(int row, int group) {
            return Long.compare(values[row], kept[group]);
        }

        @Override
        void keep(int group, int row) {
            kept[group] = values[row];
        }

        @Override
        void putKept(int group, RowWriter row) {
            row.putLong(kept[group]);
        }
    }

    static final class Doubles extends Extremes {
        private double[] values = new double[0];
        private double[] kept = new double[0];

        Doubles(boolean max) {
            super(max);
        }

        @Override
        long bytesPerGroup() {
            return 9;
        }

        @Override
        void grow(int groups) {
            kept = Arrays.copyOf(kept, groups);
        }

        @Override
        void bind(FieldVector vector, int rowCount) {
            values = ColumnValues.doubles(vector, rowCount);
        }

        @Override
        int compare(int row, int group) {
            return Double.compare(values[row], kept[group]);
        }

        @Override
        void keep(int group, int row) {
            kept[group] = values[row];
        }

        @Override
        void putKept(int group, RowWriter row) {
            row.putDouble(kept[group]);
        }
    }

    static final class Decimals extends Extremes {
        private final int scale;
        private long[] values = new long[0];
        private long[] high = new long[0];
        private long[] low = new long[0];

        Decimals(boolean max, RowFunction function) {
            super(max);
            this.scale = ((DataType.Decimal) function.type()).scale();
        }

        @Override
        long bytesPerGroup() {
            return 17;
        }

        @Override
        void grow(int groups) {
            high = Arrays.copyOf(high, groups);
            low = Arrays.copyOf(low, groups);
        }

        @Override
        void bind(FieldVector vector, int rowCount) {
            values = ColumnValues.decimals(vector, rowCount);
        }

        @Override
        int compare(int row, int group) {
            int order = Long.compare(values[2 * row + 1], high[group]);
            return order != 0 ? order : Long.compareUnsigned(values[2 * row], low[group]);
        }

        @Override
        void keep(int group, int row) {
            low[group] = values[2 * row];
            high[group] = values[2 * row + 1];
        }

        @Override
        void putKept(int group, RowWriter row) {
            row.putDecimal(new BigDecimal(ColumnValues.wide(high[group], low[group]), scale));
        }
    }

    /** UTF-8, in the order of its unsigned bytes. */
    static final class Texts extends Extremes {
        /** Of an array, besides its bytes. */
        private static final int ARRAY_BYTES = 24;

        private final Budget budget;
        private final VariableBytes values = new VariableBytes();
        private byte[] @Nullable [] kept = new byte[0][];

        Texts(boolean max, Budget budget) {
            super(max);
            this.budget = budget;
        }

        @Override
        long bytesPerGroup() {
            return 9;
        }

        @Override
        void grow(int groups) {
            kept = Arrays.copyOf(kept, groups);
        }

        @Override
        void bind(FieldVector vector, int rowCount) {
            values.bind(vector);
        }

        @Override
        int compare(int row, int group) {
            values.read(row);
            byte[] other = Objects.requireNonNull(kept[group]);
            return Arrays.compareUnsigned(values.bytes(), 0, values.length(), other, 0, other.length);
        }

        @Override
        void keep(int group, int row) {
            values.read(row);
            byte[] before = kept[group];
            budget.take(values.length() + (before == null ? ARRAY_BYTES : -(long) before.length));
            kept[group] = Arrays.copyOf(values.bytes(), values.length());
        }

        @Override
        void putKept(int group, RowWriter row) {
            byte[] value = Objects.requireNonNull(kept[group]);
            row.putBytes(value, 0, value.length);
        }
    }
}
