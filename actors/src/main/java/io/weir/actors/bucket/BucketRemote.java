package io.weir.actors.bucket;

import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.kv.KvSnapshots;
import io.weir.persistence.log.BucketLog;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.log.SealedSegment;
import io.weir.persistence.objects.RemoteTier;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a leading bucket knows of its part of the object store. Thread-safe. */
final class BucketRemote {
    private final RemoteTier tier;
    private final KvSnapshots snapshots;
    private volatile Manifest manifest;
    private volatile @Nullable String problem;
    private volatile boolean ended;

    BucketRemote(RemoteTier tier, KvSnapshots snapshots, Manifest manifest) {
        this.tier = tier;
        this.snapshots = snapshots;
        this.manifest = manifest;
    }

    RemoteTier tier() {
        return tier;
    }

    KvSnapshots snapshots() {
        return snapshots;
    }

    /** As of the last answer. */
    Manifest manifest() {
        return manifest;
    }

    /** Does nothing where a later answer came first. */
    synchronized void manifest(Manifest newer) {
        if (newer.version() >= manifest.version()) {
            manifest = newer;
        }
    }

    /**
     * From which offset on what is on the object store is needed to make a primary-key table's KV state: the oldest snapshot that is kept,
     * without any all of it.
     */
    long neededFrom() {
        List<KvSnapshot> kept = manifest.snapshots();
        return kept.isEmpty() ? 0 : kept.get(0).offset();
    }

    /** @param why nothing can be uploaded now, for people; null where it can */
    void problem(@Nullable String why) {
        problem = why;
    }

    /** The bucket ends: what its uploader still wants of the log is not done any more. */
    void end() {
        ended = true;
    }

    boolean hasEnded() {
        return ended;
    }

    Bucket.RemoteDescription describe(BucketLog log) {
        Manifest now = manifest;
        List<SealedSegment> waiting = waiting(now, log);
        List<KvSnapshot> kept = now.snapshots();
        return new Bucket.RemoteDescription(
                log.localStartOffset(),
                now.remoteEnd(),
                now.segments().stream().mapToLong(BucketRemote::bytes).sum(),
                now.segments().size(),
                kept.isEmpty() ? -1 : kept.get(kept.size() - 1).offset(),
                waiting.size(),
                waiting.stream().mapToLong(SealedSegment::bytes).sum(),
                problem);
    }

    private static long bytes(RemoteSegment segment) {
        return segment.object().size();
    }

    /**
     * Sealed segments that the manifest does not name. The log says nearly the same, but does not know of those that were uploaded and
     * removed.
     */
    static List<SealedSegment> waiting(Manifest manifest, BucketLog log) {
        return log.toUpload().stream()
                .filter(segment -> segment.endOffset() > manifest.remoteEnd())
                .toList();
    }
}
