package io.weir.persistence.log;

import io.weir.codec.batch.StoredBatch;
import io.weir.persistence.file.FileStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;

/**
 * The log of one bucket on this node's disk: a directory of segments {@code <base offset, 20 digits>.log} with a sparse index
 * {@code .index} beside each (rebuilt when missing or wrong) and the writers' memory at the segment's start in {@code .writers}.
 *
 * <p>Threads: one appender at a time ({@link #append}, {@link #applyRetention}, {@link #close}); any number of readers meanwhile.
 *
 * <p>Invariants: offsets are dense from {@link #startOffset()} to {@link #endOffset()}; nothing at or past {@link #endOffset()} is
 * ever shown to a reader; everything before it was synced. A segment's rows end where the next segment begins, whatever its file
 * still holds behind that.
 */
public final class BucketLog implements AutoCloseable {
    private BucketLog() {}

    /**
     * Opens or creates the log, recovering it: the active segment is read from its last known good point, whole batches with right
     * checksums are kept, a torn tail (or one that ends within a request) is cut and logged. Damage elsewhere is kept in
     * {@link #corruptions()} and does not stop the start.
     */
    public static BucketLog open(FileStore files, Path directory, LogSettings settings, Clock clock)
            throws IOException {
        throw new UnsupportedOperationException("spine: " + files + directory + settings + clock);
    }

    /**
     * Stamps and writes the batches as one group, and returns when they are durable. All or nothing: after an exception the end
     * offset has not moved, and the log may be appended to again (a failed sync makes it go on in a new segment). What a crash after a
     * failure leaves may still be found on recovery: the outcome of a failed append is unknown, not "no".
     *
     * @return offset of the first row of the group
     * @throws io.weir.persistence.file.DiskFullException nothing was appended
     */
    public long append(List<StoredBatch> group, int leaderEpoch) throws IOException {
        throw new UnsupportedOperationException("spine: " + group + leaderEpoch);
    }

    /** First offset that is still here. */
    public long startOffset() {
        throw new UnsupportedOperationException("spine");
    }

    /** Offset past the last durable row: the high watermark of a bucket with local durability. */
    public long endOffset() {
        throw new UnsupportedOperationException("spine");
    }

    /** Highest leader epoch found in the log, 0 when empty. */
    public int lastLeaderEpoch() {
        throw new UnsupportedOperationException("spine");
    }

    /** Bytes in all segments. */
    public long sizeInBytes() {
        throw new UnsupportedOperationException("spine");
    }

    /** What the writers did, as of {@link #endOffset()}. Belongs to the appending thread. */
    public WriterHistory writers() {
        throw new UnsupportedOperationException("spine");
    }

    public List<Corruption> corruptions() {
        throw new UnsupportedOperationException("spine");
    }

    /** @throws io.weir.codec.WeirException OFFSET_OUT_OF_RANGE with the valid range when below the start or past the end */
    public LogCursor read(long fromOffset) throws IOException {
        throw new UnsupportedOperationException("spine: " + fromOffset);
    }

    /** Offset of the first batch committed at or after the time; the end offset when there is none. */
    public long offsetAt(long timestampMs) throws IOException {
        throw new UnsupportedOperationException("spine: " + timestampMs);
    }

    /** Rolls the active segment if it is old enough, then deletes sealed segments by age and total size, oldest first. */
    public void applyRetention() throws IOException {
        throw new UnsupportedOperationException("spine");
    }

    /** New settings after a change of the table's properties; for the next append or retention. */
    public void reconfigure(LogSettings settings) {
        throw new UnsupportedOperationException("spine: " + settings);
    }

    @Override
    public void close() throws IOException {
        throw new UnsupportedOperationException("spine");
    }
}
