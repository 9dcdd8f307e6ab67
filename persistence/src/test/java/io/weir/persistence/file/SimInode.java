package io.weir.persistence.file;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A file of the simulated disk twice: as the page cache shows it, and as the platter holds it. Unsynced bytes reach the platter in
 * units of 512 bytes or 4 KiB, in any order, or never.
 */
final class SimInode {
    static final int UNIT = 512;
    private static final int UNITS_PER_PAGE = 8;

    private byte[] cache = new byte[0];
    private byte[] platter = new byte[0];
    private long size;

    /** Sizes since the last sync that succeeded, the synced one first. */
    private final List<Long> sizes = new ArrayList<>(List.of(0L));

    private final BitSet dirty = new BitSet();

    /** Units that reached the platter since the last sync that succeeded. */
    private final BitSet written = new BitSet();

    long size() {
        return size;
    }

    int read(byte[] target, long position) {
        int n = (int) Math.max(0, Math.min(target.length, size - position));
        if (n > 0) {
            System.arraycopy(cache, (int) position, target, 0, n);
        }
        return n;
    }

    void write(byte[] bytes, int length, long position) {
        int end = (int) position + length;
        cache = grown(cache, end);
        System.arraycopy(bytes, 0, cache, (int) position, length);
        if (end > size) {
            resize(end);
        }
        if (length > 0) {
            dirty.set((int) position / UNIT, (end - 1) / UNIT + 1);
        }
    }

    void truncate(long newSize, RandomGenerator random) {
        if (newSize >= size) {
            return;
        }
        writeBack(random);
        Arrays.fill(cache, (int) newSize, cache.length, (byte) 0);
        resize(newSize);
        int firstGone = (int) ((newSize + UNIT - 1) / UNIT);
        dirty.clear(firstGone, Math.max(firstGone, dirty.length()));
        int pageEnd = pageEnd(newSize) / UNIT;
        written.clear(pageEnd, Math.max(pageEnd, written.length()));
        if (newSize % UNIT != 0) {
            dirty.set((int) (newSize / UNIT));
        }
    }

    /** The page that a file ends in is overwritten in place, sector by sector; pages behind a cut are new ones. */
    private static int pageEnd(long position) {
        int page = UNIT * UNITS_PER_PAGE;
        return (int) ((position + page - 1) / page) * page;
    }

    private void resize(long newSize) {
        size = newSize;
        sizes.add(newSize);
    }

    /** The kernel writes some dirty units now and then on its own. They stay dirty here, which changes nothing. */
    void writeBack(RandomGenerator random) {
        dirty.stream().filter(unit -> random.nextInt(3) == 0).forEach(this::toPlatter);
    }

    private void toPlatter(int unit) {
        int from = unit * UNIT;
        int to = Math.min(from + UNIT, cache.length);
        if (from < to) {
            platter = grown(platter, to);
            System.arraycopy(cache, from, platter, from, to - from);
            written.set(unit);
        }
    }

    void sync() {
        int settled = (int) smallest(sizes);
        if (settled < platter.length) {
            Arrays.fill(platter, settled, platter.length, (byte) 0);
        }
        dirty.stream().forEach(this::toPlatter);
        settle(size);
    }

    private void settle(long durableSize) {
        dirty.clear();
        written.clear();
        sizes.clear();
        sizes.add(durableSize);
    }

    /** What a failed fsync does: some units were written, the others are dropped, and all of them look clean from now on. */
    void failSync(RandomGenerator random) {
        writeBack(random);
        dirty.clear();
    }

    /** Power is lost: of what was not synced, a random part is there. */
    void loseUnsynced(RandomGenerator random) {
        int kept = random.nextInt(sizes.size());
        long newSize = sizes.get(kept);
        int smallest = (int) smallest(sizes.subList(0, kept + 1));
        byte[] after = Arrays.copyOf(platter, (int) Math.max(newSize, platter.length));
        Arrays.fill(after, Math.min(pageEnd(smallest), after.length), after.length, (byte) 0);
        int group = random.nextBoolean() ? UNITS_PER_PAGE : 1;
        for (int first = 0; first * UNIT < newSize; first += group) {
            boolean survives = random.nextBoolean();
            for (int unit = first; unit < first + group; unit++) {
                if (dirty.get(unit) && survives) {
                    copyUnit(unit, cache, after);
                } else if (written.get(unit)) {
                    copyUnit(unit, platter, after);
                }
            }
        }
        platter = Arrays.copyOf(after, (int) newSize);
        cache = platter.clone();
        size = newSize;
        settle(newSize);
    }

    private static void copyUnit(int unit, byte[] from, byte[] to) {
        int start = unit * UNIT;
        int end = Math.min(Math.min(start + UNIT, to.length), from.length);
        if (start < end) {
            System.arraycopy(from, start, to, start, end - start);
        }
    }

    void flipBit(long position, int bit) {
        cache[(int) position] ^= (byte) (1 << bit);
        if (position < platter.length) {
            platter[(int) position] ^= (byte) (1 << bit);
        }
    }

    private static long smallest(List<Long> sizes) {
        return sizes.stream().mapToLong(Long::longValue).min().orElse(0);
    }

    private static byte[] grown(byte[] bytes, int length) {
        return bytes.length >= length ? bytes : Arrays.copyOf(bytes, Math.max(length, bytes.length * 2));
    }
}
