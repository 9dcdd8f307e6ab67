package io.weir.actors.bucket;

import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.objects.StoredObject;
import java.util.HashSet;
import java.util.Set;

/** Whether a manifest that was found somewhere fits together, and names only objects of its bucket, each once. */
final class ManifestCheck {
    private final Manifest manifest;
    private final String prefix;
    private final Set<String> objects = new HashSet<>();

    /** @param prefix that the names of the bucket's objects begin with */
    ManifestCheck(Manifest manifest, String prefix) {
        this.manifest = manifest;
        this.prefix = prefix;
    }

    /** @throws IllegalArgumentException saying what is wrong */
    void check() {
        require(manifest.epoch() >= 0, "its epoch is %s", manifest.epoch());
        require(
                manifest.version() >= 0 && manifest.version() < Long.MAX_VALUE,
                "its version is %s",
                manifest.version());
        require(manifest.numbersBelow() >= 0, "its numbers are below %s", manifest.numbersBelow());
        require(manifest.lakeOffset() >= 0, "its lake offset is %s", manifest.lakeOffset());
        long end = checkSegments();
        require(manifest.remoteEnd() >= end, "its segments end at %s, past its end", end);
        require(
                manifest.segments().isEmpty() || manifest.remoteEnd() == end,
                "its segments end at %s, before its end",
                end);
        checkSnapshots();
        Set<String> holders = new HashSet<>();
        for (Manifest.Lease lease : manifest.leases()) {
            require(holders.add(lease.holder()), "'%s' has two leases", lease.holder());
        }
    }

    /** @return past the last row */
    private long checkSegments() {
        long end = -1;
        for (RemoteSegment segment : manifest.segments()) {
            long base = segment.baseOffset();
            require(base >= 0 && (end < 0 || base == end), "a segment begins at %s, not where one ends", base);
            require(segment.endOffset() > base, "a segment ends at %s, where it begins", segment.endOffset());
            require(segment.leaderEpoch() >= 0, "a segment has epoch %s", segment.leaderEpoch());
            long size = checked(segment.object()).size();
            boolean parts = 0 < segment.logBytes() && segment.logBytes() <= size;
            parts &= 0 <= segment.indexBytes() && 0 <= segment.writersBytes();
            require(
                    parts && segment.logBytes() + segment.indexBytes() + segment.writersBytes() == size,
                    "the parts of a segment do not make its object of %s bytes",
                    size);
            end = segment.endOffset();
        }
        return Math.max(end, 0);
    }

    private void checkSnapshots() {
        long offset = manifest.remoteStart();
        Set<Long> times = new HashSet<>();
        for (KvSnapshot snapshot : manifest.snapshots()) {
            checked(snapshot.descriptor());
            require(
                    snapshot.offset() >= offset && snapshot.offset() <= manifest.remoteEnd(),
                    "a KV snapshot is at offset %s, out of order or without its log",
                    snapshot.offset());
            require(snapshot.bytes() >= 0, "a KV snapshot has %s bytes", snapshot.bytes());
            require(times.add(snapshot.takenMs()), "two KV snapshots were taken at %s ms", snapshot.takenMs());
            offset = snapshot.offset();
        }
    }

    private StoredObject checked(StoredObject object) {
        String name = object.name().value();
        require(name.startsWith(prefix), "object '%s' is not of this bucket", name);
        require(objects.add(name), "object '%s' is named twice", name);
        require(object.size() >= 0, "an object has %s bytes", object.size());
        return object;
    }

    private static void require(boolean right, String why, Object value) {
        if (!right) {
            throw new IllegalArgumentException(why.formatted(value));
        }
    }
}
