package io.weir.codec.json;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Which columns each row holds: {@code ceil(columns / 8)} bytes a row, a bit for each column from the lowest on. Not thread-safe. */
public final class PresenceBits {
    private final int bytesEach;
    private final int unset;
    private byte[] bits = new byte[64];
    private int rowStart;
    private int end;

    /** @param unset a column whose bit is never set, or -1 */
    public PresenceBits(int columns, int unset) {
        this.bytesEach = (columns + 7) / 8;
        this.unset = unset;
    }

    int bytesEach() {
        return bytesEach;
    }

    void startRow() {
        if (end + bytesEach > bits.length) {
            bits = Arrays.copyOf(bits, Math.addExact(2 * bits.length, bytesEach));
        }
        rowStart = end;
        end += bytesEach;
    }

    void set(int column) {
        if (column != unset) {
            bits[rowStart + (column >> 3)] |= (byte) (1 << (column & 7));
        }
    }

    /** The rows since the last call. */
    public ByteBuffer take() {
        ByteBuffer taken = ByteBuffer.wrap(Arrays.copyOf(bits, end));
        clear();
        return taken;
    }

    void clear() {
        Arrays.fill(bits, 0, end, (byte) 0);
        end = 0;
    }
}
