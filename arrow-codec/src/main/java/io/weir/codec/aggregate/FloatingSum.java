package io.weir.codec.aggregate;

import io.weir.codec.row.RowWriter;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import org.apache.arrow.vector.FieldVector;
import org.jspecify.annotations.Nullable;

/** sum and avg of floating numbers, added up as doubles in the order of the rows. */
final class FloatingSum extends Accumulator {
    private final boolean mean;
    private double[] sums = new double[0];
    private long[] counts = new long[0];

    FloatingSum(RowFunction function) {
        this.mean = function.function() == Function.AVG;
    }

    @Override
    long bytesPerGroup() {
        return 16;
    }

    @Override
    void grow(int groups) {
        sums = Arrays.copyOf(sums, groups);
        counts = Arrays.copyOf(counts, groups);
    }

    @Override
    void add(@Nullable FieldVector vector, BitSet rows, int[] groupOf) {
        double[] values = ColumnValues.doubles(Objects.requireNonNull(vector), groupOf.length);
        for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
            sums[groupOf[row]] += values[row];
            counts[groupOf[row]]++;
        }
    }

    @Override
    void put(int group, RowWriter row) {
        if (counts[group] == 0) {
            row.putNull();
        } else {
            row.putDouble(mean ? sums[group] / counts[group] : sums[group]);
        }
    }
}
