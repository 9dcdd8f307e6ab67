package io.weir.actors.bucket;

import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.StoredObject;

/** Segments and snapshots of bucket 7-3-0 that were never uploaded. */
final class ManifestSamples {
    static final BucketId BUCKET = new BucketId(7, 3, 0);
    static final BucketManifest.Node NODE = new BucketManifest.Node("node", "host:1");

    private ManifestSamples() {}

    static RemoteSegment segment(long base, long end) {
        return segment(base, end, 1);
    }

    /** @param attempt another one is another object */
    static RemoteSegment segment(long base, long end, long attempt) {
        StoredObject object = new StoredObject(
                RemoteNames.segment(BUCKET.entityId(), base, 1, new RemoteNames.Attempt(1000, attempt)), 1110, 0xCAFE);
        return new RemoteSegment(base, end, 1000, 100, 10, 5, 6, 1, object);
    }

    static KvSnapshot snapshot(long offset, long takenMs) {
        return new KvSnapshot(
                offset,
                takenMs,
                77,
                new StoredObject(RemoteNames.snapshot(BUCKET.entityId(), new RemoteNames.Attempt(takenMs, 1)), 50, -2));
    }
}
