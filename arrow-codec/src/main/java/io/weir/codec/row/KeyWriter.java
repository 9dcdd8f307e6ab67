package io.weir.codec.row;

import java.math.BigInteger;
import java.util.Arrays;

/** Puts the bytes of a key together, value after value; the layout is described at {@link KeyEncoder}. Not thread-safe. */
public final class KeyWriter {
    private static final long SIGN = Long.MIN_VALUE;

    private byte[] bytes = new byte[64];
    private int length;

    public KeyWriter begin() {
        length = 0;
        return this;
    }

    public KeyWriter putBoolean(boolean value) {
        reserve(1);
        bytes[length++] = (byte) (value ? 1 : 0);
        return this;
    }

    /** Whole numbers, dates, times and timestamps in the unit of their Arrow type. */
    public KeyWriter putLong(long value) {
        return putBigEndian(value ^ SIGN);
    }

    /** @param unscaled of a DECIMAL, in at most 127 bits */
    public KeyWriter putDecimal(BigInteger unscaled) {
        return putDecimal(unscaled.shiftRight(64).longValueExact(), unscaled.longValue());
    }

    KeyWriter putDecimal(long high, long low) {
        return putBigEndian(high ^ SIGN).putBigEndian(low);
    }

    private KeyWriter putBigEndian(long value) {
        reserve(8);
        for (int shift = 56; shift >= 0; shift -= 8) {
            bytes[length++] = (byte) (value >>> shift);
        }
        return this;
    }

    /** A value of BINARY(n): all of one column have one length. */
    public KeyWriter putFixed(byte[] value) {
        int at = takeRaw(value.length);
        System.arraycopy(value, 0, bytes, at, value.length);
        return this;
    }

    /** A value of CHAR, STRING (UTF-8) or BYTES. */
    public KeyWriter putVariable(byte[] value) {
        int at = takeRaw(value.length);
        System.arraycopy(value, 0, bytes, at, value.length);
        return endVariable(at);
    }

    /** Room for bytes that the caller fills in, in {@link #array}. */
    int takeRaw(int count) {
        reserve(count);
        int at = length;
        length += count;
        return at;
    }

    byte[] array() {
        return bytes;
    }

    /** Escapes the zeros of the value that begins at {@code start} and is the last one so far, and ends it. */
    KeyWriter endVariable(int start) {
        int zeros = 0;
        for (int i = start; i < length; i++) {
            zeros += bytes[i] == 0 ? 1 : 0;
        }
        if (zeros > 0) {
            escape(start, zeros);
        }
        reserve(2);
        bytes[length++] = 0;
        bytes[length++] = 0;
        return this;
    }

    private void escape(int start, int zeros) {
        reserve(zeros);
        int to = length + zeros;
        int from = length;
        length = to;
        while (from > start) {
            byte value = bytes[--from];
            if (value == 0) {
                bytes[--to] = (byte) 0xFF;
            }
            bytes[--to] = value;
        }
    }

    public Key end() {
        return new Key(Arrays.copyOf(bytes, length));
    }

    private void reserve(int more) {
        int needed = Math.addExact(length, more);
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - 8L, Math.max(needed, 2L * bytes.length)));
        }
    }
}
