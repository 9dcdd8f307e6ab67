package io.weir.persistence.log;

import io.weir.persistence.log.WriterHistory.Applied;
import io.weir.persistence.log.WriterHistory.New;
import io.weir.persistence.log.WriterHistory.TooOld;
import io.weir.persistence.log.WriterHistory.Verdict;
import java.util.Arrays;

/** The remembered sequences of one writer, ascending, at most {@link WriterHistory#SEQUENCES_PER_WRITER}. About 6 KiB when full. */
final class WriterMemory {
    private long[] sequences = new long[4];
    private long[] baseOffsets = new long[4];
    private long[] nextOffsets = new long[4];
    private int size;

    int size() {
        return size;
    }

    long sequenceAt(int i) {
        return sequences[i];
    }

    long baseOffsetAt(int i) {
        return baseOffsets[i];
    }

    long nextOffsetAt(int i) {
        return nextOffsets[i];
    }

    Verdict check(long sequence) {
        int found = Arrays.binarySearch(sequences, 0, size, sequence);
        if (found >= 0) {
            return new Applied(baseOffsets[found], nextOffsets[found]);
        }
        boolean full = size == WriterHistory.SEQUENCES_PER_WRITER;
        return full && sequence < sequences[0] ? new TooOld(sequences[0]) : New.INSTANCE;
    }

    /** Adds the sequence, and forgets the smallest one where there are too many. A repeated one keeps its first answer. */
    void add(long sequence, long baseOffset, long nextOffset) {
        int found = Arrays.binarySearch(sequences, 0, size, sequence);
        if (found >= 0) {
            return;
        }
        int at = -found - 1;
        if (size == WriterHistory.SEQUENCES_PER_WRITER) {
            if (at == 0) {
                return;
            }
            at--;
            shift(1, 0, at);
        } else {
            grow();
            shift(at, at + 1, size - at);
            size++;
        }
        sequences[at] = sequence;
        baseOffsets[at] = baseOffset;
        nextOffsets[at] = nextOffset;
    }

    private void shift(int from, int to, int count) {
        System.arraycopy(sequences, from, sequences, to, count);
        System.arraycopy(baseOffsets, from, baseOffsets, to, count);
        System.arraycopy(nextOffsets, from, nextOffsets, to, count);
    }

    private void grow() {
        if (size == sequences.length) {
            int capacity = Math.min(size * 2, WriterHistory.SEQUENCES_PER_WRITER);
            sequences = Arrays.copyOf(sequences, capacity);
            baseOffsets = Arrays.copyOf(baseOffsets, capacity);
            nextOffsets = Arrays.copyOf(nextOffsets, capacity);
        }
    }
}
