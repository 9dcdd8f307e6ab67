package io.weir.persistence.log;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchHeader;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Walks from segment to segment and from head to head. Keeps the segments it went through open until it is closed. Where a segment is
 * gone, it looks whether the log has its rows elsewhere by now.
 */
final class SegmentCursor implements LogCursor {
    private record Opened(Segment segment, StoredFile file) {}

    private final long endOffset;
    private final Supplier<Tiers> log;
    private final List<Opened> opened = new ArrayList<>();
    private List<Segment> segments;
    private long wantedOffset;
    private long offset;
    private int at = -1;
    private SegmentExtent extent = SegmentExtent.empty(0);
    private @Nullable StoredFile file;
    private @Nullable FileWindow window;
    private long position;
    private @Nullable BatchHeader last;
    private long lastPosition;

    /**
     * @param segments those of the log, in order; one of them holds {@code fromOffset} unless it is the end offset
     * @param log what it shows by now
     */
    SegmentCursor(List<Segment> segments, long fromOffset, long endOffset, Supplier<Tiers> log) {
        this.segments = segments;
        this.wantedOffset = fromOffset;
        this.offset = fromOffset;
        this.endOffset = endOffset;
        this.log = log;
    }

    @Override
    public @Nullable LogBatch next() throws IOException {
        while (offset < endOffset) {
            try {
                LogBatch batch = step();
                if (batch != null) {
                    return batch;
                }
            } catch (NoSuchFileException e) {
                lookElsewhere(e);
            }
        }
        return null;
    }

    private @Nullable LogBatch step() throws IOException {
        FileWindow ahead = window;
        StoredFile current = file;
        if (ahead == null || current == null || offset >= extent.endOffset()) {
            enter();
            return null;
        }
        BatchHeader header = ahead.head(position, offset);
        if (header == null || header.nextOffset() > extent.endOffset() || isKnownBad()) {
            passDamage(ahead, current);
            return null;
        }
        last = header;
        lastPosition = position;
        position += header.totalBytes();
        offset = header.nextOffset();
        // A batch of no rows only remembers a request; it is nothing to a reader.
        if (offset <= wantedOffset || header.rowCount() == 0) {
            return null;
        }
        return new SegmentBatch(
                segments.get(at),
                current,
                header,
                lastPosition,
                ahead.available(lastPosition, header.totalBytes()),
                log);
    }

    /** Goes to the segment that holds the current offset, near to it. */
    private void enter() throws IOException {
        int next = at < 0 ? Tiers.indexOf(segments, offset) : at + 1;
        Segment segment = segments.get(next);
        StoredFile entered = segment.acquire();
        opened.add(new Opened(segment, entered));
        SegmentExtent whole = segment.extent();
        SparseIndex.Entry near = segment.index(entered).floor(offset);
        at = next;
        extent = whole;
        position = near == null ? 0 : near.position();
        offset = near == null ? segment.baseOffset() : near.offset();
        last = null;
        file = entered;
        window = new FileWindow(entered, extent.endPosition(), segment.windowBytes());
    }

    /** Retention may have deleted a segment since the cursor was made; or it was on this disk, and is on the object store alone. */
    private void lookElsewhere(NoSuchFileException gone) throws NoSuchFileException {
        wantedOffset = Math.max(wantedOffset, offset);
        Tiers now = log.get();
        long start = now.startOffset();
        boolean deleted = wantedOffset < start;
        if (!deleted && isStillShown(now)) {
            throw gone;
        }
        long wanted = wantedOffset;
        segments = now.segments();
        wantedOffset = Math.max(wantedOffset, start);
        offset = wantedOffset;
        at = -1;
        window = null;
        file = null;
        if (deleted) {
            throw SegmentBatch.deleted(wanted, start, endOffset);
        }
    }

    private boolean isStillShown(Tiers now) {
        int failed = failedIndex();
        return now.segments().contains(segments.get(failed));
    }

    /** Of the segment that could not be read: the current one, or the one that was to be entered. */
    private int failedIndex() {
        boolean entering = window == null || offset >= extent.endOffset();
        if (!entering) {
            return at;
        }
        return at < 0 ? Tiers.indexOf(segments, offset) : at + 1;
    }

    /** Goes on behind the bad bytes; throws where wanted rows are lost with them, and can be asked for the next batch even then. */
    private void passDamage(FileWindow ahead, StoredFile current) throws IOException {
        Segment segment = segments.get(at);
        Gap gap = knownGap(segment);
        if (gap == null) {
            gap = findGap(ahead, current);
            segment.add(gap);
        }
        last = null;
        position = gap.nextPosition();
        offset = gap.toOffset();
        long from = Math.max(wantedOffset, gap.fromOffset());
        if (offset > from) {
            wantedOffset = offset;
            throw new WeirException(
                    ErrorCode.CORRUPT_DATA,
                    "rows are lost: segment=%d position=%d fromOffset=%d toOffset=%d; read on from toOffset"
                            .formatted(segment.baseOffset(), gap.position(), from, gap.toOffset()));
        }
    }

    private boolean isKnownBad() {
        for (Gap gap : segments.get(at).gaps()) {
            if (gap.position() == position) {
                return true;
            }
        }
        return false;
    }

    private @Nullable Gap knownGap(Segment segment) {
        for (Gap gap : segment.gaps()) {
            boolean holdsRows = gap.fromOffset() <= offset && offset < gap.toOffset();
            if (holdsRows || gap.position() == position) {
                return gap;
            }
        }
        return null;
    }

    /** A head that leads nowhere may belong to a batch that is bad itself. */
    private Gap findGap(FileWindow ahead, StoredFile current) throws IOException {
        BatchHeader before = last;
        boolean misled = before != null && !ahead.checksumMatches(lastPosition, before);
        return misled && before != null
                ? segments.get(at).findGap(current, lastPosition, before.baseOffset())
                : segments.get(at).findGap(current, position, offset);
    }

    @Override
    public void close() {
        opened.forEach(one -> one.segment().release(one.file()));
        opened.clear();
        window = null;
        file = null;
    }
}
