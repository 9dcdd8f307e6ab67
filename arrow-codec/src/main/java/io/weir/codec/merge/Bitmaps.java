package io.weir.codec.merge;

import java.nio.ByteBuffer;

/**
 * RoaringBitmaps in their portable serialized format (the 64-bit one in the portable form of the format's extension), which any
 * RoaringBitmap library reads. 32-bit members are unsigned.
 */
public final class Bitmaps {
    private Bitmaps() {}

    /**
     * Checks bytes that a stranger sent, in full, and gives them in canonical form, so that equal sets are equal bytes.
     *
     * @throws io.weir.codec.WeirException INVALID_ROWS saying what is wrong
     */
    public static byte[] canonical(BitmapKind kind, ByteBuffer bytes) {
        throw new UnsupportedOperationException("spine: " + kind + bytes);
    }

    /**
     * The bitmap of one number.
     *
     * @throws io.weir.codec.WeirException INVALID_ROWS where a 32-bit bitmap cannot hold it (0 to 4294967295), or it is negative
     */
    public static byte[] of(BitmapKind kind, long member) {
        throw new UnsupportedOperationException("spine: " + kind + member);
    }

    /** Canonical bytes of the union. */
    public static byte[] or(BitmapKind kind, byte[] a, byte[] b) {
        throw new UnsupportedOperationException("spine: " + kind + a.length + b.length);
    }

    public static long cardinality(BitmapKind kind, byte[] bitmap) {
        throw new UnsupportedOperationException("spine: " + kind + bitmap.length);
    }
}
