package io.weir.persistence.log;

import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A segment as readers share it: how far it goes, its index, its damaged places, and one open file that all of them use. The appender
 * moves the extent of the last segment on; nothing else changes. Any thread.
 */
final class Segment {
    private static final Logger LOG = LoggerFactory.getLogger(Segment.class);

    private static final int WINDOW_BYTES = 64 << 10;

    private final FileStore files;
    private final Path path;
    private final long baseOffset;
    private final int indexIntervalBytes;
    private final List<Gap> gaps = new CopyOnWriteArrayList<>();
    private volatile SegmentExtent extent;
    private @Nullable SparseIndex index;
    private @Nullable StoredFile file;
    private int users;

    /** @param index null to read it from the {@code .index} file when it is first needed */
    Segment(
            FileStore files,
            Path path,
            long baseOffset,
            int indexIntervalBytes,
            SegmentExtent extent,
            @Nullable SparseIndex index) {
        this.files = files;
        this.path = path;
        this.baseOffset = baseOffset;
        this.indexIntervalBytes = indexIntervalBytes;
        this.extent = extent;
        this.index = index;
    }

    /** The last segment, with the file that it is written through; the caller is its first user. */
    static Segment active(
            FileStore files,
            Path path,
            long baseOffset,
            int indexIntervalBytes,
            SegmentExtent extent,
            SparseIndex index,
            StoredFile file) {
        Segment segment = new Segment(files, path, baseOffset, indexIntervalBytes, extent, index);
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

    Path path() {
        return path;
    }

    SegmentExtent extent() {
        return extent;
    }

    void moveTo(SegmentExtent next) {
        extent = next;
    }

    List<Gap> gaps() {
        return gaps;
    }

    /** Notes a damaged place, once. */
    synchronized void add(Gap gap) {
        if (!gaps.contains(gap)) {
            gaps.add(gap);
            LOG.error("damaged segment={} {}", path, gap);
        }
    }

    /** The damaged place that begins with a bad batch at the position: it ends where the next whole batch begins. */
    Gap findGap(StoredFile shared, long position, long fromOffset) throws IOException {
        SegmentExtent end = extent;
        FileWindow window = new FileWindow(shared, end.endPosition(), WINDOW_BYTES);
        DamageSearch.Found found = new DamageSearch(window, end.endOffset()).next(position + 1, fromOffset);
        return found == null
                ? new Gap(position, end.endPosition(), fromOffset, end.endOffset())
                : new Gap(position, found.position(), fromOffset, found.header().baseOffset());
    }

    /** The shared file; to be given back with {@link #release}. @throws java.nio.file.NoSuchFileException when deleted meanwhile */
    synchronized StoredFile acquire() throws IOException {
        StoredFile shared = file;
        if (shared == null) {
            shared = files.openForRead(path);
            file = shared;
        }
        users++;
        return shared;
    }

    synchronized void release() {
        users--;
        StoredFile shared = file;
        if (users == 0 && shared != null) {
            file = null;
            try {
                shared.close();
            } catch (IOException e) {
                LOG.warn("closing failed path={} cause={}", path, e.toString());
            }
        }
    }

    /** Where to start to look. The caller has acquired {@code shared}. */
    synchronized SparseIndex index(StoredFile shared) throws IOException {
        SparseIndex known = index;
        if (known == null) {
            known = loadIndex(shared);
            index = known;
        }
        return known;
    }

    private SparseIndex loadIndex(StoredFile shared) throws IOException {
        SparseIndex loaded = readIndex();
        if (loaded == null) {
            LOG.warn("index rebuilt segment={}", path);
            SegmentExtent end = extent;
            loaded = new SegmentScan(baseOffset, shared, indexIntervalBytes, new WriterHistory())
                    .sealedHeads(end.endOffset(), end.endPosition())
                    .index();
        }
        return loaded;
    }

    private @Nullable SparseIndex readIndex() {
        try (StoredFile in = files.openForRead(indexPath())) {
            SegmentIndexFile head = readIndexHead(in);
            if (head == null || head.baseOffset() != baseOffset) {
                return null;
            }
            ByteBuffer entries = ByteBuffer.allocate(head.entries() * SparseIndex.ENTRY_BYTES);
            in.read(entries, SegmentIndexFile.HEAD_BYTES);
            return head.decodeEntries(entries.flip(), indexIntervalBytes);
        } catch (IOException e) {
            LOG.warn("index not read path={} cause={}", indexPath(), e.toString());
            return null;
        }
    }

    /** @return null where the head is wrong or the file's length does not fit it */
    static @Nullable SegmentIndexFile readIndexHead(StoredFile in) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(SegmentIndexFile.HEAD_BYTES);
        in.read(bytes, 0);
        SegmentIndexFile head = SegmentIndexFile.decodeHead(bytes.flip());
        boolean fits = head != null
                && head.entries() >= 0
                && in.size() == SegmentIndexFile.HEAD_BYTES + (long) head.entries() * SparseIndex.ENTRY_BYTES
                && in.size() <= Integer.MAX_VALUE - 8;
        return fits ? head : null;
    }

    Path indexPath() {
        return path.resolveSibling(SegmentFiles.name(baseOffset, SegmentFiles.INDEX));
    }

    /** Writes the {@code .index} file of a segment that will not grow any more. Not for a damaged one: it is to be read again. */
    synchronized void writeIndex() throws IOException {
        if (index != null && gaps.isEmpty()) {
            SegmentFiles.replace(files, indexPath(), SegmentIndexFile.encode(baseOffset, extent, index));
        }
    }
}
