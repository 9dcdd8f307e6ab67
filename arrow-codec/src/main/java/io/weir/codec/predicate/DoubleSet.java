package io.weir.codec.predicate;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.jspecify.annotations.Nullable;

/** Values of FLOAT (widened, which loses nothing) and DOUBLE. NaN is in no set; 0.0 and -0.0 are the same. */
final class DoubleSet extends ValueSet {
    /** Interval i is {@code [lows[i], highs[i]]}; never NaN, zeros are positive. */
    private final double[] lows;

    private final double[] highs;

    private DoubleSet(double[] lows, double[] highs) {
        this.lows = lows;
        this.highs = highs;
    }

    /**
     * Where a literal lies among the doubles: {@code floor} is the largest that is not above it, {@code ceiling} the smallest that is
     * not below it, the same one where the literal names it; both NaN for NaN.
     */
    record Place(double floor, double ceiling) {
        static Place of(double value) {
            return new Place(value + 0.0, value + 0.0);
        }

        /**
         * A literal that is how a value of the column is written ({@code 0.1}) names that value, though it is not exactly it; any
         * other lies where it lies, between two values of the column.
         */
        static Place of(BigDecimal literal, boolean isFloat) {
            double nearest = isFloat ? literal.floatValue() : literal.doubleValue();
            if (Double.isFinite(nearest) && names(literal, nearest, isFloat)) {
                return of(nearest);
            }
            double near = literal.doubleValue();
            int order = Double.isInfinite(near) ? (near > 0 ? 1 : -1) : new BigDecimal(near).compareTo(literal);
            if (order == 0) {
                return of(near);
            }
            return order < 0 ? new Place(near, Math.nextUp(near)) : new Place(Math.nextDown(near), near);
        }

        private static boolean names(BigDecimal literal, double value, boolean isFloat) {
            // That many digits always name one value, even where the JDK prints more of them than it needs.
            if (literal.stripTrailingZeros().precision() <= (isFloat ? 6 : 15) && value != 0) {
                return true;
            }
            String shown = isFloat ? Float.toString((float) value) : Double.toString(value);
            return new BigDecimal(shown).compareTo(literal) == 0;
        }

        private boolean isExact() {
            return floor == ceiling;
        }
    }

    /** @param places one, or for EQUAL any number of them */
    static DoubleSet of(Comparison comparison, List<Place> places) {
        if (comparison == Comparison.EQUAL) {
            double[] points = places.stream()
                    .filter(Place::isExact)
                    .mapToDouble(Place::floor)
                    .sorted()
                    .distinct()
                    .toArray();
            return new DoubleSet(points, points);
        }
        Place place = places.get(0);
        double min = Double.NEGATIVE_INFINITY;
        double max = Double.POSITIVE_INFINITY;
        return switch (comparison) {
            case LESS -> place.ceiling() == min ? empty() : between(min, Math.nextDown(place.ceiling()));
            case AT_MOST -> between(min, place.floor());
            case GREATER -> place.floor() == max ? empty() : between(Math.nextUp(place.floor()), max);
            default -> between(place.ceiling(), max);
        };
    }

    private static DoubleSet between(double low, double high) {
        return low <= high ? new DoubleSet(new double[] {low + 0.0}, new double[] {high + 0.0}) : empty();
    }

    private static DoubleSet empty() {
        return new DoubleSet(new double[0], new double[0]);
    }

    @Override
    boolean intersects(@Nullable Object min, @Nullable Object max) {
        double low = number(min);
        double high = number(max);
        int i = Double.isNaN(low) ? 0 : firstEndingAtOrAfter(low);
        return i < lows.length && !(lows[i] > high);
    }

    @Override
    boolean containsAll(@Nullable Object min, @Nullable Object max) {
        double low = number(min);
        double high = number(max);
        if (Double.isNaN(low) || Double.isNaN(high)) {
            return false;
        }
        int i = firstEndingAtOrAfter(low);
        return i < lows.length && lows[i] <= low && high <= highs[i];
    }

    /** NaN where unknown. The statistics of a column that was an integer then are rounded as its values are. */
    private static double number(@Nullable Object statistic) {
        if (statistic instanceof Double value) {
            return value;
        }
        return statistic instanceof Long value ? value.doubleValue() : Double.NaN;
    }

    private int firstEndingAtOrAfter(double value) {
        int i = Arrays.binarySearch(highs, value + 0.0);
        return i >= 0 ? i : -i - 1;
    }

    private boolean contains(double value) {
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
        if (vector instanceof Float8Vector) {
            for (int i = 0; i < rowCount; i++) {
                if (contains(data.getDouble(8L * i))) {
                    rows.set(i);
                }
            }
        } else if (vector instanceof Float4Vector) {
            for (int i = 0; i < rowCount; i++) {
                if (contains(data.getFloat(4L * i))) {
                    rows.set(i);
                }
            }
        } else {
            throw unexpected(vector);
        }
        return rows;
    }
}
