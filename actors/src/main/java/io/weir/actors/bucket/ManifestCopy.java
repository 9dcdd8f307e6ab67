package io.weir.actors.bucket;

import io.weir.actors.json.StrictJson;
import io.weir.codec.WeirException;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.StoredObject;
import java.util.HexFormat;
import java.util.List;

/**
 * The copy of a manifest that lies in the object store as JSON, so that buckets can be found again where the journal is lost. The copy of a
 * version has always the same bytes. docs/formats.md has the fields.
 */
public final class ManifestCopy {
    /** Most bytes of a copy that are read. */
    public static final int BYTES_MAX = 64 << 20;

    /** Of a bucket of which nothing is in the lake: as it was before there was one, so that the copies of its versions keep their bytes. */
    private static final int WITHOUT_LAKE = 1;

    private static final int WITH_LAKE = 2;

    private ManifestCopy() {}

    private record ManifestJson(
            int format,
            String bucket,
            long version,
            int epoch,
            String nodeId,
            String nodeAddress,
            long numbersBelow,
            long remoteEnd,
            List<SegmentJson> segments,
            List<SnapshotJson> snapshots,
            List<LeaseJson> leases) {}

    private record LakeManifestJson(
            int format,
            String bucket,
            long version,
            int epoch,
            String nodeId,
            String nodeAddress,
            long numbersBelow,
            long remoteEnd,
            long lakeOffset,
            List<SegmentJson> segments,
            List<SnapshotJson> snapshots,
            List<LeaseJson> leases) {
        ManifestJson withoutLake() {
            return new ManifestJson(
                    WITHOUT_LAKE,
                    bucket,
                    version,
                    epoch,
                    nodeId,
                    nodeAddress,
                    numbersBelow,
                    remoteEnd,
                    segments,
                    snapshots,
                    leases);
        }
    }

    private record SegmentJson(
            long baseOffset,
            long endOffset,
            long logBytes,
            int indexBytes,
            int writersBytes,
            long firstTimestampMs,
            long lastTimestampMs,
            int leaderEpoch,
            ObjectJson object) {}

    private record SnapshotJson(long offset, long takenMs, long bytes, ObjectJson descriptor) {}

    /** @param crc32c 8 hexadecimal digits */
    private record ObjectJson(String name, long size, String crc32c) {}

    private record LeaseJson(String holder, long takenMs, long untilMs) {}

    public static byte[] encode(BucketId bucket, Manifest manifest) {
        ManifestJson json = json(bucket, manifest);
        return StrictJson.encode(manifest.lakeOffset() == 0 ? json : withLake(json, manifest.lakeOffset()));
    }

    private static ManifestJson json(BucketId bucket, Manifest manifest) {
        return new ManifestJson(
                WITHOUT_LAKE,
                bucket.entityId(),
                manifest.version(),
                manifest.epoch(),
                manifest.node().nodeId(),
                manifest.node().address(),
                manifest.numbersBelow(),
                manifest.remoteEnd(),
                manifest.segments().stream().map(ManifestCopy::json).toList(),
                manifest.snapshots().stream()
                        .map(one -> new SnapshotJson(one.offset(), one.takenMs(), one.bytes(), json(one.descriptor())))
                        .toList(),
                manifest.leases().stream()
                        .map(one -> new LeaseJson(one.holder(), one.takenMs(), one.untilMs()))
                        .toList());
    }

    private static LakeManifestJson withLake(ManifestJson json, long lakeOffset) {
        return new LakeManifestJson(
                WITH_LAKE,
                json.bucket(),
                json.version(),
                json.epoch(),
                json.nodeId(),
                json.nodeAddress(),
                json.numbersBelow(),
                json.remoteEnd(),
                lakeOffset,
                json.segments(),
                json.snapshots(),
                json.leases());
    }

    /** @throws WeirException CORRUPT_DATA where it is not such a copy, or of another bucket */
    public static Manifest decode(BucketId bucket, byte[] json) {
        String what = "the copy of the manifest of bucket " + bucket.entityId();
        if (StrictJson.format(what, json, BYTES_MAX) == WITHOUT_LAKE) {
            ManifestJson copy = StrictJson.decode(what, json, BYTES_MAX, WITHOUT_LAKE, ManifestJson.class);
            return manifest(bucket, what, copy, 0);
        }
        LakeManifestJson copy = StrictJson.decode(what, json, BYTES_MAX, WITH_LAKE, LakeManifestJson.class);
        return manifest(bucket, what, copy.withoutLake(), copy.lakeOffset());
    }

    private static Manifest manifest(BucketId bucket, String what, ManifestJson copy, long lakeOffset) {
        if (!copy.bucket().equals(bucket.entityId())) {
            throw StrictJson.corrupt(what, "it is of bucket " + copy.bucket());
        }
        try {
            Manifest manifest = new Manifest(
                    copy.epoch(),
                    new BucketManifest.Node(copy.nodeId(), copy.nodeAddress()),
                    copy.version(),
                    copy.segments().stream().map(ManifestCopy::segment).toList(),
                    copy.snapshots().stream().map(ManifestCopy::snapshot).toList(),
                    copy.leases().stream()
                            .map(one -> new Manifest.Lease(one.holder(), one.takenMs(), one.untilMs()))
                            .toList(),
                    copy.numbersBelow(),
                    copy.remoteEnd(),
                    lakeOffset);
            new ManifestCheck(manifest, RemoteNames.bucketPrefix(bucket.entityId())).check();
            return manifest;
        } catch (IllegalArgumentException e) {
            throw StrictJson.corrupt(what, String.valueOf(e.getMessage()));
        }
    }

    private static SegmentJson json(RemoteSegment one) {
        return new SegmentJson(
                one.baseOffset(),
                one.endOffset(),
                one.logBytes(),
                one.indexBytes(),
                one.writersBytes(),
                one.firstTimestampMs(),
                one.lastTimestampMs(),
                one.leaderEpoch(),
                json(one.object()));
    }

    private static ObjectJson json(StoredObject object) {
        return new ObjectJson(
                object.name().value(), object.size(), HexFormat.of().toHexDigits(object.crc32c()));
    }

    private static RemoteSegment segment(SegmentJson one) {
        return new RemoteSegment(
                one.baseOffset(),
                one.endOffset(),
                one.logBytes(),
                one.indexBytes(),
                one.writersBytes(),
                one.firstTimestampMs(),
                one.lastTimestampMs(),
                one.leaderEpoch(),
                object(one.object()));
    }

    private static KvSnapshot snapshot(SnapshotJson one) {
        return new KvSnapshot(one.offset(), one.takenMs(), one.bytes(), object(one.descriptor()));
    }

    /** @throws IllegalArgumentException where a part is not what it should be */
    private static StoredObject object(ObjectJson object) {
        if (object.crc32c().length() != 8) {
            throw new IllegalArgumentException("a checksum has 8 hexadecimal digits, not " + object.crc32c());
        }
        return new StoredObject(new ObjectName(object.name()), object.size(), HexFormat.fromHexDigits(object.crc32c()));
    }
}
