package io.weir.codec.predicate;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.jspecify.annotations.Nullable;

/** Values of the integer types, of dates, times and timestamps in the column's unit, and of BOOLEAN as 0 and 1. */
final class LongSet extends ValueSet {
    private static final BigInteger MIN = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger MAX = BigInteger.valueOf(Long.MAX_VALUE);

    /** Interval i is {@code [lows[i], highs[i]]}. */
    private final long[] lows;

    private final long[] highs;

    private LongSet(long[] lows, long[] highs) {
        this.lows = lows;
        this.highs = highs;
    }

    /**
     * What compares so with a number, exactly: {@code < 1.5} is {@code <= 1}, {@code = 1.5} is nothing.
     *
     * @param numbers one, or for EQUAL any number of them
     */
    static LongSet of(Comparison comparison, List<BigDecimal> numbers) {
        if (comparison == Comparison.EQUAL) {
            long[] points = numbers.stream()
                    .filter(n -> floor(n).equals(ceiling(n)) && isLong(floor(n)))
                    .mapToLong(BigDecimal::longValueExact)
                    .sorted()
                    .distinct()
                    .toArray();
            return new LongSet(points, points);
        }
        BigDecimal number = numbers.get(0);
        return switch (comparison) {
            case LESS -> between(MIN, ceiling(number).subtract(BigInteger.ONE));
            case AT_MOST -> between(MIN, floor(number));
            case GREATER -> between(floor(number).add(BigInteger.ONE), MAX);
            default -> between(ceiling(number), MAX);
        };
    }

    private static LongSet between(BigInteger low, BigInteger high) {
        if (low.compareTo(MAX) > 0 || high.compareTo(MIN) < 0) {
            return new LongSet(new long[0], new long[0]);
        }
        return new LongSet(
                new long[] {low.max(MIN).longValueExact()},
                new long[] {high.min(MAX).longValueExact()});
    }

    private static BigInteger floor(BigDecimal number) {
        return number.setScale(0, RoundingMode.FLOOR).unscaledValue();
    }

    private static BigInteger ceiling(BigDecimal number) {
        return number.setScale(0, RoundingMode.CEILING).unscaledValue();
    }

    private static boolean isLong(BigInteger number) {
        return number.bitLength() < Long.SIZE;
    }

    @Override
    boolean intersects(@Nullable Object min, @Nullable Object max) {
        Long low = number(min);
        Long high = number(max);
        int i = low == null ? 0 : firstEndingAtOrAfter(low);
        return i < lows.length && (high == null || lows[i] <= high);
    }

    @Override
    boolean containsAll(@Nullable Object min, @Nullable Object max) {
        Long low = number(min);
        Long high = number(max);
        if (low == null || high == null) {
            return false;
        }
        int i = firstEndingAtOrAfter(low);
        return i < lows.length && lows[i] <= low && high <= highs[i];
    }

    private static @Nullable Long number(@Nullable Object statistic) {
        if (statistic instanceof Boolean truth) {
            return truth ? 1L : 0L;
        }
        return statistic instanceof Long value ? value : null;
    }

    private int firstEndingAtOrAfter(long value) {
        int i = Arrays.binarySearch(highs, value);
        return i >= 0 ? i : -i - 1;
    }

    private boolean contains(long value) {
        if (lows.length == 1) {
            return lows[0] <= value && value <= highs[0];
        }
        int i = firstEndingAtOrAfter(value);
        return i < lows.length && lows[i] <= value;
    }

    @Override
    List<Interval> intervals() {
        List<Interval> intervals = new ArrayList<>();
        for (int i = 0; i < lows.length; i++) {
            intervals.add(new Interval(lows[i], highs[i], true));
        }
        return intervals;
    }

    @Override
    BitSet rows(FieldVector vector, int rowCount) {
        BitSet rows = new BitSet(rowCount);
        ArrowBuf data = vector.getDataBuffer();
        if (vector instanceof BitVector bits) {
            booleans(bits, rowCount, rows);
            return rows;
        }
        if (!(vector instanceof BaseFixedWidthVector fixed)) {
            throw unexpected(vector);
        }
        // One loop per width: the width must not be looked at per row.
        switch (fixed.getTypeWidth()) {
            case 1 -> {
                for (int i = 0; i < rowCount; i++) {
                    mark(rows, i, data.getByte(i));
                }
            }
            case 2 -> {
                for (int i = 0; i < rowCount; i++) {
                    mark(rows, i, data.getShort(2L * i));
                }
            }
            case 4 -> {
                for (int i = 0; i < rowCount; i++) {
                    mark(rows, i, data.getInt(4L * i));
                }
            }
            case 8 -> {
                for (int i = 0; i < rowCount; i++) {
                    mark(rows, i, data.getLong(8L * i));
                }
            }
            default -> throw unexpected(vector);
        }
        return rows;
    }

    private void booleans(BitVector bits, int rowCount, BitSet rows) {
        boolean zero = contains(0);
        boolean one = contains(1);
        for (int i = 0; i < rowCount; i++) {
            rows.set(i, ((bits.getDataBuffer().getByte(i >> 3) >> (i & 7)) & 1) == 1 ? one : zero);
        }
    }

    private void mark(BitSet rows, int row, long value) {
        if (contains(value)) {
            rows.set(row);
        }
    }
}
