package io.weir.persistence.log;

import io.weir.codec.WeirException;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds offsets by time: the segment by its extent, the place in it by its index, the batch by walking on from there. */
final class OffsetSearch {
    private static final Logger LOG = LoggerFactory.getLogger(OffsetSearch.class);

    private final Supplier<Tiers> log;
    private final long endOffset;

    OffsetSearch(Supplier<Tiers> log, long endOffset) {
        this.log = log;
        this.endOffset = endOffset;
    }

    /** Offset of the first batch committed at or after the time; the end offset when there is none. */
    long atOrAfter(long timestampMs) throws IOException {
        for (Segment segment : log.get().segments()) {
            if (segment.extent().lastTimestampMs() >= timestampMs) {
                // Retention may have moved the start meanwhile.
                return Math.max(atOrAfter(timestampMs, segment), log.get().startOffset());
            }
        }
        return endOffset;
    }

    private long atOrAfter(long timestampMs, Segment segment) throws IOException {
        long from = near(timestampMs, segment);
        try (LogCursor cursor = new SegmentCursor(log.get().segments(), from, endOffset, log)) {
            LogBatch batch = nextUndamaged(cursor);
            while (batch != null && batch.header().commitTimestampMs() < timestampMs) {
                batch = nextUndamaged(cursor);
            }
            return batch == null ? endOffset : batch.header().baseOffset();
        }
    }

    private static long near(long timestampMs, Segment segment) throws IOException {
        StoredFile file = null;
        try {
            file = segment.acquire();
            SparseIndex.Entry near = segment.index(file).before(timestampMs);
            return near == null ? segment.baseOffset() : near.offset();
        } catch (NoSuchFileException e) {
            // Deleted meanwhile; the cursor looks for it elsewhere, or goes on behind it.
            return segment.baseOffset();
        } finally {
            if (file != null) {
                segment.release(file);
            }
        }
    }

    private static @Nullable LogBatch nextUndamaged(LogCursor cursor) throws IOException {
        while (true) {
            try {
                return cursor.next();
            } catch (WeirException e) {
                LOG.debug("passed: {}", e.detail());
            }
        }
    }
}
