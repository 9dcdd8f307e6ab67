package io.weir.codec.ingest;

/** MurmurHash3 for x86, 32 bits (Austin Appleby, public domain), as published, over the first bytes of an array. */
final class Murmur3 {
    private static final int C1 = 0xcc9e2d51;
    private static final int C2 = 0x1b873593;

    private Murmur3() {}

    static int hash(byte[] bytes, int length, int seed) {
        int hash = seed;
        int whole = length & ~3;
        for (int i = 0; i < whole; i += 4) {
            hash ^= scrambled(littleEndian(bytes, i, 4));
            hash = Integer.rotateLeft(hash, 13) * 5 + 0xe6546b64;
        }
        if (whole < length) {
            hash ^= scrambled(littleEndian(bytes, whole, length - whole));
        }
        hash ^= length;
        hash = (hash ^ (hash >>> 16)) * 0x85ebca6b;
        hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35;
        return hash ^ (hash >>> 16);
    }

    private static int scrambled(int block) {
        return Integer.rotateLeft(block * C1, 15) * C2;
    }

    private static int littleEndian(byte[] bytes, int start, int count) {
        int value = 0;
        for (int i = count - 1; i >= 0; i--) {
            value = (value << 8) | (bytes[start + i] & 0xFF);
        }
        return value;
    }
}
