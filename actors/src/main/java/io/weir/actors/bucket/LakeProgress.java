package io.weir.actors.bucket;

import io.weir.actors.bucket.BucketStart.OpenBucket;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what tiering workers tell of a bucket's rows in the lake to its manifest, and raises the {@link LakeGuard} when that has it: what a
 * later leader does not know of must not be gone. One command at a time, however slow the journal is; the highest offset told since then
 * follows. Confined to the bucket's actor.
 */
final class LakeProgress {
    private static final Logger LOG = LoggerFactory.getLogger(LakeProgress.class);

    private final ActorContext<Bucket.Command> context;
    private final BucketId bucket;
    private final int leaderEpoch;
    private final LakeGuard guard;
    private final @Nullable BucketRemote remote;
    private final ManifestLink manifests;
    private long told;
    private boolean storing;

    /** @param manifest null where it was not stored, or may have been */
    record Stored(@Nullable Manifest manifest) implements LeadingBucket.Own {}

    LakeProgress(ActorContext<Bucket.Command> context, BucketId bucket, BucketPorts ports, OpenBucket open) {
        this.context = context;
        this.bucket = bucket;
        this.leaderEpoch = open.leaderEpoch();
        this.guard = open.lake();
        this.remote = open.remote();
        this.manifests = new ManifestLink(ports.manifests(), context.getSystem().scheduler());
        this.told = guard.offset();
    }

    LakeGuard guard() {
        return guard;
    }

    /** Told again, told late and told less changes nothing. */
    void advance(Bucket.LakeAdvanced advanced) {
        told = Math.max(told, advanced.lakeOffset());
        store();
    }

    /** At a tick, and when something was told: what could not be stored before is tried again. */
    void store() {
        if (storing || told <= guard.offset()) {
            return;
        }
        storing = true;
        long offset = told;
        context.pipeToSelf(
                manifests.tell(replyTo -> new BucketManifest.AdvanceLake(bucket, leaderEpoch, offset, replyTo)),
                (manifest, failure) -> {
                    if (failure != null) {
                        LOG.info(
                                "bucket {}: lake offset {} is not in the manifest yet, tried again at the next tick: {}",
                                bucket.entityId(),
                                offset,
                                Replies.unwrapped(failure).toString());
                    }
                    return new Stored(manifest);
                });
    }

    void onStored(Stored stored) {
        storing = false;
        Manifest manifest = stored.manifest();
        if (manifest == null) {
            return;
        }
        guard.raise(manifest.lakeOffset());
        if (remote != null) {
            remote.manifest(manifest);
        }
        store();
    }
}
