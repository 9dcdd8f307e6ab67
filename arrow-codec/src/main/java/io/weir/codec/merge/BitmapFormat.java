package io.weir.codec.merge;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Checks serialized 32-bit bitmaps (the public RoaringFormatSpec) without making anything of them, so that the library is given
 * nothing but what it would have written itself. What a bitmap then takes on the heap is a small multiple of its bytes.
 *
 * <pre>
 * u32 12346, u32 containers                                   without run containers
 * u16 12347, u16 containers - 1, a bit per container          the bit is set for run containers
 * then per container   u16 key, u16 members - 1               keys ascend
 * then per container   u32 where it lies                      absent with run containers and fewer than four containers
 * then the containers  runs: u16 count, (u16 start, u16 length - 1)*; up to 4096 members: u16 each; more: 8192 bytes of bits
 * </pre>
 */
final class BitmapFormat {
    private static final VarHandle U16 = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle I32 = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle I64 = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int COOKIE_WITHOUT_RUNS = 12346;
    private static final int COOKIE_WITH_RUNS = 12347;
    private static final int OFFSETS_FROM_CONTAINERS = 4;
    private static final int ARRAY_MEMBERS_MAX = 4096;
    private static final int BITS_BYTES = 8192;
    private static final int CONTAINERS_MAX = 1 << 16;

    private final BitmapKind kind;
    private final byte[] bytes;
    private final int base;
    private final int start;
    private final int end;
    private int at;

    private BitmapFormat(BitmapKind kind, byte[] bytes, int base, int start, int end) {
        this.kind = kind;
        this.bytes = bytes;
        this.base = base;
        this.start = start;
        this.end = end;
        this.at = start;
    }

    static int i32(byte[] bytes, int at) {
        return (int) I32.get(bytes, at);
    }

    static long i64(byte[] bytes, int at) {
        return (long) I64.get(bytes, at);
    }

    private static int u16(byte[] bytes, int at) {
        return (short) U16.get(bytes, at) & 0xFFFF;
    }

    /** The member of a checked bitmap that has one. */
    static int memberOfOne(byte[] bytes, int start) {
        return u16(bytes, start + 8) << 16 | u16(bytes, start + 16);
    }

    /**
     * Checks the bitmap that begins at {@code start}.
     *
     * @param base position that errors count from
     * @param end where the bytes end, which the bitmap must not reach past
     * @return where it ends
     */
    static int check(BitmapKind kind, byte[] bytes, int base, int start, int end) {
        return new BitmapFormat(kind, bytes, base, start, end).check();
    }

    static WeirException refused(BitmapKind kind, int position, String what) {
        String name = kind == BitmapKind.RBM32 ? "rbm32" : "rbm64";
        return new WeirException(
                ErrorCode.INVALID_ROWS,
                "no " + name + " bitmap in RoaringBitmap's portable format: byte " + position + ": " + what);
    }

    private WeirException refused(String what) {
        return refused(kind, at - base, what);
    }

    private int check() {
        need(4, "the cookie");
        int cookie = i32(bytes, at);
        boolean withRuns = (cookie & 0xFFFF) == COOKIE_WITH_RUNS;
        if (!withRuns && cookie != COOKIE_WITHOUT_RUNS) {
            throw refused(
                    "begins with " + Integer.toUnsignedString(cookie) + ", which is none of the format's cookies");
        }
        at += 4;
        int containers = (cookie >>> 16) + 1;
        int runBits = at;
        if (withRuns) {
            need((containers + 7) >> 3, "the marks of run containers");
            at += (containers + 7) >> 3;
        } else {
            need(4, "the number of containers");
            containers = i32(bytes, at);
            if (containers < 0 || containers > CONTAINERS_MAX) {
                throw refused(Integer.toUnsignedString(containers) + " containers, where there are at most 65536");
            }
            at += 4;
        }
        checkContainers(containers, withRuns ? runBits : -1);
        return at;
    }

    private void checkContainers(int containers, int runBits) {
        int heads = at;
        need(4 * containers, "the keys of " + containers + " containers");
        at += 4 * containers;
        int offsets = -1;
        if (runBits < 0 || containers >= OFFSETS_FROM_CONTAINERS) {
            offsets = at;
            need(4 * containers, "the places of " + containers + " containers");
            at += 4 * containers;
        }
        int before = -1;
        for (int i = 0; i < containers; i++) {
            int key = u16(bytes, heads + 4 * i);
            if (key <= before) {
                throw refused("container " + i + " has key " + key + " after " + before + ", where keys ascend");
            }
            before = key;
            if (offsets >= 0 && i32(bytes, offsets + 4 * i) != at - start) {
                throw refused("container " + i + " is not where its place says");
            }
            int members = u16(bytes, heads + 4 * i + 2) + 1;
            if (runBits >= 0 && (bytes[runBits + (i >> 3)] >> (i & 7) & 1) != 0) {
                checkRuns(members);
            } else if (members <= ARRAY_MEMBERS_MAX) {
                checkArray(members);
            } else {
                checkBits(members);
            }
        }
    }

    private void checkRuns(int members) {
        need(2, "the number of runs");
        int runs = u16(bytes, at);
        at += 2;
        need(4 * runs, runs + " runs");
        int found = 0;
        int past = -1;
        for (int i = 0; i < runs; i++, at += 4) {
            int first = u16(bytes, at);
            int length = u16(bytes, at + 2) + 1;
            // Runs that touch would be one run: a set has one list of runs.
            if (first <= past || first + length > CONTAINERS_MAX) {
                throw refused("a run from " + first + " of " + length + " after one up to " + past);
            }
            past = first + length;
            found += length;
        }
        checkMembers(members, found);
    }

    private void checkArray(int members) {
        need(2 * members, members + " members");
        int before = -1;
        for (int i = 0; i < members; i++, at += 2) {
            int member = u16(bytes, at);
            if (member <= before) {
                throw refused("member " + member + " after " + before + ", where members ascend");
            }
            before = member;
        }
    }

    private void checkBits(int members) {
        need(BITS_BYTES, "the bits of " + members + " members");
        int found = 0;
        for (int i = 0; i < BITS_BYTES; i += 8) {
            found += Long.bitCount(i64(bytes, at + i));
        }
        at += BITS_BYTES;
        checkMembers(members, found);
    }

    private void checkMembers(int said, int found) {
        if (said != found) {
            throw refused("a container of " + found + " members that says it has " + said);
        }
    }

    private void need(int count, String what) {
        if (end - at < count) {
            throw refused((end - at) + " bytes are left, and " + what + " would take " + count);
        }
    }
}
