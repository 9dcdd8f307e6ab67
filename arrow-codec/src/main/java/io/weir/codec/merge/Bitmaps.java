package io.weir.codec.merge;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * RoaringBitmaps in their portable serialized format (the 64-bit one in the portable form of the format's extension), which any
 * RoaringBitmap library reads. 32-bit members are unsigned.
 *
 * <p>Canonical is the form in which each container of 65,536 numbers is a list of runs where that is smaller than the other two, else an
 * array up to 4,096 members, else a bitmap; and in which no container and no 32-bit part is empty.
 */
public final class Bitmaps {
    /** Largest member of a 32-bit bitmap. */
    public static final long MEMBER32_MAX = 0xFFFF_FFFFL;

    private static final int COOKIE_WITHOUT_RUNS = 12346;
    private static final int ONE_MEMBER_BYTES = 18;

    private Bitmaps() {}

    /**
     * Checks bytes that a stranger sent, in full, and gives them in canonical form, so that equal sets are equal bytes.
     *
     * @throws WeirException INVALID_ROWS saying what is wrong
     */
    public static byte[] canonical(BitmapKind kind, ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return BitmapSet.read(kind, copy).toBytes();
    }

    /**
     * The bitmap of one number.
     *
     * @throws WeirException INVALID_ROWS where a 32-bit bitmap cannot hold it (0 to 4294967295), or it is negative
     */
    public static byte[] of(BitmapKind kind, long member) {
        checkMember(kind, member);
        boolean wide = kind == BitmapKind.RBM64;
        ByteBuffer bytes = ByteBuffer.allocate(wide ? 12 + ONE_MEMBER_BYTES : ONE_MEMBER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        if (wide) {
            bytes.putLong(1).putInt((int) (member >>> 32));
        }
        bytes.putInt(COOKIE_WITHOUT_RUNS).putInt(1); // one container
        bytes.putShort((short) (member >>> 16)).putShort((short) 0); // its key, and its members less one
        bytes.putInt(16).putShort((short) member); // where it lies, and the one member
        return bytes.array();
    }

    static void checkMember(BitmapKind kind, long member) {
        if (member < 0) {
            throw new WeirException(
                    ErrorCode.INVALID_ROWS, "a bitmap holds no negative number, and " + member + " is one");
        }
        if (kind == BitmapKind.RBM32 && member > MEMBER32_MAX) {
            throw new WeirException(
                    ErrorCode.INVALID_ROWS,
                    "an rbm32 bitmap holds 0 to " + MEMBER32_MAX + ", which " + member + " is past; take rbm64");
        }
    }

    /** Canonical bytes of the union; {@code a} itself where it holds all of {@code b}. Both are checked. */
    public static byte[] or(BitmapKind kind, byte[] a, byte[] b) {
        BitmapSet union = BitmapSet.read(kind, a);
        return union.or(kind, b, 0, b.length) ? union.toBytes() : a;
    }

    /** Members of the bitmap, which is checked. */
    public static long cardinality(BitmapKind kind, byte[] bitmap) {
        return BitmapSet.read(kind, bitmap).cardinality();
    }
}
