package io.weir.persistence.log;

import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.StoredFile;
import io.weir.persistence.objects.StoredObject;
import io.weir.persistence.objects.Transfers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A sealed segment as it is uploaded: its bytes, its index, and the writers' memory at its end where that is at hand. Holds the segment's
 * file open, so that a trim or retention meanwhile does not matter. May be read from one thread after the other.
 */
public final class SegmentBody implements Transfers.Body {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentBody.class);

    private final Segment segment;
    private final SegmentExtent extent;
    private final StoredFile file;
    private final ByteBuffer index;
    private final ByteBuffer writers;
    private boolean closed;

    /**
     * @param file of the segment, acquired; released on close
     * @param writers empty where it is not at hand
     */
    private SegmentBody(Segment segment, StoredFile file, ByteBuffer index, ByteBuffer writers) {
        this.segment = segment;
        this.extent = segment.extent();
        this.file = file;
        this.index = index;
        this.writers = writers;
    }

    /** @param writersFile of the segment that follows; may be missing */
    static SegmentBody open(Segment segment, FileStore files, Path writersFile) throws IOException {
        StoredFile file = segment.acquire();
        try {
            ByteBuffer writers = writers(files, writersFile, segment.extent().endOffset());
            return new SegmentBody(segment, file, segment.indexFile(file), writers);
        } catch (IOException | RuntimeException e) {
            segment.release(file);
            throw e;
        }
    }

    private static ByteBuffer writers(FileStore files, Path file, long endOffset) {
        try (StoredFile in = files.openForRead(file)) {
            WritersFile found = WritersFile.read(in, endOffset);
            return found == null ? ByteBuffer.allocate(0) : found.encode();
        } catch (IOException e) {
            LOG.warn("uploaded without the writers at its end path={} cause={}", file, e.toString());
            return ByteBuffer.allocate(0);
        }
    }

    @Override
    public long size() {
        return extent.endPosition() + index.limit() + writers.limit();
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        int start = target.position();
        long at = position;
        if (at < extent.endPosition()) {
            at += readLog(target, at);
        }
        at += copy(index, at - extent.endPosition(), target);
        copy(writers, at - extent.endPosition() - index.limit(), target);
        return target.position() - start;
    }

    private int readLog(ByteBuffer target, long position) throws IOException {
        int length = (int) Math.min(target.remaining(), extent.endPosition() - position);
        ByteBuffer part = target.slice(target.position(), length);
        if (file.read(part, position) != length) {
            throw new IOException("the segment is shorter than it was: segment=%s position=%d bytes=%d"
                    .formatted(segment, position, extent.endPosition()));
        }
        target.position(target.position() + length);
        return length;
    }

    /** @return bytes copied; none where the position is outside of the source */
    private static int copy(ByteBuffer source, long position, ByteBuffer target) {
        if (position < 0 || position >= source.limit()) {
            return 0;
        }
        int length = Math.min(target.remaining(), source.limit() - (int) position);
        target.put(source.slice((int) position, length));
        return length;
    }

    /** What the manifest notes of it once it is stored. */
    public RemoteSegment as(StoredObject stored) {
        if (stored.size() != size()) {
            throw new IllegalArgumentException(
                    "not this segment's object: segment=%s bytes=%d stored=%s".formatted(segment, size(), stored));
        }
        return new RemoteSegment(
                segment.baseOffset(),
                extent.endOffset(),
                extent.endPosition(),
                index.limit(),
                writers.limit(),
                extent.firstTimestampMs(),
                extent.lastTimestampMs(),
                extent.leaderEpoch(),
                stored);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            segment.release(file);
        }
    }
}
