package io.weir.codec.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Bitmaps against sets of boxed numbers, and against damage. */
final class BitmapsPropertyTest {
    /** Dense, sparse and full stretches, so that all three containers come up, and their borders. */
    private static TreeSet<Long> members(BitmapKind kind, SplittableRandom random) {
        TreeSet<Long> members = new TreeSet<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            long high = kind == BitmapKind.RBM64 ? random.nextLong(3) << (32 + random.nextInt(20)) : 0;
            long start = high | random.nextInt(4) << 16 | random.nextInt(65536);
            int step = 1 + random.nextInt(random.nextBoolean() ? 2 : 40);
            int count = random.nextInt(random.nextInt(6) == 0 ? 9000 : 30);
            for (int j = 0; j < count; j++) {
                members.add(start + (long) j * step);
            }
        }
        return members;
    }

    private static BitmapSet set(BitmapKind kind, TreeSet<Long> members) {
        BitmapSet set = new BitmapSet(kind);
        members.forEach(set::add);
        return set;
    }

    private static byte[] bytes(BitmapKind kind, TreeSet<Long> members) {
        return set(kind, members).toBytes();
    }

    @Property(tries = 200)
    void operationsAreThoseOfSetsAndEqualSetsAreEqualBytes(@ForAll BitmapKind kind, @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TreeSet<Long> a = members(kind, random);
        TreeSet<Long> b = members(kind, random);
        if (random.nextBoolean()) {
            b.addAll(a.headSet(a.isEmpty() ? 0L : a.last()));
        }
        TreeSet<Long> union = new TreeSet<>(a);
        union.addAll(b);
        TreeSet<Long> both = new TreeSet<>(a);
        both.retainAll(b);
        TreeSet<Long> less = new TreeSet<>(a);
        less.removeAll(b);

        byte[] aBytes = bytes(kind, a);
        byte[] or = Bitmaps.or(kind, aBytes, bytes(kind, b));
        assertThat(or).isEqualTo(bytes(kind, union));
        assertThat(Bitmaps.cardinality(kind, or)).isEqualTo(union.size());
        assertThat(Bitmaps.canonical(kind, ByteBuffer.wrap(or))).isEqualTo(or);
        BitmapSet other = BitmapSet.read(kind, bytes(kind, b));
        BitmapSet and = BitmapSet.read(kind, aBytes);
        and.and(other);
        assertThat(and.toBytes()).isEqualTo(bytes(kind, both));
        BitmapSet andNot = BitmapSet.read(kind, aBytes);
        andNot.andNot(other);
        assertThat(andNot.toBytes()).isEqualTo(bytes(kind, less));
        BitmapSet grown = BitmapSet.read(kind, aBytes);
        grown.or(other);
        assertThat(grown.toBytes()).isEqualTo(or);
        assertThat(other.toBytes()).as("the other set stays").isEqualTo(bytes(kind, b));
        assertThat(grown.cardinality()).isEqualTo(union.size());
    }

    @Property(tries = 1500)
    void damagedBytesAreRefusedOrAreAnotherBitmap(@ForAll BitmapKind kind, @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] bytes = bytes(kind, members(kind, random));
        int length = random.nextInt(3) == 0 ? random.nextInt(bytes.length + 1) : bytes.length;
        byte[] damaged = java.util.Arrays.copyOf(bytes, length + (random.nextInt(8) == 0 ? 3 : 0));
        for (int i = random.nextInt(4); i > 0 && damaged.length > 0; i--) {
            // Heads are where damage does harm.
            int at = random.nextInt(random.nextBoolean() ? Math.min(24, damaged.length) : damaged.length);
            damaged[at] = (byte) (random.nextBoolean() ? random.nextInt() : damaged[at] ^ 1 << random.nextInt(8));
        }
        try {
            byte[] canonical = Bitmaps.canonical(kind, ByteBuffer.wrap(damaged));
            assertThat(Bitmaps.canonical(kind, ByteBuffer.wrap(canonical))).isEqualTo(canonical);
            assertThat(canonical.length).isLessThanOrEqualTo(damaged.length);
        } catch (WeirException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ROWS);
        }
    }
}
