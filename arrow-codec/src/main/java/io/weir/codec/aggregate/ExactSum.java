package io.weir.codec.aggregate;

import io.weir.codec.row.RowWriter;
import io.weir.codec.schema.DataType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import org.apache.arrow.vector.FieldVector;
import org.jspecify.annotations.Nullable;

/**
 * sum and avg of whole numbers and DECIMALs, in 192 bits a group: no order of rows overflows before the others make up for it, and no
 * number of rows that can be counted overflows at all.
 */
final class ExactSum extends Accumulator {
    private static final BigInteger PAST_DECIMAL = BigInteger.TEN.pow(38);

    /** More digits than a double has, so that only the last step rounds. */
    private static final MathContext MEAN = new MathContext(60);

    private final RowFunction function;
    private final boolean decimal;
    private final int scale;
    private long[] words = new long[0];
    private long[] counts = new long[0];

    ExactSum(RowFunction function) {
        this.function = function;
        DataType type = Objects.requireNonNull(function.column()).type();
        this.decimal = type instanceof DataType.Decimal;
        this.scale = type instanceof DataType.Decimal number ? number.scale() : 0;
    }

    @Override
    long bytesPerGroup() {
        return 32;
    }

    @Override
    void grow(int groups) {
        words = Arrays.copyOf(words, Math.multiplyExact(3, groups));
        counts = Arrays.copyOf(counts, groups);
    }

    @Override
    void add(@Nullable FieldVector vector, BitSet rows, int[] groupOf) {
        FieldVector present = Objects.requireNonNull(vector);
        if (decimal) {
            long[] halves = ColumnValues.decimals(present, groupOf.length);
            for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
                add(groupOf[row], halves[2 * row], halves[2 * row + 1]);
            }
        } else {
            long[] values = ColumnValues.longs(present, groupOf.length);
            for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
                add(groupOf[row], values[row], values[row] >> 63);
            }
        }
    }

    private void add(int group, long low, long high) {
        counts[group]++;
        int at = 3 * group;
        words[at] += low;
        long carry = Long.compareUnsigned(words[at], low) < 0 ? 1 : 0;
        long middle = words[at + 1] + high;
        long carried = Long.compareUnsigned(middle, high) < 0 ? 1 : 0;
        middle += carry;
        carried += carry == 1 && middle == 0 ? 1 : 0;
        words[at + 1] = middle;
        words[at + 2] += (high >> 63) + carried;
    }

    private BigInteger sum(int group) {
        ByteBuffer bytes = ByteBuffer.allocate(24);
        bytes.putLong(words[3 * group + 2]).putLong(words[3 * group + 1]).putLong(words[3 * group]);
        return new BigInteger(bytes.array());
    }

    @Override
    void put(int group, RowWriter row) {
        if (counts[group] == 0) {
            row.putNull();
            return;
        }
        BigInteger sum = sum(group);
        if (function.function() == Function.AVG) {
            BigDecimal mean = new BigDecimal(sum, scale).divide(BigDecimal.valueOf(counts[group]), MEAN);
            row.putDouble(mean.doubleValue());
        } else if (decimal) {
            if (sum.abs().compareTo(PAST_DECIMAL) >= 0) {
                throw tooLarge(sum);
            }
            row.putDecimal(new BigDecimal(sum, scale));
        } else {
            if (sum.bitLength() > 63) {
                throw tooLarge(sum);
            }
            row.putLong(sum.longValueExact());
        }
    }

    private RuntimeException tooLarge(BigInteger sum) {
        return refused(
                function,
                "the sum " + new BigDecimal(sum, scale).toPlainString() + " does not fit " + function.type()
                        + "; narrow it by where or filter, or take avg");
    }
}
