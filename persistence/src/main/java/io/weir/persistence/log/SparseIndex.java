package io.weir.persistence.log;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Some batches of a segment, by offset, position and time: where a reader starts to look. One entry for about every
 * {@code intervalBytes}. The appender adds while readers look up, so the methods lock; they are short.
 */
final class SparseIndex {
    static final int ENTRY_BYTES = 24;

    /** A batch: its base offset, where it stands in the file, its commit timestamp. */
    record Entry(long offset, long position, long timestampMs) {}

    private final int intervalBytes;
    private long[] offsets = new long[8];
    private long[] positions = new long[8];
    private long[] timestamps = new long[8];
    private int size;

    SparseIndex(int intervalBytes) {
        this.intervalBytes = intervalBytes;
    }

    /** Notes the batch if it is far enough behind the last one noted. */
    synchronized void offer(long offset, long position, long timestampMs) {
        if (size == 0 || position - positions[size - 1] >= intervalBytes) {
            add(offset, position, timestampMs);
        }
    }

    private void add(long offset, long position, long timestampMs) {
        if (size == offsets.length) {
            offsets = Arrays.copyOf(offsets, size * 2);
            positions = Arrays.copyOf(positions, size * 2);
            timestamps = Arrays.copyOf(timestamps, size * 2);
        }
        offsets[size] = offset;
        positions[size] = position;
        timestamps[size++] = timestampMs;
    }

    /** Forgets the batches that stand at or past the position. */
    synchronized void cut(long position) {
        while (size > 0 && positions[size - 1] >= position) {
            size--;
        }
    }

    /** The last entry at or before the offset, or null. */
    synchronized @Nullable Entry floor(long offset) {
        int found = Arrays.binarySearch(offsets, 0, size, offset);
        return entry(found >= 0 ? found : -found - 2);
    }

    /** The last entry committed before the time, or null. Timestamps never fall within a log. */
    synchronized @Nullable Entry before(long timestampMs) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (timestamps[middle] < timestampMs) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return entry(low - 1);
    }

    private @Nullable Entry entry(int at) {
        return at < 0 ? null : new Entry(offsets[at], positions[at], timestamps[at]);
    }

    synchronized int size() {
        return size;
    }

    synchronized void encode(ByteBuffer out) {
        for (int i = 0; i < size; i++) {
            out.putLong(offsets[i]).putLong(positions[i]).putLong(timestamps[i]);
        }
    }

    /** @return null where the entries do not ascend, so that no reader trusts them */
    static @Nullable SparseIndex decode(ByteBuffer in, int entries, int intervalBytes) {
        SparseIndex index = new SparseIndex(intervalBytes);
        for (int i = 0; i < entries; i++) {
            long offset = in.getLong();
            long position = in.getLong();
            long timestampMs = in.getLong();
            boolean ascends = i == 0 || (offset > index.offsets[i - 1] && position > index.positions[i - 1]);
            if (!ascends || position < 0) {
                return null;
            }
            index.add(offset, position, timestampMs);
        }
        return index;
    }
}
