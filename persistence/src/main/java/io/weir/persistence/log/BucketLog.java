package io.weir.persistence.log;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.StoredBatch;
import io.weir.codec.batch.WriterEntry;
import io.weir.persistence.file.DiskFullException;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
    private static final Logger LOG = LoggerFactory.getLogger(BucketLog.class);

    private final FileStore files;
    private final Path directory;
    private final Clock clock;
    private final LogState state;
    private final @Nullable Gap lostAtStart;
    private final WriterHistory writers;
    private LogSettings settings;

    // The appender's own.
    private @Nullable StoredFile tail;
    private boolean tailTrusted;
    private boolean closed;
    /** The last segment ends with a batch of no rows. */
    private boolean endsWithoutRows;

    private long writersBase;
    private long lastTimestampMs;

    // Written by the appender, in an order that lets readers take them without a lock: segments, then endOffset.
    private volatile List<Segment> segments;
    private volatile long startOffset;
    private volatile long endOffset;
    private volatile int lastLeaderEpoch;

    private BucketLog(
            FileStore files,
            Path directory,
            LogSettings settings,
            Clock clock,
            LogState state,
            Recovery.Recovered recovered) {
        this.files = files;
        this.directory = directory;
        this.settings = settings;
        this.clock = clock;
        this.state = state;
        this.lostAtStart = recovered.lostAtStart();
        this.writers = recovered.writers();
        this.tail = recovered.tail();
        this.tailTrusted = recovered.tail() != null;
        this.writersBase = recovered.writersBase();
        // Perhaps: nobody counted while the segment was read.
        this.endsWithoutRows = !recovered.segments().isEmpty();
        this.lastTimestampMs = recovered.lastTimestampMs();
        this.segments = recovered.segments();
        this.startOffset = recovered.startOffset();
        this.endOffset = recovered.endOffset();
        this.lastLeaderEpoch = recovered.leaderEpoch();
    }

    /**
     * Opens or creates the log, recovering it: the active segment is read from its last known good point, whole batches with right
     * checksums are kept, a torn tail (or one that ends within a request) is cut and logged. Damage elsewhere is kept in
     * {@link #corruptions()} and does not stop the start.
     */
    public static BucketLog open(FileStore files, Path directory, LogSettings settings, Clock clock)
            throws IOException {
        files.createDirectories(directory);
        LogState state = LogState.open(files, directory);
        Recovery.Recovered recovered;
        try {
            recovered = new Recovery(files, directory, settings.indexIntervalBytes(), state).run();
        } catch (IOException | RuntimeException e) {
            state.close();
            throw e;
        }
        BucketLog log = new BucketLog(files, directory, settings, clock, state, recovered);
        if (!log.tailTrusted) {
            try {
                log.startSegment();
            } catch (IOException e) {
                LOG.warn(
                        "opened for reading, the next append tries again directory={} cause={}",
                        directory,
                        e.toString());
            }
        }
        return log;
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
        if (closed) {
            throw new IllegalStateException("the log is closed: " + directory);
        }
        if (group.isEmpty() || group.get(group.size() - 1).header().continues()) {
            throw new IllegalArgumentException(
                    "a group is some batches and ends with a whole request: " + group.size());
        }
        long bytes =
                group.stream().mapToLong(batch -> batch.header().totalBytes()).sum();
        rollBefore(bytes);
        long baseOffset = endOffset;
        long timestampMs = Math.max(clock.millis(), lastTimestampMs);
        stamp(group, leaderEpoch, timestampMs);
        Segment segment = segments.get(segments.size() - 1);
        write(segment, group);
        publish(segment, group, leaderEpoch, timestampMs);
        return baseOffset;
    }

    private void rollBefore(long bytes) throws IOException {
        if (!tailTrusted) {
            startSegment();
            return;
        }
        SegmentExtent extent = segments.get(segments.size() - 1).extent();
        boolean full = extent.endPosition() + bytes > settings.segmentBytes();
        if (!extent.isEmpty() && (full || isOld(extent))) {
            startSegment();
        }
    }

    private boolean isOld(SegmentExtent extent) {
        return !extent.isEmpty()
                && clock.millis() - extent.firstTimestampMs()
                        >= settings.segmentAge().toMillis();
    }

    private void stamp(List<StoredBatch> group, int leaderEpoch, long timestampMs) {
        int rowsBefore = 0;
        for (StoredBatch batch : group) {
            batch.stamp(endOffset + rowsBefore, leaderEpoch, timestampMs, rowsBefore);
            rowsBefore = Math.addExact(rowsBefore, batch.header().rowCount());
        }
    }

    /** Writes and syncs. Whatever goes wrong, bytes that were not acknowledged are never appended to. */
    private void write(Segment segment, List<StoredBatch> group) throws IOException {
        StoredFile out = openTail();
        List<ByteBuffer> bytes = group.stream().map(StoredBatch::bytes).toList();
        long position = segment.extent().endPosition();
        tailTrusted = false;
        try {
            out.write(bytes, position);
        } catch (IOException e) {
            cutBack(out, position);
            throw e;
        }
        try {
            out.sync();
        } catch (DiskFullException e) {
            // The whole group is in the file: only where it is cut off again, nothing of it can come back after a
            // crash.
            cutBack(out, position);
            throw tailTrusted ? e : new IOException("no space left on sync, and the write could not be undone", e);
        }
        tailTrusted = true;
    }

    private StoredFile openTail() throws IOException {
        if (tail == null) {
            throw new IOException("no segment to write to: " + directory);
        }
        return tail;
    }

    /** The cut is synced before the place is used again: else a crash could show new bytes in front of old ones. */
    private void cutBack(StoredFile out, long position) {
        try {
            out.truncate(position);
            out.sync();
            tailTrusted = true;
        } catch (IOException e) {
            LOG.warn(
                    "failed write not undone, going on in a new segment directory={} cause={}",
                    directory,
                    e.toString());
        }
    }

    private void publish(Segment segment, List<StoredBatch> group, int leaderEpoch, long timestampMs)
            throws IOException {
        SegmentExtent extent = segment.extent();
        SparseIndex index = segment.index(openTail());
        for (StoredBatch batch : group) {
            if (batch.header().rowCount() > 0) {
                index.offer(batch.header().baseOffset(), extent.endPosition(), timestampMs);
            }
            extent = extent.with(
                    batch.header().nextOffset(),
                    extent.endPosition() + batch.header().totalBytes(),
                    timestampMs,
                    leaderEpoch);
            for (WriterEntry entry : batch.writers()) {
                writers.applied(entry, batch.header().baseOffset());
            }
        }
        segment.moveTo(extent);
        endsWithoutRows = group.get(group.size() - 1).header().rowCount() == 0;
        lastTimestampMs = timestampMs;
        lastLeaderEpoch = Math.max(lastLeaderEpoch, leaderEpoch);
        endOffset = extent.endOffset();
        state.remember(extent.endOffset(), segment.baseOffset(), extent.endPosition(), lastLeaderEpoch);
    }

    /**
     * Makes an empty segment at the end offset the one that is appended to. The former one ends there from then on, whatever its file
     * holds behind; batches of no rows that it ends with are not read again, and where it holds nothing else, its file is replaced. So
     * what they remember goes to the {@code .writers} file of the new segment before that is there. Where this fails, no segment
     * is appended to until a later try succeeds.
     */
    private void startSegment() throws IOException {
        boolean onlyHere = endsWithoutRows;
        if (onlyHere) {
            writeWriters();
            // The noted end may be a place in the file that is replaced, and must not be taken for one in the new file.
            state.remember(endOffset, -1, 0, lastLeaderEpoch);
            state.moveStart(startOffset);
        }
        Path path = directory.resolve(SegmentFiles.name(endOffset, SegmentFiles.LOG));
        StoredFile fresh = createFile(path);
        Segment next = Segment.active(
                files,
                path,
                endOffset,
                settings.indexIntervalBytes(),
                SegmentExtent.empty(endOffset),
                new SparseIndex(settings.indexIntervalBytes()),
                fresh);
        List<Segment> with = new ArrayList<>(segments);
        Segment former = with.isEmpty() ? null : with.get(with.size() - 1);
        if (former != null && former.baseOffset() == endOffset) {
            with.remove(with.size() - 1);
        }
        with.add(next);
        StoredFile formerTail = tail;
        segments = List.copyOf(with);
        tail = fresh;
        tailTrusted = true;
        endsWithoutRows = false;
        settleWriters(onlyHere);
        if (former != null && former.baseOffset() < endOffset) {
            Recovery.writeIndex(former);
        }
        if (former != null && formerTail != null) {
            former.release();
        }
    }

    /** A new file under a temporary name first: one of this name may be left from a failed try, with bytes nobody may see again. */
    private StoredFile createFile(Path path) throws IOException {
        Path temporary = SegmentFiles.temporary(path);
        files.delete(temporary);
        StoredFile fresh = files.create(temporary);
        // From the move on the former segment ends here even if this fails: recovery would not look behind the new
        // name.
        tailTrusted = false;
        try {
            files.move(temporary, path);
            files.syncDirectory(directory);
            return fresh;
        } catch (IOException e) {
            fresh.close();
            throw e;
        }
    }

    private void writeWriters() throws IOException {
        SegmentFiles.replace(
                files,
                directory.resolve(SegmentFiles.name(endOffset, SegmentFiles.WRITERS)),
                new WritersFile(endOffset, lastTimestampMs, lastLeaderEpoch, writers).encode());
    }

    private void settleWriters(boolean written) {
        try {
            if (!written) {
                writeWriters();
            }
            if (writersBase >= 0 && writersBase != endOffset) {
                files.delete(directory.resolve(SegmentFiles.name(writersBase, SegmentFiles.WRITERS)));
            }
            writersBase = endOffset;
        } catch (IOException e) {
            LOG.warn(
                    "writers not written, they will be read from the segments directory={} cause={}",
                    directory,
                    e.toString());
        }
    }

    /** First offset that readers find, on this disk or on the object store. */
    public long startOffset() {
        return startOffset;
    }

    /** First offset on this disk. Reads below it go to the object store, and may take long. */
    public long localStartOffset() {
        throw new UnsupportedOperationException("spine: log");
    }

    /** Past the last row on the object store; where there is nothing, {@link #localStartOffset}. */
    public long remoteEndOffset() {
        throw new UnsupportedOperationException("spine: log");
    }

    /** Bytes of segments on the object store. */
    public long remoteBytes() {
        throw new UnsupportedOperationException("spine: log");
    }

    /**
     * Says which segments are on the object store; again whenever the manifest has changed. Belongs to the appending thread.
     *
     * @param remote in order and without holes between them; where a hole parts them from this disk, they are not shown
     */
    public void showRemote(List<RemoteSegment> remote, RemoteFiles remoteFiles) {
        throw new UnsupportedOperationException("spine: log");
    }

    /** Sealed segments of this disk that are not on the object store yet, oldest first; each begins where the one before ends. */
    public List<SealedSegment> toUpload() {
        throw new UnsupportedOperationException("spine: log");
    }

    /** Opens a sealed segment for its upload. @throws java.nio.file.NoSuchFileException where retention took it meanwhile */
    public SegmentBody body(SealedSegment segment) throws IOException {
        throw new UnsupportedOperationException("spine: log");
    }

    /**
     * Seals the active segment if it holds rows: appends go on in a new one. Belongs to the appending thread.
     *
     * @return the end offset, up to which all is in sealed segments now
     */
    public long seal() throws IOException {
        throw new UnsupportedOperationException("spine: log");
    }

    /**
     * Deletes sealed segments from this disk that are on the object store, all but the newest {@code keptSegments} sealed ones. Belongs to the
     * appending thread; does nothing once the log is closed.
     *
     * @param keepFrom segments that hold this offset or later ones stay
     */
    public void trim(int keptSegments, long keepFrom) throws IOException {
        throw new UnsupportedOperationException("spine: log");
    }

    /**
     * First offset that retention by age or size leaves of what is on the object store; {@link #startOffset} where nothing is to go.
     *
     * @param keepFrom segments that hold this offset or later ones stay
     */
    public long remoteExpiry(long keepFrom) {
        throw new UnsupportedOperationException("spine: log");
    }

    /**
     * Makes the directory of a log that begins where the remote segments end, with the writers' memory as of there; durable when it returns.
     * Blocks on the object store.
     *
     * @param directory does not exist
     * @param remote in order, without holes; may be empty
     */
    public static void restore(FileStore files, Path directory, List<RemoteSegment> remote, RemoteFiles remoteFiles)
            throws IOException {
        throw new UnsupportedOperationException("spine: log");
    }

    /** Offset past the last durable row: the high watermark of a bucket with local durability. */
    public long endOffset() {
        return endOffset;
    }

    /** Where the segment begins that is appended to: what is before it is sealed. */
    public long activeBaseOffset() {
        List<Segment> now = segments;
        return now.isEmpty() ? endOffset : now.get(now.size() - 1).baseOffset();
    }

    /** Highest leader epoch found in the log, 0 when empty. */
    public int lastLeaderEpoch() {
        return lastLeaderEpoch;
    }

    /** Bytes in all segments. */
    public long sizeInBytes() {
        return segments.stream().mapToLong(s -> s.extent().endPosition()).sum();
    }

    /** What the writers did, as of {@link #endOffset()}. Belongs to the appending thread. */
    public WriterHistory writers() {
        return writers;
    }

    public List<Corruption> corruptions() {
        List<Corruption> all = new ArrayList<>();
        if (lostAtStart != null && lostAtStart.toOffset() > startOffset) {
            all.add(lostAtStart.in(lostAtStart.fromOffset()));
        }
        for (Segment segment : segments) {
            segment.gaps().forEach(gap -> all.add(gap.in(segment.baseOffset())));
        }
        return all;
    }

    /** @throws io.weir.codec.WeirException OFFSET_OUT_OF_RANGE with the valid range when below the start or past the end */
    public LogCursor read(long fromOffset) throws IOException {
        long end = endOffset;
        List<Segment> now = segments;
        long start = startOffset;
        if (fromOffset < start || fromOffset > end) {
            throw new WeirException(
                    ErrorCode.OFFSET_OUT_OF_RANGE,
                    "offset %d is outside the log, which holds [%d, %d)".formatted(fromOffset, start, end));
        }
        if (lostAtStart != null && fromOffset < lostAtStart.toOffset()) {
            throw new WeirException(
                    ErrorCode.CORRUPT_DATA,
                    "segments are missing: fromOffset=%d toOffset=%d; read on from toOffset"
                            .formatted(fromOffset, lostAtStart.toOffset()));
        }
        return new SegmentCursor(now, fromOffset, end, this::startOffset);
    }

    /** Offset of the first batch committed at or after the time; the end offset when there is none. */
    public long offsetAt(long timestampMs) throws IOException {
        long end = endOffset;
        for (Segment segment : segments) {
            if (segment.extent().lastTimestampMs() >= timestampMs) {
                // Retention moves the start before it takes the segments out of the list.
                return Math.max(offsetAt(timestampMs, segment, end), startOffset);
            }
        }
        return end;
    }

    private long offsetAt(long timestampMs, Segment segment, long end) throws IOException {
        long from = near(timestampMs, segment);
        try (LogCursor cursor = new SegmentCursor(segments, from, end, this::startOffset)) {
            LogBatch batch = nextUndamaged(cursor);
            while (batch != null && batch.header().commitTimestampMs() < timestampMs) {
                batch = nextUndamaged(cursor);
            }
            return batch == null ? end : batch.header().baseOffset();
        }
    }

    private static long near(long timestampMs, Segment segment) throws IOException {
        StoredFile file;
        try {
            file = segment.acquire();
        } catch (NoSuchFileException e) {
            // Deleted meanwhile; the cursor goes on behind it.
            return segment.baseOffset();
        }
        try {
            SparseIndex.Entry near = segment.index(file).before(timestampMs);
            return near == null ? segment.baseOffset() : near.offset();
        } finally {
            segment.release();
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

    /**
     * Rolls the active segment if it is old enough, then deletes sealed segments by age and total size, oldest first.
     *
     * @param keepFrom segments that hold this offset or later ones stay, whatever their age; {@link Long#MAX_VALUE} keeps none for that
     */
    public void applyRetention(long keepFrom) throws IOException {
        IOException notRolled = null;
        if (tailTrusted && isOld(segments.get(segments.size() - 1).extent())) {
            try {
                startSegment();
            } catch (IOException e) {
                // A full disk is what deleting helps against.
                notRolled = e;
            }
        }
        deleteOld(keepFrom);
        if (notRolled != null) {
            throw notRolled;
        }
    }

    private void deleteOld(long keepFrom) throws IOException {
        List<Segment> now = segments;
        int deleted = 0;
        long bytes = sizeInBytes();
        while (deleted < now.size() - 1
                && now.get(deleted).extent().endOffset() <= keepFrom
                && mayDelete(now.get(deleted), bytes)) {
            bytes -= now.get(deleted).extent().endPosition();
            deleted++;
        }
        if (deleted > 0) {
            deleteSegments(now, deleted);
        }
    }

    /** Segments that the writers' memory would have to be rebuilt from stay until a newer {@code .writers} file is there. */
    private boolean mayDelete(Segment segment, long bytesInLog) {
        long ttlMs = settings.ttl().toMillis();
        boolean old = ttlMs > 0 && segment.extent().lastTimestampMs() < clock.millis() - ttlMs;
        boolean tooMuch = settings.retainedBytes() > 0 && bytesInLog > settings.retainedBytes();
        return (old || tooMuch) && segment.baseOffset() < writersBase;
    }

    private void deleteSegments(List<Segment> now, int count) throws IOException {
        long newStart = now.get(count).baseOffset();
        state.moveStart(newStart);
        startOffset = newStart;
        segments = List.copyOf(now.subList(count, now.size()));
        for (Segment segment : now.subList(0, count)) {
            LOG.info(
                    "segment deleted path={} endOffset={}",
                    segment.path(),
                    segment.extent().endOffset());
            files.delete(segment.path());
            files.delete(segment.indexPath());
        }
    }

    /** New settings after a change of the table's properties; for the next append or retention. */
    public void reconfigure(LogSettings settings) {
        this.settings = settings;
    }

    /** Cursors that are open stay readable. */
    @Override
    public void close() throws IOException {
        closed = true;
        if (tail != null) {
            tail = null;
            tailTrusted = false;
            segments.get(segments.size() - 1).release();
        }
        state.close();
    }
}
