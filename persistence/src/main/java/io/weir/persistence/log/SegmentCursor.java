package io.weir.persistence.log;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchHeader;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Walks from segment to segment and from head to head. Keeps the segments it went through open until it is closed. */
final class SegmentCursor implements LogCursor {
    private static final int WINDOW_BYTES = 64 << 10;

    private final List<Segment> segments;
    private final long endOffset;
    private final LongSupplier startOffset;
    private final List<Segment> acquired = new ArrayList<>();
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
     * @param startOffset where the log starts by now: what is below it may be gone
     */
    SegmentCursor(List<Segment> segments, long fromOffset, long endOffset, LongSupplier startOffset) {
        this.segments = segments;
        this.wantedOffset = fromOffset;
        this.offset = fromOffset;
        this.endOffset = endOffset;
        this.startOffset = startOffset;
    }

    @Override
    public @Nullable LogBatch next() throws IOException {
        while (offset < endOffset) {
            FileWindow ahead = window;
            StoredFile shared = file;
            if (ahead == null || shared == null || offset >= extent.endOffset()) {
                enter();
                continue;
            }
            BatchHeader header = ahead.head(position, offset);
            if (header == null || header.nextOffset() > extent.endOffset() || isKnownBad()) {
                passDamage(ahead, shared);
                continue;
            }
            last = header;
            lastPosition = position;
            position += header.totalBytes();
            offset = header.nextOffset();
            // A batch of no rows only remembers a request; it is nothing to a reader.
            if (offset > wantedOffset && header.rowCount() > 0) {
                return new SegmentBatch(
                        segments.get(at),
                        shared,
                        header,
                        lastPosition,
                        ahead.available(lastPosition, header.totalBytes()));
            }
        }
        return null;
    }

    /** Goes to the segment that holds the current offset, near to it. */
    private void enter() throws IOException {
        at = at < 0 ? indexOf(offset) : at + 1;
        Segment segment = segments.get(at);
        StoredFile shared = acquire(segment);
        acquired.add(segment);
        extent = segment.extent();
        SparseIndex.Entry near = segment.index(shared).floor(offset);
        position = near == null ? 0 : near.position();
        offset = near == null ? segment.baseOffset() : near.offset();
        last = null;
        file = shared;
        window = new FileWindow(shared, extent.endPosition(), WINDOW_BYTES);
    }

    /** Retention may have deleted a segment since the cursor was made. */
    private StoredFile acquire(Segment segment) throws IOException {
        try {
            return segment.acquire();
        } catch (NoSuchFileException e) {
            long start = startOffset.getAsLong();
            if (segment.baseOffset() >= start) {
                throw e;
            }
            throw new WeirException(
                    ErrorCode.OFFSET_OUT_OF_RANGE,
                    "offset %d was deleted by retention; the log holds [%d, %d)"
                            .formatted(Math.max(offset, wantedOffset), start, endOffset));
        }
    }

    private int indexOf(long wanted) {
        int low = 0;
        int high = segments.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (segments.get(middle).baseOffset() <= wanted) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /** Goes on behind the bad bytes; throws where wanted rows are lost with them, and can be asked for the next batch even then. */
    private void passDamage(FileWindow ahead, StoredFile shared) throws IOException {
        Segment segment = segments.get(at);
        Gap gap = knownGap(segment);
        if (gap == null) {
            gap = findGap(ahead, shared);
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
    private Gap findGap(FileWindow ahead, StoredFile shared) throws IOException {
        BatchHeader before = last;
        boolean misled = before != null && !ahead.checksumMatches(lastPosition, before);
        return misled && before != null
                ? segments.get(at).findGap(shared, lastPosition, before.baseOffset())
                : segments.get(at).findGap(shared, position, offset);
    }

    @Override
    public void close() {
        acquired.forEach(Segment::release);
        acquired.clear();
        window = null;
        file = null;
    }
}
