package io.weir.codec.row;

import java.util.Arrays;

/** Which values of a column are there: Arrow's validity buffer, which begins with the first null. */
final class ValidityBits {
    private byte[] bits = new byte[16];
    private int length;
    private int nullCount;

    void addValid() {
        int at = length++;
        if (nullCount > 0) {
            reserve();
            bits[at >> 3] |= (byte) (1 << (at & 7));
        }
    }

    void addNull() {
        if (nullCount++ == 0) {
            setAll();
        }
        length++;
        reserve();
    }

    /** All so far are there; the bits behind them are 0. */
    private void setAll() {
        reserve();
        int whole = length >> 3;
        Arrays.fill(bits, 0, whole, (byte) 0xFF);
        Arrays.fill(bits, whole, bits.length, (byte) 0);
        if ((length & 7) != 0) {
            bits[whole] = (byte) ((1 << (length & 7)) - 1);
        }
    }

    private void reserve() {
        int needed = (length + 8) >> 3;
        if (needed > bits.length) {
            bits = Arrays.copyOf(bits, Math.max(needed, 2 * bits.length));
        }
    }

    int length() {
        return length;
    }

    int nullCount() {
        return nullCount;
    }

    /** Length of the buffer: 0 where there are no nulls. */
    int bytes() {
        return nullCount == 0 ? 0 : (length + 7) >> 3;
    }

    void copyTo(byte[] out, int at) {
        System.arraycopy(bits, 0, out, at, bytes());
    }

    void clear() {
        length = 0;
        nullCount = 0;
    }
}
