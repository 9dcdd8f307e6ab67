package io.weir.codec.ingest;

import java.nio.ByteBuffer;

/** Checks UTF-8 as Unicode defines it: no overlong forms, no surrogates, nothing past U+10FFFF. */
final class Utf8 {
    private static final long HIGH_BITS = 0x8080808080808080L;

    private Utf8() {}

    /** Position of the first byte in {@code [from, to)} that is not ASCII, or {@code to}. */
    static int asciiEnd(ByteBuffer in, int from, int to) {
        int at = from;
        while (at + 32 <= to) {
            long any = in.getLong(at) | in.getLong(at + 8) | in.getLong(at + 16) | in.getLong(at + 24);
            if ((any & HIGH_BITS) != 0) {
                break;
            }
            at += 32;
        }
        while (at + 8 <= to && (in.getLong(at) & HIGH_BITS) == 0) {
            at += 8;
        }
        while (at < to && in.get(at) >= 0) {
            at++;
        }
        return at;
    }

    /** Position of the first byte in {@code [from, to)} that is not part of a whole and valid character, or {@code to}. */
    static int validEnd(ByteBuffer in, int from, int to) {
        int at = asciiEnd(in, from, to);
        while (at < to) {
            int length = characterLength(in, at, to);
            if (length == 0) {
                return at;
            }
            at += length;
            if (at < to && in.get(at) >= 0) {
                at = asciiEnd(in, at, to);
            }
        }
        return to;
    }

    /** Length of the character of two or more bytes at {@code at}, or 0 where there is none. */
    private static int characterLength(ByteBuffer in, int at, int to) {
        int lead = in.get(at) & 0xFF;
        int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        if (lead < 0xC2 || lead > 0xF4 || at + length > to) {
            return 0;
        }
        int second = in.get(at + 1) & 0xFF;
        int lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        int highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        if (second < lowest || second > highest) {
            return 0;
        }
        for (int i = 2; i < length; i++) {
            if (!isContinuation(in.get(at + i))) {
                return 0;
            }
        }
        return length;
    }

    static boolean isContinuation(byte value) {
        return (value & 0xC0) == 0x80;
    }

    /** Code points in valid UTF-8. */
    static int codePoints(ByteBuffer in, int from, int to) {
        int count = 0;
        for (int i = from; i < to; i++) {
            count += isContinuation(in.get(i)) ? 0 : 1;
        }
        return count;
    }
}
