package io.weir.actors.bucket;

import io.weir.persistence.kv.KvSnapshots;
import io.weir.persistence.objects.RemoteTier;

/** What a leading bucket knows of its part of the object store. Thread-safe. */
final class BucketRemote {
    private final RemoteTier tier;
    private final KvSnapshots snapshots;
    private volatile Manifest manifest;

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

    void manifest(Manifest newer) {
        manifest = newer;
    }
}
