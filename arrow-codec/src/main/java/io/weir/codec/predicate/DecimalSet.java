package io.weir.codec.predicate;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.BitSet;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.jspecify.annotations.Nullable;

/** Values of DECIMAL(p,s): intervals of the unscaled 128-bit number, whose halves are compared without making objects. */
final class DecimalSet extends ValueSet {
    private static final BigInteger MIN = BigInteger.ONE.shiftLeft(127).negate();
    private static final BigInteger MAX = BigInteger.ONE.shiftLeft(127).subtract(BigInteger.ONE);

    private final int scale;
    private final List<Span> spans;

    /** Both ends in it, unscaled; and their halves, the upper one signed, the lower one not. */
    private record Span(BigInteger low, BigInteger high, long lowUpper, long lowLower, long highUpper, long highLower) {
        static Span of(BigInteger low, BigInteger high) {
            return new Span(
                    low,
                    high,
                    low.shiftRight(64).longValue(),
                    low.longValue(),
                    high.shiftRight(64).longValue(),
                    high.longValue());
        }
    }

    private DecimalSet(int scale, List<Span> spans) {
        this.scale = scale;
        this.spans = List.copyOf(spans);
    }

    /**
     * What compares so with a number, exactly; a number with more fraction digits than the column lies between two of its values.
     *
     * @param numbers one, or for EQUAL any number of them
     */
    static DecimalSet of(Comparison comparison, List<BigDecimal> numbers, int scale) {
        if (comparison == Comparison.EQUAL) {
            return new DecimalSet(
                    scale,
                    numbers.stream()
                            .filter(n -> floor(n, scale).equals(ceiling(n, scale)))
                            .map(n -> floor(n, scale))
                            .filter(n -> n.bitLength() < 128)
                            .sorted()
                            .distinct()
                            .map(n -> Span.of(n, n))
                            .toList());
        }
        BigDecimal number = numbers.get(0);
        return switch (comparison) {
            case LESS -> between(MIN, ceiling(number, scale).subtract(BigInteger.ONE), scale);
            case AT_MOST -> between(MIN, floor(number, scale), scale);
            case GREATER -> between(floor(number, scale).add(BigInteger.ONE), MAX, scale);
            default -> between(ceiling(number, scale), MAX, scale);
        };
    }

    private static DecimalSet between(BigInteger low, BigInteger high, int scale) {
        boolean empty = low.compareTo(MAX) > 0 || high.compareTo(MIN) < 0;
        return new DecimalSet(scale, empty ? List.of() : List.of(Span.of(low.max(MIN), high.min(MAX))));
    }

    private static BigInteger floor(BigDecimal number, int scale) {
        return number.setScale(scale, RoundingMode.FLOOR).unscaledValue();
    }

    private static BigInteger ceiling(BigDecimal number, int scale) {
        return number.setScale(scale, RoundingMode.CEILING).unscaledValue();
    }

    /** Statistics of another scale are rounded outwards, so they still bound. */
    @Override
    boolean intersects(@Nullable Object min, @Nullable Object max) {
        BigInteger low = min instanceof BigDecimal value ? floor(value, scale) : MIN;
        int i = firstEndingAtOrAfter(low);
        return i < spans.size()
                && !(max instanceof BigDecimal value && spans.get(i).low().compareTo(ceiling(value, scale)) > 0);
    }

    @Override
    boolean containsAll(@Nullable Object min, @Nullable Object max) {
        if (!(min instanceof BigDecimal least) || !(max instanceof BigDecimal most)) {
            return false;
        }
        BigInteger low = floor(least, scale);
        int i = firstEndingAtOrAfter(low);
        return i < spans.size()
                && spans.get(i).low().compareTo(low) <= 0
                && ceiling(most, scale).compareTo(spans.get(i).high()) <= 0;
    }

    private int firstEndingAtOrAfter(BigInteger value) {
        int from = 0;
        int to = spans.size();
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (spans.get(middle).high().compareTo(value) < 0) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from;
    }

    private boolean contains(long upper, long lower) {
        int from = 0;
        int to = spans.size();
        while (from < to) {
            int middle = (from + to) >>> 1;
            Span span = spans.get(middle);
            if (compare(span.highUpper(), span.highLower(), upper, lower) < 0) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        if (from == spans.size()) {
            return false;
        }
        Span span = spans.get(from);
        return compare(span.lowUpper(), span.lowLower(), upper, lower) <= 0;
    }

    private static int compare(long upper, long lower, long otherUpper, long otherLower) {
        return upper != otherUpper ? Long.compare(upper, otherUpper) : Long.compareUnsigned(lower, otherLower);
    }

    @Override
    List<Interval> intervals() {
        return spans.stream()
                .map(s -> new Interval(new BigDecimal(s.low(), scale), new BigDecimal(s.high(), scale), true))
                .toList();
    }

    @Override
    BitSet rows(FieldVector vector, int rowCount) {
        if (!(vector instanceof DecimalVector decimal) || decimal.getScale() != scale) {
            throw unexpected(vector);
        }
        BitSet rows = new BitSet(rowCount);
        ArrowBuf data = vector.getDataBuffer();
        for (int i = 0; i < rowCount; i++) {
            if (contains(data.getLong(16L * i + 8), data.getLong(16L * i))) {
                rows.set(i);
            }
        }
        return rows;
    }
}
