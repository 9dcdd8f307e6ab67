package io.weir.codec.merge;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.roaringbitmap.ArrayContainer;
import org.roaringbitmap.CharIterator;
import org.roaringbitmap.Container;
import org.roaringbitmap.ContainerPointer;
import org.roaringbitmap.RoaringBitmap;
import org.roaringbitmap.RunContainer;

/**
 * A set of numbers that changes in place; what {@link Bitmaps} has as bytes. Both kinds are bitmaps of the lower 32 bits by the upper
 * 32, which are 0 alone where the set is of {@link BitmapKind#RBM32}. No part is empty. Not thread-safe.
 */
public final class BitmapSet {
    private static final Comparator<Integer> UNSIGNED = Integer::compareUnsigned;
    private static final int ARRAY_MEMBERS_MAX = 4096;
    private static final int BITS_BYTES = 8192;

    /** No other bitmap is as long. Most that are written are, so they go past the library. */
    private static final int ONE_MEMBER_BYTES = 18;

    /** An entry of the map and the bitmap's own objects, about. */
    private static final int PART_BYTES = 160;

    private final NavigableMap<Integer, RoaringBitmap> parts = new TreeMap<>(UNSIGNED);
    private BitmapKind kind;

    public BitmapSet(BitmapKind kind) {
        this.kind = kind;
    }

    /** @throws io.weir.codec.WeirException INVALID_ROWS where the bytes are no bitmap of this kind */
    public static BitmapSet read(BitmapKind kind, byte[] bytes) {
        BitmapSet set = new BitmapSet(kind);
        set.or(kind, bytes, 0, bytes.length);
        return set;
    }

    /** RBM64 once a 64-bit set came into it. */
    public BitmapKind kind() {
        return kind;
    }

    /** @throws io.weir.codec.WeirException INVALID_ROWS as {@link Bitmaps#of} */
    public void add(long member) {
        Bitmaps.checkMember(kind, member);
        parts.computeIfAbsent((int) (member >>> 32), high -> new RoaringBitmap())
                .add((int) member);
    }

    /**
     * Adds the members of a serialized bitmap.
     *
     * @return whether any of them is new
     * @throws io.weir.codec.WeirException INVALID_ROWS where the bytes are no bitmap of this kind; the set may then hold some of it
     */
    public boolean or(BitmapKind otherKind, byte[] bytes, int start, int length) {
        int end = start + length;
        if (otherKind == BitmapKind.RBM32) {
            int past = BitmapFormat.check(otherKind, bytes, start, start, end);
            boolean grown = orPart(0, bytes, start, past);
            checkEnd(otherKind, past - start, end - past);
            return grown;
        }
        kind = otherKind;
        return orWide(bytes, start, end);
    }

    /** u64 parts, then per part its upper 32 bits and a 32-bit bitmap; parts ascend. */
    private boolean orWide(byte[] bytes, int start, int end) {
        if (end - start < 8) {
            throw BitmapFormat.refused(BitmapKind.RBM64, 0, "fewer than the eight bytes of the number of parts");
        }
        long count = BitmapFormat.i64(bytes, start);
        int at = start + 8;
        boolean grown = false;
        long before = -1;
        for (long i = 0;
                i != count;
                i++) { // each part takes twelve bytes at least, so a number that lies ends here soon
            if (end - at < 4) {
                throw BitmapFormat.refused(
                        BitmapKind.RBM64, at - start, "ends before part " + i + " of " + Long.toUnsignedString(count));
            }
            long high = BitmapFormat.i32(bytes, at) & 0xFFFF_FFFFL;
            if (high <= before) {
                throw BitmapFormat.refused(
                        BitmapKind.RBM64, at - start, "part " + high + " after " + before + ", where parts ascend");
            }
            before = high;
            int past = BitmapFormat.check(BitmapKind.RBM64, bytes, start, at + 4, end);
            grown |= orPart((int) high, bytes, at + 4, past);
            at = past;
        }
        checkEnd(BitmapKind.RBM64, at - start, end - at);
        return grown;
    }

    private static void checkEnd(BitmapKind kind, int position, int left) {
        if (left != 0) {
            throw BitmapFormat.refused(kind, position, left + " bytes after the end of the bitmap");
        }
    }

    private boolean orPart(int high, byte[] bytes, int start, int past) {
        if (past - start == ONE_MEMBER_BYTES) {
            int member = BitmapFormat.memberOfOne(bytes, start);
            return parts.computeIfAbsent(high, h -> new RoaringBitmap()).checkedAdd(member);
        }
        RoaringBitmap other = new RoaringBitmap();
        try {
            other.deserialize(
                    ByteBuffer.wrap(bytes, start, past - start).slice().order(ByteOrder.LITTLE_ENDIAN));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException("a bitmap that was checked", e);
        }
        return orPart(high, other);
    }

    private boolean orPart(int high, RoaringBitmap other) {
        if (other.isEmpty()) {
            return false;
        }
        RoaringBitmap mine = parts.get(high);
        if (mine == null) {
            parts.put(high, other);
            return true;
        }
        long members = mine.getLongCardinality();
        mine.or(other);
        return mine.getLongCardinality() > members;
    }

    /** Adds the members of the other set, which stays as it is. */
    public void or(BitmapSet other) {
        widen(other);
        other.parts.forEach((high, bitmap) -> {
            RoaringBitmap mine = parts.get(high);
            if (mine == null) {
                parts.put(high, bitmap.clone());
            } else {
                mine.or(bitmap);
            }
        });
    }

    /** Keeps the members that the other set has too. */
    public void and(BitmapSet other) {
        widen(other);
        for (Iterator<Map.Entry<Integer, RoaringBitmap>> each = parts.entrySet().iterator(); each.hasNext(); ) {
            Map.Entry<Integer, RoaringBitmap> part = each.next();
            RoaringBitmap theirs = other.parts.get(part.getKey());
            if (theirs != null) {
                part.getValue().and(theirs);
            }
            if (theirs == null || part.getValue().isEmpty()) {
                each.remove();
            }
        }
    }

    /** Removes the members that the other set has. */
    public void andNot(BitmapSet other) {
        widen(other);
        other.parts.forEach((high, bitmap) -> {
            RoaringBitmap mine = parts.get(high);
            if (mine != null) {
                mine.andNot(bitmap);
                if (mine.isEmpty()) {
                    parts.remove(high);
                }
            }
        });
    }

    private void widen(BitmapSet other) {
        if (other.kind == BitmapKind.RBM64) {
            kind = BitmapKind.RBM64;
        }
    }

    public long cardinality() {
        long members = 0;
        for (RoaringBitmap bitmap : parts.values()) {
            members += bitmap.getLongCardinality();
        }
        return members;
    }

    /** About what it takes on the heap. */
    public long heapBytes() {
        long bytes = PART_BYTES;
        for (RoaringBitmap bitmap : parts.values()) {
            bytes += PART_BYTES + bitmap.getLongSizeInBytes() + 64L * bitmap.getContainerCount();
        }
        return bytes;
    }

    /** Canonical bytes. */
    public byte[] toBytes() {
        if (kind == BitmapKind.RBM32) {
            RoaringBitmap bitmap = canonical(parts.getOrDefault(0, new RoaringBitmap()));
            ByteBuffer out = ByteBuffer.allocate(bitmap.serializedSizeInBytes()).order(ByteOrder.LITTLE_ENDIAN);
            bitmap.serialize(out);
            return out.array();
        }
        long size = 8;
        for (Map.Entry<Integer, RoaringBitmap> part : parts.entrySet()) {
            part.setValue(canonical(part.getValue()));
            size += 4L + part.getValue().serializedSizeInBytes();
        }
        ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(parts.size());
        for (Map.Entry<Integer, RoaringBitmap> part : parts.entrySet()) {
            out.putInt(part.getKey());
            part.getValue().serialize(out);
        }
        return out.array();
    }

    /** The library's own choice of containers depends on how a set came about where two forms are of one size; this one does not. */
    private static RoaringBitmap canonical(RoaringBitmap bitmap) {
        RoaringBitmap canonical = new RoaringBitmap();
        for (ContainerPointer each = bitmap.getContainerPointer(); each.getContainer() != null; each.advance()) {
            canonical.append(each.key(), canonical(each.getContainer()));
        }
        return canonical;
    }

    private static Container canonical(Container container) {
        if (!(container instanceof RunContainer runs)) {
            return container.runOptimize(); // takes runs only where they are smaller
        }
        int members = container.getCardinality();
        int otherwise = members <= ARRAY_MEMBERS_MAX ? 2 * members : BITS_BYTES;
        if (2 + 4 * runs.numberOfRuns() < otherwise) {
            return container;
        }
        if (members > ARRAY_MEMBERS_MAX) {
            return container.toBitmapContainer();
        }
        char[] array = new char[members];
        CharIterator each = runs.getCharIterator();
        for (int i = 0; each.hasNext(); i++) {
            array[i] = each.next();
        }
        return new ArrayContainer(array);
    }
}
