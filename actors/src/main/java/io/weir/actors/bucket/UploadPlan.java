package io.weir.actors.bucket;

import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.log.SealedSegment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Decides what an {@link Uploader} does next, from what the manifest and the log say now. What an earlier leader began is neither known nor
 * needed: whatever the manifest does not name was not done. Confined to its uploader.
 *
 * <p>In this order: the copy of a changed manifest, since only what is in it survives the loss of the journal; letting old segments go,
 * which is cheap; a KV snapshot that was taken, since it holds space on the disk; one that is due; the oldest segment that waits.
 */
final class UploadPlan {
    /** Manifests of so many segments are copied after each change. */
    private static final int COPIED_AT_ONCE_MAX = 1000;

    private static final long COPY_PAUSE_MAX_MS = 30_000;

    /** From when on the interval counts where there is no snapshot yet. */
    private long startedMs;

    private long copiedVersion = -1;
    private long copiedMs = Long.MIN_VALUE / 2;
    private int failures;
    private int snapshotFailures;
    private long noSnapshotBeforeMs;

    /**
     * What the log says.
     *
     * @param waiting sealed segments that are not on the object store, oldest first
     * @param expiredBelow segments of the object store that end here or before are too old
     * @param inLake rows before it may go: they are in the lake, or the table does not go there and this is {@link Long#MAX_VALUE}
     * @param localStart first offset on this disk, or that should be
     * @param sealedEnd what is before it is in sealed segments
     */
    record LogView(
            List<SealedSegment> waiting,
            long expiredBelow,
            long inLake,
            long localStart,
            long sealedEnd,
            long endOffset) {
        static final LogView NOTHING = new LogView(List.of(), 0, 0, 0, 0, 0);

        LogView {
            waiting = List.copyOf(waiting);
        }
    }

    sealed interface Step {}

    record CopyManifest(Manifest manifest) implements Step {}

    /** @param below what the manifest is told to let go of */
    record RemoveSegments(long below) implements Step {}

    record UploadSegment(SealedSegment segment) implements Step {}

    record TakeSnapshot(long takenMs) implements Step {}

    /** Of the snapshot that was taken. */
    enum UploadSnapshot implements Step {
        INSTANCE
    }

    /** The log up to the snapshot that was taken is gone from here before it was uploaded. */
    enum DropSnapshot implements Step {
        INSTANCE
    }

    /**
     * Of what is on the object store, since a hole parts it from this disk: rows that were too old before they were uploaded, while the
     * store was away, or while the node had none.
     */
    enum DropAll implements Step {
        INSTANCE
    }

    /** Nothing can be uploaded as things are. */
    record Fail(String why) implements Step {}

    /** Nothing to do before a time, ms, or before the log changes. */
    record Rest(long untilMs) implements Step {}

    /**
     * @param nowMs when the bucket starts to lead
     * @param endOffset of its log then: where it has rows and no snapshot, one is due at once, else a bucket that soon idles again would
     *     never have any
     */
    UploadPlan(long nowMs, long endOffset) {
        this.startedMs = endOffset > 0 ? 0 : nowMs;
    }

    /**
     * @param snapshotInterval zero for a table that takes none
     * @param taken offset of the snapshot that was taken and waits to be uploaded, or -1
     */
    Step next(long nowMs, Manifest manifest, LogView log, Duration snapshotInterval, long taken) {
        boolean empty = isEmpty(manifest) && manifest.remoteEnd() == 0;
        boolean copied = empty || copiedVersion == manifest.version();
        long copyDue = copied ? Long.MAX_VALUE : copyDueMs(nowMs, manifest);
        if (copyDue <= nowMs) {
            return new CopyManifest(manifest);
        }
        long below = removable(manifest, log.expiredBelow());
        if (below > 0) {
            return new RemoveSegments(below);
        }
        if (taken >= 0) {
            return towardsSnapshot(manifest, log, taken);
        }
        long due = snapshotDueMs(nowMs, manifest, log, snapshotInterval);
        if (due <= nowMs) {
            return new TakeSnapshot(newestSnapshot(manifest)
                    .map(newest -> Math.max(nowMs, newest.takenMs() + 1))
                    .orElse(nowMs));
        }
        if (!log.waiting().isEmpty()) {
            return upload(manifest, log);
        }
        return new Rest(Math.min(due, copyDue));
    }

    /** A copy is of all of the manifest: a long one is not copied anew for each segment of many. */
    private long copyDueMs(long nowMs, Manifest manifest) {
        int segments = manifest.segments().size();
        long pauseMs = segments <= COPIED_AT_ONCE_MAX ? 0 : Math.min(COPY_PAUSE_MAX_MS, segments * 3L);
        return nowMs < copiedMs ? nowMs : copiedMs + pauseMs;
    }

    /** The newest segment stays, however old: a log that is restored begins with the writers' memory in it. */
    private static long removable(Manifest manifest, long expiredBelow) {
        List<RemoteSegment> segments = manifest.segments();
        return segments.stream()
                .limit(Math.max(0, segments.size() - 1))
                .mapToLong(RemoteSegment::endOffset)
                .filter(end -> end <= expiredBelow)
                .max()
                .orElse(0);
    }

    private static Step towardsSnapshot(Manifest manifest, LogView log, long taken) {
        if (manifest.remoteEnd() >= taken) {
            return UploadSnapshot.INSTANCE;
        }
        return log.waiting().isEmpty() ? DropSnapshot.INSTANCE : upload(manifest, log);
    }

    private static Step upload(Manifest manifest, LogView log) {
        SealedSegment segment = log.waiting().get(0);
        long end = manifest.remoteEnd();
        if (segment.baseOffset() < end) {
            return new Fail("the log has a segment [%d, %d), but on the object store it ends at offset %d"
                    .formatted(segment.baseOffset(), segment.endOffset(), end));
        }
        if (segment.baseOffset() == end || isEmpty(manifest)) {
            return new UploadSegment(segment);
        }
        // Retention leaves a hole only together with all that is older. What got lost otherwise costs nothing on the
        // store.
        if (log.localStart() < segment.baseOffset()) {
            return new Fail("rows from offset %d to %d were not uploaded and are not on this disk any more"
                    .formatted(end, segment.baseOffset()));
        }
        return end <= log.inLake()
                ? DropAll.INSTANCE
                : new Fail(
                        "rows from offset %d to %d were too old before they were uploaded; those before them on the object store stay until the lake, which has rows up to %d, is past them"
                                .formatted(end, segment.baseOffset(), log.inLake()));
    }

    private static boolean isEmpty(Manifest manifest) {
        return manifest.segments().isEmpty() && manifest.snapshots().isEmpty();
    }

    /** When the next snapshot is due, ms; {@link Long#MAX_VALUE} for never. */
    private long snapshotDueMs(long nowMs, Manifest manifest, LogView log, Duration interval) {
        if (interval.isZero()) {
            return Long.MAX_VALUE;
        }
        Optional<KvSnapshot> newest = newestSnapshot(manifest);
        boolean unchanged = log.endOffset() == newest.map(KvSnapshot::offset).orElse(0L);
        // Taken while uploads fail, it would seal a small segment with each try, and hold its files meanwhile.
        boolean failing = failures > 0 && !log.waiting().isEmpty();
        if (unchanged || failing || !uploadable(manifest, log)) {
            return nowMs + interval.toMillis();
        }
        // A clock that went back must not put it off for long.
        long since =
                newest.map(KvSnapshot::takenMs).map(ms -> Math.min(ms, nowMs)).orElse(startedMs);
        return Math.max(since + interval.toMillis(), noSnapshotBeforeMs);
    }

    /** Whether the log up to its end could be on the object store, which a snapshot needs. */
    private static boolean uploadable(Manifest manifest, LogView log) {
        return !log.waiting().isEmpty() || log.sealedEnd() < log.endOffset() || manifest.remoteEnd() == log.endOffset();
    }

    private static Optional<KvSnapshot> newestSnapshot(Manifest manifest) {
        List<KvSnapshot> all = manifest.snapshots();
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
    }

    void copied(Manifest manifest, long nowMs) {
        copiedVersion = manifest.version();
        copiedMs = nowMs;
    }

    /** The KV snapshots went with the rest: until there is a new one, nothing but this disk holds the state. */
    void dropped() {
        startedMs = 0;
    }

    /** @return how many in a row */
    int failed() {
        return ++failures;
    }

    void succeeded() {
        failures = 0;
    }

    /** Its own pauses: what only snapshots fail of holds up no segments. @return how many in a row */
    int snapshotFailed() {
        return ++snapshotFailures;
    }

    void noSnapshotBefore(long ms) {
        noSnapshotBeforeMs = ms;
    }

    void snapshotSucceeded() {
        snapshotFailures = 0;
        noSnapshotBeforeMs = 0;
    }

    /** Nothing waits because of a failure. */
    boolean isWell() {
        return snapshotFailures == 0;
    }
}
