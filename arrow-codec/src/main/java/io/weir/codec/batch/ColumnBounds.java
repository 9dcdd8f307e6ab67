package io.weir.codec.batch;

import io.weir.codec.schema.DataType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Smallest and largest value of a column, in one pass over its buffers and without an object a value. */
final class ColumnBounds {
    private static final ColumnBounds NONE = new ColumnBounds(null, null);

    final @Nullable Object min;
    final @Nullable Object max;

    private ColumnBounds(@Nullable Object min, @Nullable Object max) {
        this.min = min;
        this.max = max;
    }

    static ColumnBounds of(ColumnView view) {
        if (view.nullCount == view.length) {
            return NONE;
        }
        if (TypeShape.isVariable(view.type)) {
            return bytes(view, 0);
        }
        if (view.type instanceof DataType.Binary binary) {
            return bytes(view, binary.length());
        }
        if (view.type instanceof DataType.Decimal decimal) {
            return decimals(view, decimal.scale());
        }
        if (view.type == DataType.Simple.FLOAT || view.type == DataType.Simple.DOUBLE) {
            return floating(view);
        }
        int bits = TypeShape.bits(view.type);
        return bits == 0 ? NONE : bits == 1 ? booleans(view) : integers(view, bits);
    }

    private static ColumnBounds booleans(ColumnView view) {
        int trues = 0;
        int falses = 0;
        for (int i = 0; i < view.length && (trues == 0 || falses == 0); i++) {
            if (!view.isNull(i)) {
                if ((view.body.get(view.data + (i >> 3)) & 1 << (i & 7)) == 0) {
                    falses++;
                } else {
                    trues++;
                }
            }
        }
        return new ColumnBounds(falses == 0, trues > 0);
    }

    private static ColumnBounds integers(ColumnView view, int bits) {
        long min = Long.MAX_VALUE;
        long max = Long.MIN_VALUE;
        ByteBuffer body = view.body;
        for (int i = 0; i < view.length; i++) {
            if (view.isNull(i)) {
                continue;
            }
            long value =
                    switch (bits) {
                        case 8 -> body.get(view.data + i);
                        case 16 -> body.getShort(view.data + 2 * i);
                        case 32 -> body.getInt(view.data + 4 * i);
                        default -> body.getLong(view.data + 8 * i);
                    };
            min = Math.min(min, value);
            max = Math.max(max, value);
        }
        return new ColumnBounds(min, max);
    }

    /** Zero has two signs that compare as equal: a bound of zero takes the one further out. */
    private static ColumnBounds floating(ColumnView view) {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        boolean single = view.type == DataType.Simple.FLOAT;
        for (int i = 0; i < view.length; i++) {
            if (view.isNull(i)) {
                continue;
            }
            double value = single ? view.body.getFloat(view.data + 4 * i) : view.body.getDouble(view.data + 8 * i);
            if (Double.isNaN(value)) {
                return NONE;
            }
            min = Math.min(min, value);
            max = Math.max(max, value);
        }
        return new ColumnBounds(min == 0 ? -0.0 : min, max == 0 ? 0.0 : max);
    }

    private static ColumnBounds decimals(ColumnView view, int scale) {
        int min = -1;
        int max = -1;
        for (int i = 0; i < view.length; i++) {
            if (view.isNull(i)) {
                continue;
            }
            min = min < 0 || compareDecimals(view, i, min) < 0 ? i : min;
            max = max < 0 || compareDecimals(view, i, max) > 0 ? i : max;
        }
        return new ColumnBounds(decimal(view, min, scale), decimal(view, max, scale));
    }

    private static int compareDecimals(ColumnView view, int a, int b) {
        int high = Long.compare(view.body.getLong(view.data + 16 * a + 8), view.body.getLong(view.data + 16 * b + 8));
        return high != 0
                ? high
                : Long.compareUnsigned(view.body.getLong(view.data + 16 * a), view.body.getLong(view.data + 16 * b));
    }

    private static BigDecimal decimal(ColumnView view, int index, int scale) {
        byte[] bigEndian = new byte[16];
        for (int i = 0; i < 16; i++) {
            bigEndian[i] = view.body.get(view.data + 16 * index + 15 - i);
        }
        return new BigDecimal(new BigInteger(bigEndian), scale);
    }

    /** @param width of each value, or 0 where offsets say */
    private static ColumnBounds bytes(ColumnView view, int width) {
        ByteBuffer body = view.body;
        Prefix min = new Prefix();
        Prefix max = new Prefix();
        int next = width == 0 ? view.offset(0) : 0;
        for (int i = 0; i < view.length; i++) {
            int start = next;
            next = width == 0 ? body.getInt(view.data + 4 * i + 4) : next + width;
            if (view.isNull(i)) {
                continue;
            }
            int at = (width == 0 ? view.values : view.data) + start;
            int length = next - start;
            long key = key(body, at, length);
            if (min.start < 0 || min.isAbove(body, key, at, length)) {
                min.set(key, at, length);
            }
            if (max.start < 0 || max.isBelow(body, key, at, length)) {
                max.set(key, at, length);
            }
        }
        return new ColumnBounds(
                ByteBuffer.wrap(min.cut(body)).asReadOnlyBuffer(), roundedUp(max.cut(body), max.length));
    }

    /** The first eight bytes as an unsigned number, zeros behind a shorter value: decides nearly every comparison. */
    private static long key(ByteBuffer body, int at, int length) {
        if (length >= 8) {
            return Long.reverseBytes(body.getLong(at));
        }
        long key = 0;
        for (int i = 0; i < length; i++) {
            key |= (body.get(at + i) & 0xFFL) << (56 - 8 * i);
        }
        return key;
    }

    private static final class Prefix {
        private long key;
        private int start = -1;
        private int length;

        void set(long newKey, int newStart, int newLength) {
            key = newKey;
            start = newStart;
            length = newLength;
        }

        boolean isAbove(ByteBuffer body, long otherKey, int otherStart, int otherLength) {
            int order = Long.compareUnsigned(key, otherKey);
            return order > 0 || (order == 0 && compare(body, otherStart, otherLength) > 0);
        }

        boolean isBelow(ByteBuffer body, long otherKey, int otherStart, int otherLength) {
            int order = Long.compareUnsigned(key, otherKey);
            return order < 0 || (order == 0 && compare(body, otherStart, otherLength) < 0);
        }

        private int compare(ByteBuffer body, int otherStart, int otherLength) {
            // One byte more than is kept, so that a cut bound is known as cut.
            int ours = Math.min(length, BatchStatistics.PREFIX_BYTES + 1);
            int theirs = Math.min(otherLength, BatchStatistics.PREFIX_BYTES + 1);
            for (int i = 0; i < Math.min(ours, theirs); i++) {
                int order = Byte.compareUnsigned(body.get(start + i), body.get(otherStart + i));
                if (order != 0) {
                    return order;
                }
            }
            return Integer.compare(ours, theirs);
        }

        byte[] cut(ByteBuffer body) {
            byte[] bytes = new byte[Math.min(length, BatchStatistics.PREFIX_BYTES)];
            body.get(start, bytes);
            return bytes;
        }
    }

    private static @Nullable ByteBuffer roundedUp(byte[] max, int length) {
        int end = max.length;
        if (length > max.length) {
            while (end > 0 && max[end - 1] == (byte) 0xFF) {
                end--;
            }
            if (end == 0) {
                return null;
            }
            max[end - 1]++;
        }
        return ByteBuffer.wrap(max, 0, end).slice().asReadOnlyBuffer();
    }
}
