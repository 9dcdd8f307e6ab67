package io.weir.persistence.log;

import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchHeader;
import io.weir.codec.batch.StoredBatch;
import io.weir.codec.batch.WriterEntry;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a segment's file from its start, from batch to batch, and finds out how far it goes, what is damaged, and which sequences it
 * holds. Changes nothing on disk.
 */
final class SegmentScan {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentScan.class);
    /** For files of this disk. */
    static final int WINDOW_BYTES = 256 << 10;

    /**
     * @param extent ends after the last complete request
     * @param groupPosition where the last group begins that the extent holds
     * @param fileBytes length of the file; more than the extent's end where a tail is to be cut
     */
    record Result(SegmentExtent extent, SparseIndex index, List<Gap> gaps, long groupPosition, long fileBytes) {}

    /** An entry that counts once its request is complete. */
    private record Pending(WriterEntry entry, long batchBaseOffset) {}

    private final long baseOffset;
    private final FileWindow window;
    private final WriterHistory writers;
    private final SparseIndex index;
    private final List<Gap> gaps = new ArrayList<>();
    private final List<Pending> pending = new ArrayList<>();
    private SegmentExtent seen;
    private SegmentExtent complete;
    private long seenGroupPosition;
    private long seenGroupBase = -1;
    private long completeGroupPosition;

    SegmentScan(long baseOffset, StoredFile file, int indexIntervalBytes, WriterHistory writers) throws IOException {
        this(baseOffset, file, WINDOW_BYTES, indexIntervalBytes, writers);
    }

    /** @param windowBytes how much is read at once */
    SegmentScan(long baseOffset, StoredFile file, int windowBytes, int indexIntervalBytes, WriterHistory writers)
            throws IOException {
        this.baseOffset = baseOffset;
        this.window = new FileWindow(file, file.size(), windowBytes);
        this.writers = writers;
        this.index = new SparseIndex(indexIntervalBytes);
        this.seen = SegmentExtent.empty(baseOffset);
        this.complete = seen;
    }

    /** Walks heads up to a place that is known to be the end of a durable batch. @return whether the walk met just that place */
    boolean trustUntil(long position, long offset) throws IOException {
        while (seen.endPosition() < position) {
            BatchHeader header = window.head(seen.endPosition(), seen.endOffset());
            if (header == null || header.nextOffset() > offset) {
                return false;
            }
            accept(header);
        }
        return seen.endPosition() == position && seen.endOffset() == offset;
    }

    /** Reads the rest of a segment that is not the last one: whatever does not lead to {@code endOffset} is damage. */
    Result sealed(long endOffset) throws IOException {
        while (seen.endOffset() < endOffset) {
            if (!acceptNext(endOffset)) {
                DamageSearch search = new DamageSearch(window, endOffset);
                skipDamage(search.next(seen.endPosition() + 1, seen.endOffset()), endOffset);
            }
        }
        return result();
    }

    /** As {@link #sealed}, without reading bodies: for a segment whose index is right, when only its writers are wanted. */
    Result sealedHeads(long endOffset, long endPosition) throws IOException {
        trustUntil(endPosition, endOffset);
        return sealed(endOffset);
    }

    /**
     * Reads the rest of the last segment. Bytes that are no batch are a torn tail, unless rows that were durable stand behind them or
     * are known to have stood there.
     *
     * @param durableEnd an offset up to which rows are known to have been durable
     */
    Result active(long durableEnd) throws IOException {
        boolean goesOn = true;
        while (goesOn) {
            while (acceptNext(Long.MAX_VALUE)) {
                LOG.trace("batch kept segment={} endOffset={}", baseOffset, seen.endOffset());
            }
            goesOn = window.limit() > seen.endPosition() && passDamage(durableEnd);
        }
        if (durableEnd > seen.endOffset()) {
            skipDamage(null, durableEnd);
        }
        return result();
    }

    /** @return false where the bad bytes are a torn tail: nothing that was durable is behind them */
    private boolean passDamage(long durableEnd) throws IOException {
        DamageSearch search = new DamageSearch(window, Long.MAX_VALUE);
        long expected = seen.endOffset();
        DamageSearch.Found first = search.next(seen.endPosition() + 1, expected);
        DamageSearch.Found later = first;
        while (later != null && later.header().groupBaseOffset() <= expected) {
            later = search.next(later.nextPosition(), later.header().nextOffset());
        }
        if (first == null || (later == null && durableEnd <= expected)) {
            return false;
        }
        skipDamage(first, first.header().baseOffset());
        return true;
    }

    private void skipDamage(DamageSearch.@Nullable Found next, long endOffset) {
        long toOffset = next == null ? endOffset : next.header().baseOffset();
        long toPosition = next == null ? window.limit() : next.position();
        gaps.add(new Gap(seen.endPosition(), toPosition, seen.endOffset(), toOffset));
        seen = new SegmentExtent(
                toOffset, toPosition, seen.firstTimestampMs(), seen.lastTimestampMs(), seen.leaderEpoch());
        complete();
    }

    private boolean acceptNext(long endOffset) throws IOException {
        BatchHeader header = window.head(seen.endPosition(), seen.endOffset());
        boolean right = header != null
                && header.nextOffset() <= endOffset
                && window.checksumMatches(seen.endPosition(), header);
        if (right && header != null) {
            accept(header);
        }
        return right;
    }

    private void accept(BatchHeader header) throws IOException {
        long position = seen.endPosition();
        if (header.groupBaseOffset() != seenGroupBase) {
            seenGroupBase = header.groupBaseOffset();
            seenGroupPosition = position;
        }
        noteWriters(header, position);
        if (header.rowCount() > 0) {
            index.offer(header.baseOffset(), position, header.commitTimestampMs());
        }
        seen = seen.with(
                header.nextOffset(), position + header.totalBytes(), header.commitTimestampMs(), header.leaderEpoch());
        if (!header.continues()) {
            complete();
        }
    }

    private void complete() {
        pending.forEach(note -> writers.applied(note.entry(), note.batchBaseOffset()));
        pending.clear();
        complete = seen;
        completeGroupPosition = seenGroupPosition;
    }

    private void noteWriters(BatchHeader header, long position) throws IOException {
        if (header.writersBytes() == 0) {
            return;
        }
        int length = BatchHeader.SIZE + BatchHeader.padded(header.writersBytes());
        ByteBuffer bytes = window.bytes(position, length);
        if (bytes == null) {
            throw new IOException("the file became shorter while it was read: segment=%d position=%d"
                    .formatted(baseOffset, position));
        }
        try {
            for (WriterEntry entry : StoredBatch.writers(header, bytes)) {
                pending.add(new Pending(entry, header.baseOffset()));
            }
        } catch (WeirException e) {
            LOG.error("writer entries ignored segment={} position={} cause={}", baseOffset, position, e.detail());
        }
    }

    private Result result() {
        index.cut(complete.endPosition());
        return new Result(complete, index, List.copyOf(gaps), completeGroupPosition, window.limit());
    }
}
