package io.weir.codec.predicate;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.util.ByteFunctionHelpers;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.jspecify.annotations.Nullable;

/** Values of CHAR, STRING (as UTF-8, whose byte order is that of code points), BINARY and BYTES, in unsigned byte order. */
final class BytesSet extends ValueSet {
    /** Interval i goes from {@code lows[i]} to before {@code ends[i]}; a null end is no end, and only the last one may be. */
    private final byte[][] lows;

    private final byte[] @Nullable [] ends;

    private BytesSet(byte[][] lows, byte[] @Nullable [] ends) {
        this.lows = lows;
        this.ends = ends;
    }

    /** @param values one, or for EQUAL any number of them */
    static BytesSet of(Comparison comparison, List<byte[]> values) {
        if (comparison == Comparison.EQUAL) {
            byte[][] points = values.stream()
                    .map(ByteBuffer::wrap)
                    .distinct()
                    .map(ByteBuffer::array)
                    .sorted(Arrays::compareUnsigned)
                    .toArray(byte[][]::new);
            return new BytesSet(
                    points, Arrays.stream(points).map(BytesSet::successor).toArray(byte[][]::new));
        }
        byte[] value = values.get(0);
        return switch (comparison) {
            case LESS -> between(new byte[0], value);
            case AT_MOST -> between(new byte[0], successor(value));
            case GREATER -> between(successor(value), null);
            default -> between(value, null);
        };
    }

    /** All that begins so. */
    static BytesSet startingWith(byte[] prefix) {
        int length = prefix.length;
        while (length > 0 && prefix[length - 1] == (byte) 0xff) {
            length--;
        }
        if (length == 0) {
            return between(prefix, null);
        }
        byte[] end = Arrays.copyOf(prefix, length);
        end[length - 1]++;
        return between(prefix, end);
    }

    private static BytesSet between(byte[] low, byte @Nullable [] end) {
        return new BytesSet(new byte[][] {low}, new byte[] @Nullable [] {end});
    }

    /** The smallest that is larger: one zero byte more. */
    private static byte[] successor(byte[] value) {
        return Arrays.copyOf(value, value.length + 1);
    }

    @Override
    boolean intersects(@Nullable Object min, @Nullable Object max) {
        int i = min instanceof ByteBuffer low ? firstEndingAfter(bytes(low)) : 0;
        return i < lows.length && !(max instanceof ByteBuffer high && Arrays.compareUnsigned(lows[i], bytes(high)) > 0);
    }

    /** Right for cut statistics too: they bound what they stand for. */
    @Override
    boolean containsAll(@Nullable Object min, @Nullable Object max) {
        if (!(min instanceof ByteBuffer low) || !(max instanceof ByteBuffer high)) {
            return false;
        }
        int i = firstEndingAfter(bytes(low));
        return i < lows.length
                && Arrays.compareUnsigned(lows[i], bytes(low)) <= 0
                && (ends[i] == null || Arrays.compareUnsigned(bytes(high), ends[i]) < 0);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(buffer.position(), bytes);
        return bytes;
    }

    private int firstEndingAfter(byte[] value) {
        int from = 0;
        int to = ends.length;
        while (from < to) {
            int middle = (from + to) >>> 1;
            byte[] end = ends[middle];
            if (end != null && Arrays.compareUnsigned(end, value) <= 0) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from;
    }

    private boolean contains(ArrowBuf data, int start, int stop) {
        int from = 0;
        int to = ends.length;
        while (from < to) {
            int middle = (from + to) >>> 1;
            byte[] end = ends[middle];
            if (end != null && compare(data, start, stop, end) >= 0) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from < lows.length && compare(data, start, stop, lows[from]) >= 0;
    }

    private static int compare(ArrowBuf data, int start, int stop, byte[] bytes) {
        return ByteFunctionHelpers.compare(data, start, stop, bytes, 0, bytes.length);
    }

    @Override
    List<Interval> intervals() {
        List<Interval> intervals = new ArrayList<>();
        for (int i = 0; i < lows.length; i++) {
            byte[] end = ends[i];
            boolean point = end != null && Arrays.equals(end, successor(lows[i]));
            ByteBuffer low = ByteBuffer.wrap(lows[i].clone());
            intervals.add(new Interval(low, point ? low : end == null ? null : ByteBuffer.wrap(end.clone()), point));
        }
        return intervals;
    }

    @Override
    BitSet rows(FieldVector vector, int rowCount) {
        BitSet rows = new BitSet(rowCount);
        ArrowBuf data = vector.getDataBuffer();
        if (vector instanceof BaseVariableWidthVector) {
            ArrowBuf offsets = vector.getOffsetBuffer();
            int start = rowCount == 0 ? 0 : offsets.getInt(0);
            for (int i = 0; i < rowCount; i++) {
                int stop = offsets.getInt(4L * (i + 1));
                if (contains(data, start, stop)) {
                    rows.set(i);
                }
                start = stop;
            }
        } else if (vector instanceof FixedSizeBinaryVector fixed) {
            int width = fixed.getByteWidth();
            for (int i = 0; i < rowCount; i++) {
                if (contains(data, i * width, (i + 1) * width)) {
                    rows.set(i);
                }
            }
        } else {
            throw unexpected(vector);
        }
        return rows;
    }
}
