package io.weir.codec.merge;

import io.weir.codec.row.RowView;
import io.weir.codec.row.RowWriter;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** Sums and products in the column's own type. What does not fit it is refused, but for floating numbers, which become infinite. */
final class NumberMerge {
    /** A DECIMAL of so many digits lies in a row as its unscaled number in a long, and two of them add up to one. */
    private static final int SHORT_DIGITS = 18;

    private NumberMerge() {}

    static ColumnMerge of(Column column, int index, boolean product) {
        if (column.type() instanceof DataType.Decimal decimal) {
            return !product && decimal.precision() <= SHORT_DIGITS
                    ? new ShortDecimalSum(column, index, decimal)
                    : new Decimals(column, index, product, decimal);
        }
        return column.type() == DataType.Simple.FLOAT || column.type() == DataType.Simple.DOUBLE
                ? new Floating(column, index, product)
                : new Whole(column, index, product);
    }

    private static String shown(boolean product, Object a, Object b, DataType type) {
        return (product ? "the product of " : "the sum of ") + a + " and " + b + " does not fit " + type
                + "; take a wider type or write smaller values";
    }

    private static final class Whole extends ColumnMerge {
        private final boolean product;
        private final long max;

        Whole(Column column, int index, boolean product) {
            super(column, index);
            this.product = product;
            this.max = column.type() == DataType.Simple.TINYINT
                    ? Byte.MAX_VALUE
                    : column.type() == DataType.Simple.SMALLINT
                            ? Short.MAX_VALUE
                            : column.type() == DataType.Simple.INT ? Integer.MAX_VALUE : Long.MAX_VALUE;
        }

        @Override
        void combine(RowView before, RowView written, RowWriter out) {
            long a = before.getLong(index);
            long b = written.getLong(index);
            long result = product ? a * b : a + b;
            if (result > max || result < -max - 1 || isWrapped(a, b, result)) {
                throw refused(NumberMerge.shown(product, a, b, column.type()));
            }
            out.putLong(result);
        }

        private boolean isWrapped(long a, long b, long result) {
            if (!product) {
                return ((a ^ result) & (b ^ result)) < 0;
            }
            return Math.multiplyHigh(a, b) != result >> 63;
        }
    }

    private static final class Floating extends ColumnMerge {
        private final boolean product;

        Floating(Column column, int index, boolean product) {
            super(column, index);
            this.product = product;
        }

        @Override
        void combine(RowView before, RowView written, RowWriter out) {
            double a = before.getDouble(index);
            double b = written.getDouble(index);
            double result = product ? a * b : a + b;
            out.putDouble(column.type() == DataType.Simple.FLOAT ? (float) result : result);
        }
    }

    private static final class ShortDecimalSum extends ColumnMerge {
        private final DataType.Decimal type;
        private final long past;

        ShortDecimalSum(Column column, int index, DataType.Decimal type) {
            super(column, index);
            this.type = type;
            this.past = BigDecimal.TEN.pow(type.precision()).longValueExact();
        }

        @Override
        void combine(RowView before, RowView written, RowWriter out) {
            long a = before.getLong(index);
            long b = written.getLong(index);
            if (a + b >= past || a + b <= -past) {
                throw refused(NumberMerge.shown(false, plain(a), plain(b), type));
            }
            out.putLong(a + b);
        }

        private String plain(long unscaled) {
            return BigDecimal.valueOf(unscaled, type.scale()).toPlainString();
        }
    }

    /** A product is rounded to the column's scale, half away from zero. */
    private static final class Decimals extends ColumnMerge {
        private final boolean product;
        private final DataType.Decimal type;

        Decimals(Column column, int index, boolean product, DataType.Decimal type) {
            super(column, index);
            this.product = product;
            this.type = type;
        }

        @Override
        void combine(RowView before, RowView written, RowWriter out) {
            BigDecimal a = before.getDecimal(index);
            BigDecimal b = written.getDecimal(index);
            BigDecimal result = product ? a.multiply(b).setScale(type.scale(), RoundingMode.HALF_UP) : a.add(b);
            if (result.precision() > type.precision()) {
                throw refused(NumberMerge.shown(product, a.toPlainString(), b.toPlainString(), type));
            }
            out.putDecimal(result);
        }
    }
}
