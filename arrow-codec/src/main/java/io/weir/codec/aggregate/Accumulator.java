package io.weir.codec.aggregate;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.row.RowWriter;
import java.util.BitSet;
import java.util.Objects;
import org.apache.arrow.vector.FieldVector;
import org.jspecify.annotations.Nullable;

/** What a row function has come to in each group, by the group's number. */
abstract class Accumulator {
    static Accumulator of(RowFunction function, Budget budget) {
        if (function.function() == Function.COUNT) {
            return new Count();
        }
        ColumnKind kind =
                ColumnKind.of(Objects.requireNonNull(function.column()).type());
        boolean max = function.function() == Function.MAX;
        return switch (function.function()) {
            case SUM, AVG -> kind == ColumnKind.FLOATING ? new FloatingSum(function) : new ExactSum(function);
            case MIN, MAX ->
                switch (kind) {
                    case FLOATING -> new Extremes.Doubles(max);
                    case DECIMAL -> new Extremes.Decimals(max, function);
                    case TEXT -> new Extremes.Texts(max, budget);
                    default -> new Extremes.Longs(max);
                };
            default -> new BitmapAccumulator(function, budget);
        };
    }

    /** What each group takes, but what is taken from the budget as it comes. */
    abstract long bytesPerGroup();

    /** Makes room for so many groups. */
    abstract void grow(int groups);

    /**
     * @param vector of the function's column, or null of {@code count(*)}
     * @param rows that the function sees, none of them null; not to be changed
     * @param groupOf group of each row
     */
    abstract void add(@Nullable FieldVector vector, BitSet rows, int[] groupOf);

    /** Puts what came of the group as the row's next value. */
    abstract void put(int group, RowWriter row);

    static WeirException refused(RowFunction function, String what) {
        return new WeirException(ErrorCode.INVALID_REQUEST, AggregateLexer.shown(function.text()) + ": " + what);
    }

    private static final class Count extends Accumulator {
        private long[] counts = new long[0];

        @Override
        long bytesPerGroup() {
            return 8;
        }

        @Override
        void grow(int groups) {
            counts = java.util.Arrays.copyOf(counts, groups);
        }

        @Override
        void add(@Nullable FieldVector vector, BitSet rows, int[] groupOf) {
            for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
                counts[groupOf[row]]++;
            }
        }

        @Override
        void put(int group, RowWriter row) {
            row.putLong(counts[group]);
        }
    }
}
