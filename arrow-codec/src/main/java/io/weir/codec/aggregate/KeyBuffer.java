package io.weir.codec.aggregate;

import java.util.Arrays;

/**
 * Bytes of a group's key that are appended, or read from the start. Numbers are big-endian with the sign turned over; variable bytes end
 * in two zeros, and a zero within them is followed by 255.
 */
final class KeyBuffer {
    private byte[] bytes = new byte[64];
    private int length;
    private int at;

    void clear() {
        length = 0;
    }

    void read(byte[] key) {
        bytes = key.clone();
        length = key.length;
        at = 0;
    }

    boolean equalTo(byte[] key) {
        return Arrays.equals(bytes, 0, length, key, 0, key.length);
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, length);
    }

    private void reserve(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }

    void putByte(int value) {
        reserve(1);
        bytes[length++] = (byte) value;
    }

    int getByte() {
        return bytes[at++];
    }

    void putLong(long value) {
        reserve(8);
        long ordered = value ^ Long.MIN_VALUE;
        for (int shift = 56; shift >= 0; shift -= 8) {
            bytes[length++] = (byte) (ordered >>> shift);
        }
    }

    long getLong() {
        long ordered = 0;
        for (int i = 0; i < 8; i++) {
            ordered = ordered << 8 | (bytes[at++] & 0xFF);
        }
        return ordered ^ Long.MIN_VALUE;
    }

    void putBytes(byte[] source, int count) {
        reserve(2);
        for (int i = 0; i < count; i++) {
            byte value = source[i];
            reserve(4);
            bytes[length++] = value;
            if (value == 0) {
                bytes[length++] = (byte) 0xFF;
            }
        }
        bytes[length++] = 0;
        bytes[length++] = 0;
    }

    byte[] getBytes() {
        byte[] value = new byte[length - at];
        int size = 0;
        while (bytes[at] != 0 || bytes[at + 1] != 0) {
            value[size++] = bytes[at];
            at += bytes[at] == 0 ? 2 : 1;
        }
        at += 2;
        return Arrays.copyOf(value, size);
    }
}
