package io.weir.persistence.log;

import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A segment as readers share it, on this disk or on the object store: how far it goes, its index, its damaged places, and the open file
 * where that is shared. The appender moves the extent of the last segment on; nothing else changes. Any thread.
 */
final class Segment {
    private static final Logger LOG = LoggerFactory.getLogger(Segment.class);

    private final SegmentSource source;
    private final long baseOffset;
    private final int indexIntervalBytes;
    private final List<Gap> gaps = new CopyOnWriteArrayList<>();
    private volatile SegmentExtent extent;
    private @Nullable SparseIndex index;
    private @Nullable StoredFile file;
    private int users;

    /** @param index null to read it from beside the segment when it is first needed */
    Segment(
            SegmentSource source,
            long baseOffset,
            int indexIntervalBytes,
            SegmentExtent extent,
            @Nullable SparseIndex index) {
        this.source = source;
        this.baseOffset = baseOffset;
        this.indexIntervalBytes = indexIntervalBytes;
        this.extent = extent;
        this.index = index;
    }

    /** The last segment, with the file that it is written through; the caller is its first user. */
    static Segment active(
            SegmentSource source,
            long baseOffset,
            int indexIntervalBytes,
            SegmentExtent extent,
            SparseIndex index,
            StoredFile file) {
        Segment segment = new Segment(source, baseOffset, indexIntervalBytes, extent, index);
        segment.lend(file);
        return segment;
    }

    private synchronized void lend(StoredFile opened) {
        file = opened;
        users = 1;
    }

    long baseOffset() {
        return baseOffset;
    }

    SegmentExtent extent() {
        return extent;
    }

    void moveTo(SegmentExtent next) {
        extent = next;
    }

    /** The same segment in a log where another one begins at the offset. */
    Segment endingAt(long endOffset) {
        return new Segment(source, baseOffset, indexIntervalBytes, extent.endingAt(endOffset), null);
    }

    int windowBytes() {
        return source.windowBytes();
    }

    List<Gap> gaps() {
        return gaps;
    }

    /** Notes a damaged place, once. */
    synchronized void add(Gap gap) {
        if (!gaps.contains(gap)) {
            gaps.add(gap);
            LOG.error("damaged segment={} {}", source, gap);
        }
    }

    /** The damaged place that begins with a bad batch at the position: it ends where the next whole batch begins. */
    Gap findGap(StoredFile opened, long position, long fromOffset) throws IOException {
        SegmentExtent end = extent;
        FileWindow window = new FileWindow(opened, end.endPosition(), windowBytes());
        DamageSearch.Found found = new DamageSearch(window, end.endOffset()).next(position + 1, fromOffset);
        return found == null
                ? new Gap(position, end.endPosition(), fromOffset, end.endOffset())
                : new Gap(position, found.position(), fromOffset, found.header().baseOffset());
    }

    /** The segment's bytes; to be given back with {@link #release}. @throws java.nio.file.NoSuchFileException when deleted meanwhile */
    StoredFile acquire() throws IOException {
        return source.isShared() ? acquireShared() : source.open();
    }

    private synchronized StoredFile acquireShared() throws IOException {
        StoredFile shared = file;
        if (shared == null) {
            shared = source.open();
            file = shared;
        }
        users++;
        return shared;
    }

    /** @param opened as {@link #acquire} gave it */
    void release(StoredFile opened) {
        if (!source.isShared() || isLastUser()) {
            try {
                opened.close();
            } catch (IOException e) {
                LOG.warn("closing failed segment={} cause={}", source, e.toString());
            }
        }
    }

    private synchronized boolean isLastUser() {
        users--;
        if (users > 0) {
            return false;
        }
        file = null;
        return true;
    }

    /** Where to start to look. The caller has acquired {@code opened}. */
    synchronized SparseIndex index(StoredFile opened) throws IOException {
        SparseIndex known = index;
        if (known == null) {
            known = loadIndex(opened);
            index = known;
        }
        return known;
    }

    private SparseIndex loadIndex(StoredFile opened) throws IOException {
        SparseIndex loaded = source.readIndex(baseOffset, indexIntervalBytes);
        if (loaded == null) {
            LOG.warn("index rebuilt segment={}", source);
            SegmentExtent end = extent;
            loaded = new SegmentScan(baseOffset, opened, windowBytes(), indexIntervalBytes, new WriterHistory())
                    .sealedHeads(end.endOffset(), end.endPosition())
                    .index();
        }
        return loaded;
    }

    /** The {@code .index} file of a segment that will not grow any more. The caller has acquired {@code opened}. */
    ByteBuffer indexFile(StoredFile opened) throws IOException {
        return SegmentIndexFile.encode(baseOffset, extent, index(opened));
    }

    /** As {@link #indexFile}; null where the index is not at hand, or the segment is damaged. */
    synchronized @Nullable ByteBuffer wholeIndex() {
        SparseIndex known = index;
        return known != null && gaps.isEmpty() ? SegmentIndexFile.encode(baseOffset, extent, known) : null;
    }

    @Override
    public String toString() {
        return source.toString();
    }
}
