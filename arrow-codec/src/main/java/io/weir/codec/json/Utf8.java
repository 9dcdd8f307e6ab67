package io.weir.codec.json;

import java.nio.ByteBuffer;

/** UTF-8 as Unicode defines it: no overlong forms, no surrogates, nothing past U+10FFFF. */
public final class Utf8 {
    private static final long NOT_ASCII = 0x8080808080808080L;

    private Utf8() {}

    /** Position, from the buffer's own position, of the first byte that is not UTF-8; -1 where all are. */
    public static int firstInvalid(ByteBuffer bytes) {
        ByteBuffer in = bytes.slice();
        int length = in.limit();
        int i = 0;
        while (i < length) {
            if (i + 8 <= length && (in.getLong(i) & NOT_ASCII) == 0) {
                i += 8;
            } else {
                int size = in.get(i) >= 0 ? 1 : sequenceLength(in, i, length);
                if (size == 0) {
                    return i;
                }
                i += size;
            }
        }
        return -1;
    }

    /** Bytes of the sequence of two to four bytes that begins at {@code i}; 0 where it is none. */
    private static int sequenceLength(ByteBuffer in, int i, int length) {
        int lead = in.get(i) & 0xFF;
        int size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        if (lead < 0xC2 || lead > 0xF4 || i + size > length) {
            return 0;
        }
        int second = in.get(i + 1) & 0xFF;
        int min = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        int max = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        if (second < min || second > max) {
            return 0;
        }
        for (int k = 2; k < size; k++) {
            if ((in.get(i + k) & 0xC0) != 0x80) {
                return 0;
            }
        }
        return size;
    }

    /** Bytes that {@link #encode} writes of characters without lone surrogates, at most; a surrogate counts two. */
    static int encodedLength(char[] chars, int start, int length) {
        int bytes = 0;
        for (int i = start; i < start + length; i++) {
            char c = chars[i];
            bytes = Math.addExact(bytes, c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3);
        }
        return bytes;
    }

    /**
     * Encodes characters into {@code out}, which must have room for three bytes a character, or for {@link #encodedLength}.
     *
     * @return how many bytes, or -1 where a surrogate stands alone
     */
    static int encode(char[] chars, int start, int length, byte[] out) {
        int end = start + length;
        int n = 0;
        for (int i = start; i < end; i++) {
            char c = chars[i];
            if (c < 0x80) {
                out[n++] = (byte) c;
            } else if (c < 0x800) {
                out[n++] = (byte) (0xC0 | (c >> 6));
                out[n++] = (byte) (0x80 | (c & 0x3F));
            } else if (!Character.isSurrogate(c)) {
                out[n++] = (byte) (0xE0 | (c >> 12));
                out[n++] = (byte) (0x80 | ((c >> 6) & 0x3F));
                out[n++] = (byte) (0x80 | (c & 0x3F));
            } else {
                if (Character.isLowSurrogate(c) || i + 1 == end || !Character.isLowSurrogate(chars[i + 1])) {
                    return -1;
                }
                int point = Character.toCodePoint(c, chars[++i]);
                out[n++] = (byte) (0xF0 | (point >> 18));
                out[n++] = (byte) (0x80 | ((point >> 12) & 0x3F));
                out[n++] = (byte) (0x80 | ((point >> 6) & 0x3F));
                out[n++] = (byte) (0x80 | (point & 0x3F));
            }
        }
        return n;
    }
}
