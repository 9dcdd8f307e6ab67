package io.weir.codec.row;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;

/** Reads encoded values one after the other, never past their end; what does not fit is CORRUPT_DATA. */
final class RowInput {
    private byte[] bytes = new byte[0];
    private int position;
    private int end;

    RowInput over(byte[] newBytes, int start, int newEnd) {
        bytes = newBytes;
        position = start;
        end = newEnd;
        return this;
    }

    byte[] bytes() {
        return bytes;
    }

    int position() {
        return position;
    }

    int remaining() {
        return end - position;
    }

    /** Passes over bytes and returns where they begin. */
    int take(int count) {
        int at = position;
        if (count < 0 || count > end - at) {
            throw damaged("%d bytes wanted at byte %d of %d".formatted(count, at, end));
        }
        position = at + count;
        return at;
    }

    /** A number as {@link GrowingBytes#putLength} writes it. */
    int number() {
        long value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            byte next = bytes[take(1)];
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                if (value > Integer.MAX_VALUE || (next == 0 && shift > 0)) {
                    break;
                }
                return (int) value;
            }
        }
        throw damaged("no number before byte %d".formatted(position));
    }

    void expectEnd() {
        if (position != end) {
            throw damaged("%d bytes too many from byte %d on".formatted(end - position, position));
        }
    }

    static WeirException damaged(String what) {
        return new WeirException(ErrorCode.CORRUPT_DATA, "a stored row is damaged: " + what);
    }
}
