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
 * The log of one bucket: its segments on the object store, and behind them those on this node's disk: a directory of segments
 * {@code <base offset, 20 digits>.log} with a sparse index {@code .index} beside each (rebuilt when missing or wrong) and the writers'
 * memory at the segment's start in {@code .writers}. What is on the object store is the manifest's to say ({@link #showRemote}).
 *
 * <p>Threads: one appender at a time ({@link #append}, {@link #applyRetention}, {@link #seal}, {@link #trim}, {@link #showRemote},
 * {@link #close}); any number of readers meanwhile.
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
    private final WriterHistory writers;
    private final WritersFiles writersFiles;
    private volatile LogSettings settings;

    // The appender's own.
    private @Nullable StoredFile tail;
    private boolean tailTrusted;
    private boolean closed;
    /** The last segment ends with a batch of no rows. */
    private boolean endsWithoutRows;

    private long lastTimestampMs;

    // Written by the appender, in an order that lets readers take them without a lock: tiers, then endOffset.
    private volatile Tiers tiers;
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
        this.writers = recovered.writers();
        this.tail = recovered.tail();
        this.tailTrusted = recovered.tail() != null;
        this.writersFiles = new WritersFiles(files, directory, recovered.writersFiles(), recovered.writersBase());
        // Perhaps: nobody counted while the segment was read.
        this.endsWithoutRows = !recovered.segments().isEmpty();
        this.lastTimestampMs = recovered.lastTimestampMs();
        this.tiers =
                new Tiers(RemotePart.UNKNOWN, recovered.segments(), recovered.startOffset(), recovered.lostAtStart());
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
        Segment segment = active();
        write(segment, group);
        publish(segment, group, leaderEpoch, timestampMs);
        return baseOffset;
    }

    private void rollBefore(long bytes) throws IOException {
        if (!tailTrusted) {
            roll();
            return;
        }
        SegmentExtent extent = active().extent();
        boolean full = extent.endPosition() + bytes > settings.segmentBytes();
        if (!extent.isEmpty() && (full || isOld(extent))) {
            roll();
        }
    }

    private Segment active() {
        List<Segment> local = tiers.local();
        return local.get(local.size() - 1);
    }

    private void roll() throws IOException {
        startSegment();
        forgetWriters();
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
            state.moveStart(state.note().startOffset());
        }
        Path path = directory.resolve(SegmentFiles.name(endOffset, SegmentFiles.LOG));
        StoredFile fresh = createFile(path);
        Segment next = Segment.active(
                new SegmentSource.OnDisk(files, path),
                endOffset,
                settings.indexIntervalBytes(),
                SegmentExtent.empty(endOffset),
                new SparseIndex(settings.indexIntervalBytes()),
                fresh);
        List<Segment> with = new ArrayList<>(tiers.local());
        Segment former = with.isEmpty() ? null : with.get(with.size() - 1);
        if (former != null && former.baseOffset() == endOffset) {
            with.remove(with.size() - 1);
        }
        with.add(next);
        StoredFile formerTail = tail;
        tiers = tiers.withLocal(with);
        tail = fresh;
        tailTrusted = true;
        endsWithoutRows = false;
        settleWriters(onlyHere);
        if (former != null && former.baseOffset() < endOffset) {
            Recovery.writeIndex(files, directory, former);
        }
        if (former != null && formerTail != null) {
            former.release(formerTail);
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
        writersFiles.write(new WritersFile(endOffset, lastTimestampMs, lastLeaderEpoch, writers));
    }

    private void settleWriters(boolean written) {
        try {
            if (!written) {
                writeWriters();
            }
            writersFiles.settle(endOffset);
        } catch (IOException e) {
            LOG.warn(
                    "writers not written, they will be read from the segments directory={} cause={}",
                    directory,
                    e.toString());
        }
    }

    /** Uploads need the writers' memory at the end of each segment that is not on the object store yet. */
    private void forgetWriters() {
        Tiers now = tiers;
        boolean uploads = now.remote() != RemotePart.UNKNOWN;
        writersFiles.deleteUpTo(uploads ? Math.max(now.remote().endOffset(), now.localStartOffset()) : Long.MAX_VALUE);
    }

    /** First offset that readers find, on this disk or on the object store. */
    public long startOffset() {
        return tiers.startOffset();
    }

    /** First offset on this disk. Reads below it go to the object store, and may take long. */
    public long localStartOffset() {
        return tiers.localStartOffset();
    }

    /** Past the last row on the object store; where there is nothing, {@link #localStartOffset}. */
    public long remoteEndOffset() {
        Tiers now = tiers;
        return now.remote().isEmpty() ? now.localStartOffset() : now.remote().endOffset();
    }

    /** Bytes of segments on the object store. */
    public long remoteBytes() {
        return tiers.remote().bytes();
    }

    /**
     * Says which segments are on the object store; again whenever the manifest has changed. Belongs to the appending thread; does nothing
     * once the log is closed.
     *
     * @param remote in order and without holes between them; where a hole parts them from this disk, they are not shown
     */
    public void showRemote(List<RemoteSegment> remote, RemoteFiles remoteFiles) {
        if (closed) {
            return;
        }
        Tiers now = tiers;
        tiers = now.withRemote(now.remote().with(remote, remoteFiles, settings.indexIntervalBytes()));
        forgetWriters();
    }

    /**
     * Sealed segments of this disk that are not on the object store yet, oldest first; each begins where the one before ends. Where the
     * first one begins past {@link #remoteEndOffset}, retention took what was between, and what is on the object store has to go first
     * ({@link #remoteExpiry}).
     */
    public List<SealedSegment> toUpload() {
        return tiers.toUpload();
    }

    /** Opens a sealed segment for its upload. @throws java.nio.file.NoSuchFileException where retention took it meanwhile */
    public SegmentBody body(SealedSegment wanted) throws IOException {
        for (Segment segment : tiers.sealed()) {
            if (segment.baseOffset() == wanted.baseOffset() && segment.extent().endOffset() == wanted.endOffset()) {
                return SegmentBody.open(segment, files, WritersFiles.path(directory, wanted.endOffset()));
            }
        }
        throw new NoSuchFileException(SegmentFiles.name(wanted.baseOffset(), SegmentFiles.LOG));
    }

    /**
     * Seals the active segment if it holds rows: appends go on in a new one. Belongs to the appending thread; does nothing once the log
     * is closed.
     *
     * @return the end offset, up to which all is in sealed segments now
     */
    public long seal() throws IOException {
        boolean holdsRows = tiers.local().isEmpty() || active().baseOffset() < endOffset;
        if (!closed && holdsRows) {
            roll();
        }
        return endOffset;
    }

    /**
     * Deletes sealed segments from this disk that are on the object store, all but the newest {@code keptSegments} sealed ones. Belongs to the
     * appending thread; does nothing once the log is closed.
     *
     * @param keepFrom segments that hold this offset or later ones stay
     */
    public void trim(int keptSegments, long keepFrom) throws IOException {
        if (closed) {
            return;
        }
        Tiers now = tiers;
        List<Segment> sealed = now.sealed();
        int trimmed = 0;
        while (trimmed < sealed.size() - keptSegments
                && sealed.get(trimmed).extent().endOffset() <= keepFrom
                && now.remote().holds(sealed.get(trimmed))) {
            trimmed++;
        }
        deleteSegments(now, trimmed, "on the object store");
    }

    /**
     * First offset that retention by age or size leaves of what is on the object store: remote segments that end at or before it are to go.
     * {@link #startOffset} where none are. The newest one with the writers' memory always stays: without it, a log on an empty disk would use
     * its offsets again.
     *
     * @param keepFrom segments that hold this offset or later ones stay
     */
    public long remoteExpiry(long keepFrom) {
        return tiers.remoteExpiry(new Retention(settings, clock.millis()), keepFrom);
    }

    /**
     * Makes the directory of a log that begins where the remote segments end, with the writers' memory as of there; durable when it returns.
     * Blocks on the object store. What a failure leaves is to be deleted.
     *
     * @param directory does not exist
     * @param remote in order, without holes; may be empty
     * @param remoteEnd past the last row that was ever there: where {@code remote} is empty, the log begins there, since no offset is used for
     *     two rows
     */
    public static void restore(
            FileStore files, Path directory, List<RemoteSegment> remote, long remoteEnd, RemoteFiles remoteFiles)
            throws IOException {
        new LogRestore(remote, remoteEnd, remoteFiles).into(files, directory);
    }

    /** Offset past the last durable row: the high watermark of a bucket with local durability. */
    public long endOffset() {
        return endOffset;
    }

    /** Where the segment begins that is appended to: what is before it is sealed. */
    public long activeBaseOffset() {
        List<Segment> local = tiers.local();
        return local.isEmpty() ? endOffset : local.get(local.size() - 1).baseOffset();
    }

    /** Highest leader epoch found in the log, 0 when empty. */
    public int lastLeaderEpoch() {
        return lastLeaderEpoch;
    }

    /** Bytes in all segments of this disk. */
    public long sizeInBytes() {
        return tiers.local().stream().mapToLong(s -> s.extent().endPosition()).sum();
    }

    /** What the writers did, as of {@link #endOffset()}. Belongs to the appending thread. */
    public WriterHistory writers() {
        return writers;
    }

    public List<Corruption> corruptions() {
        return tiers.corruptions();
    }

    /**
     * Blocks on the object store where it begins below {@link #localStartOffset}.
     *
     * @throws io.weir.codec.WeirException OFFSET_OUT_OF_RANGE with the valid range when below the start or past the end
     */
    public LogCursor read(long fromOffset) throws IOException {
        long end = endOffset;
        Tiers now = tiers;
        long start = now.startOffset();
        if (fromOffset < start || fromOffset > end) {
            throw new WeirException(
                    ErrorCode.OFFSET_OUT_OF_RANGE,
                    "offset %d is outside the log, which holds [%d, %d)".formatted(fromOffset, start, end));
        }
        Gap lost = now.lost();
        if (lost != null && lost.fromOffset() <= fromOffset && fromOffset < lost.toOffset()) {
            throw new WeirException(
                    ErrorCode.CORRUPT_DATA,
                    "segments are missing: fromOffset=%d toOffset=%d; read on from toOffset"
                            .formatted(fromOffset, lost.toOffset()));
        }
        return new SegmentCursor(now.segments(), fromOffset, end, () -> tiers);
    }

    /** Offset of the first batch committed at or after the time; the end offset when there is none. May block as {@link #read}. */
    public long offsetAt(long timestampMs) throws IOException {
        return new OffsetSearch(() -> tiers, endOffset).atOrAfter(timestampMs);
    }

    /**
     * Rolls the active segment if it is old enough, then deletes sealed segments by age and total size, oldest first: from this disk, whether
     * they are on the object store or not; what is to go there, {@link #remoteExpiry} says.
     *
     * @param keepFrom segments that hold this offset or later ones stay, whatever their age; {@link Long#MAX_VALUE} keeps none for that
     */
    public void applyRetention(long keepFrom) throws IOException {
        IOException notRolled = null;
        if (tailTrusted && isOld(active().extent())) {
            try {
                roll();
            } catch (IOException e) {
                // A full disk is what deleting helps against.
                notRolled = e;
            }
        }
        Tiers now = tiers;
        int expired = new Retention(settings, clock.millis()).expired(now.segments(), keepFrom);
        deleteSegments(now, expired - now.remoteShown(), "retention");
        if (notRolled != null) {
            throw notRolled;
        }
    }

    /**
     * Bytes of segments, wherever they are, that are too old or too much and stay only because of the lake.
     *
     * @param keepFrom segments that hold this offset or later ones stay anyway
     * @param lakeOffset segments that hold this offset or later ones stay because of the lake
     */
    public long heldBackBytes(long keepFrom, long lakeOffset) {
        return new Retention(settings, clock.millis()).heldBackBytes(tiers.segments(), keepFrom, lakeOffset);
    }

    /** Segments that the writers' memory would have to be rebuilt from stay until a newer {@code .writers} file is there. */
    private void deleteSegments(Tiers now, int wanted, String why) throws IOException {
        List<Segment> local = now.local();
        int count = 0;
        while (count < wanted && local.get(count).baseOffset() < writersFiles.newest()) {
            count++;
        }
        if (count == 0) {
            return;
        }
        state.moveStart(local.get(count).baseOffset());
        tiers = now.withoutLocal(count);
        forgetWriters();
        for (Segment segment : local.subList(0, count)) {
            LOG.info(
                    "segment deleted path={} endOffset={} why={}",
                    segment,
                    segment.extent().endOffset(),
                    why);
            files.delete(directory.resolve(SegmentFiles.name(segment.baseOffset(), SegmentFiles.LOG)));
            files.delete(directory.resolve(SegmentFiles.name(segment.baseOffset(), SegmentFiles.INDEX)));
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
        StoredFile open = tail;
        if (open != null) {
            tail = null;
            tailTrusted = false;
            active().release(open);
        }
        state.close();
    }
}
