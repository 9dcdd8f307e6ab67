package io.weir.codec.merge;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.row.RowView;
import io.weir.codec.row.RowWriter;
import io.weir.codec.schema.Column;

/** What becomes of one column's value. A null that is written changes nothing, and a null that was there gives way. */
abstract class ColumnMerge {
    final Column column;
    final int index;

    ColumnMerge(Column column, int index) {
        this.column = column;
        this.index = index;
    }

    /** @param spec checked */
    static ColumnMerge of(Column column, int index, MergeSpec spec) {
        Aggregation aggregation = spec.aggregations().getOrDefault(column.name(), MergeSpec.DEFAULT);
        return switch (aggregation) {
            case SUM, PRODUCT -> NumberMerge.of(column, index, aggregation == Aggregation.PRODUCT);
            case MAX -> new Extreme(column, index, 1);
            case MIN -> new Extreme(column, index, -1);
            case FIRST_VALUE -> new FirstValue(column, index);
            case FIRST_VALUE_IGNORE_NULLS -> new FirstNonNull(column, index);
            case LAST_VALUE -> new LastValue(column, index);
            case LAST_VALUE_IGNORE_NULLS -> new LastNonNull(column, index);
            case LISTAGG ->
                new TextList(column, index, spec.delimiters().getOrDefault(column.name(), MergeSpec.DEFAULT_DELIMITER));
            case BOOL_AND -> new Truth(column, index, true);
            case BOOL_OR -> new Truth(column, index, false);
            case RBM32 -> new BitmapUnion(column, index, BitmapKind.RBM32);
            case RBM64 -> new BitmapUnion(column, index, BitmapKind.RBM64);
        };
    }

    void merge(RowView before, RowView written, RowWriter out) {
        if (written.isNull(index)) {
            out.copy(before);
        } else if (before.isNull(index)) {
            checkFirst(written);
            out.copy(written);
        } else {
            combine(before, written, out);
        }
    }

    /** Puts what becomes of two values, neither of them null. */
    abstract void combine(RowView before, RowView written, RowWriter out);

    /** True where values may become too long. */
    boolean isBounded() {
        return false;
    }

    /** Checks a value that stands for itself; it may be null. */
    void checkFirst(RowView written) {}

    final WeirException refused(String what) {
        return new WeirException(ErrorCode.INVALID_ROWS, "column " + column.name() + ": " + what);
    }

    private static final class Extreme extends ColumnMerge {
        private final ValueOrder order;
        private final int sign;

        Extreme(Column column, int index, int sign) {
            super(column, index);
            this.order = ValueOrder.of(column.type()).orElseThrow();
            this.sign = sign;
        }

        @Override
        void combine(RowView before, RowView written, RowWriter out) {
            out.copy(sign * order.compare(written, before, index) > 0 ? written : before);
        }
    }

    /** A row that is there has had its first value, null or not. */
    private static final class FirstValue extends ColumnMerge {
        FirstValue(Column column, int index) {
            super(column, index);
        }

        @Override
        void merge(RowView before, RowView written, RowWriter out) {
            out.copy(before);
        }

        @Override
        void combine(RowView before, RowView written, RowWriter out) {
            out.copy(before);
        }
    }

    private static final class FirstNonNull extends ColumnMerge {
        FirstNonNull(Column column, int index) {
            super(column, index);
        }

        @Override
        void combine(RowView before, RowView written, RowWriter out) {
            out.copy(before);
        }
    }

    private static final class LastValue extends ColumnMerge {
        LastValue(Column column, int index) {
            super(column, index);
        }

        @Override
        void merge(RowView before, RowView written, RowWriter out) {
            out.copy(written);
        }

        @Override
        void combine(RowView before, RowView written, RowWriter out) {
            out.copy(written);
        }
    }

    private static final class LastNonNull extends ColumnMerge {
        LastNonNull(Column column, int index) {
            super(column, index);
        }

        @Override
        void combine(RowView before, RowView written, RowWriter out) {
            out.copy(written);
        }
    }

    private static final class Truth extends ColumnMerge {
        private final boolean and;

        Truth(Column column, int index, boolean and) {
            super(column, index);
            this.and = and;
        }

        @Override
        void combine(RowView before, RowView written, RowWriter out) {
            long a = before.getLong(index);
            long b = written.getLong(index);
            out.putLong(and ? a & b : a | b);
        }
    }
}
