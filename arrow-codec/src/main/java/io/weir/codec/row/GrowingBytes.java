package io.weir.codec.row;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.ColumnView;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A byte array that grows, written little-endian; reused from row to row. */
final class GrowingBytes {
    static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle SHORTS = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    /** Largest buffer. What a request may decode to is bounded below this, so only damage or a very wide batch meets it. */
    static final int BYTES_MAX = 256 << 20;

    private byte[] bytes;
    private int length;

    GrowingBytes(int capacity) {
        this.bytes = new byte[capacity];
    }

    int length() {
        return length;
    }

    void clear() {
        length = 0;
    }

    byte[] toArray() {
        return Arrays.copyOf(bytes, length);
    }

    void copyTo(byte[] out, int at) {
        System.arraycopy(bytes, 0, out, at, length);
    }

    /** Makes room and returns where it begins. */
    private int take(int count) {
        int at = length;
        long needed = (long) at + count;
        if (needed > bytes.length) {
            grow(needed);
        }
        length = at + count;
        return at;
    }

    private void grow(long needed) {
        if (needed > BYTES_MAX) {
            throw new WeirException(
                    ErrorCode.BODY_TOO_LARGE,
                    "a row or a column of a batch takes %d bytes, the most is %d; take fewer or smaller rows at once"
                            .formatted(needed, BYTES_MAX));
        }
        bytes = Arrays.copyOf(bytes, (int) Math.min(BYTES_MAX, Math.max(needed, 2L * bytes.length)));
    }

    void putByte(int value) {
        int at = take(1);
        bytes[at] = (byte) value;
    }

    void putShort(int value) {
        int at = take(2);
        SHORTS.set(bytes, at, (short) value);
    }

    void putInt(int value) {
        int at = take(4);
        INTS.set(bytes, at, value);
    }

    void putLong(long value) {
        int at = take(8);
        LONGS.set(bytes, at, value);
    }

    /** One NaN, so that equal rows have equal bytes. */
    void putFloat(float value) {
        putInt(Float.floatToIntBits(value));
    }

    void putDouble(double value) {
        putLong(Double.doubleToLongBits(value));
    }

    /** Seven bits a byte, the lowest first, the highest bit set in all but the last. */
    void putLength(int value) {
        int rest = value;
        while (rest > 0x7F) {
            putByte(rest | 0x80);
            rest >>>= 7;
        }
        putByte(rest);
    }

    void put(byte[] source, int start, int count) {
        int at = take(count);
        System.arraycopy(source, start, bytes, at, count);
    }

    void putZeros(int count) {
        int at = take(count);
        Arrays.fill(bytes, at, at + count, (byte) 0);
    }

    void setBit(int at, int bit) {
        bytes[at + (bit >> 3)] |= (byte) (1 << (bit & 7));
    }

    void putBytesOf(ColumnView view, int from, int count) {
        int at = take(count);
        view.copyBytes(from, count, bytes, at);
    }

    void putFixedOf(ColumnView view, int index, int width) {
        int at = take(width);
        view.copyFixed(index, width, bytes, at);
    }

    /** Puts the length of what was written since {@code start} before it. */
    void insertLength(int start) {
        int count = length - start;
        putLength(count);
        int prefix = length - start - count;
        System.arraycopy(bytes, start, bytes, start + prefix, count);
        length = start;
        putLength(count);
        length = start + prefix + count;
    }
}
