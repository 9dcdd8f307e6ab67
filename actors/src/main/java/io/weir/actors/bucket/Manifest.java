package io.weir.actors.bucket;

import io.weir.actors.bucket.BucketManifest.Event;
import io.weir.actors.bucket.BucketManifest.LakeAdvanced;
import io.weir.actors.bucket.BucketManifest.LeaderEpochRaised;
import io.weir.actors.bucket.BucketManifest.Restored;
import io.weir.actors.bucket.BucketManifest.SegmentAdded;
import io.weir.actors.bucket.BucketManifest.SegmentsRemoved;
import io.weir.actors.bucket.BucketManifest.SnapshotAdded;
import io.weir.actors.bucket.BucketManifest.SnapshotLeased;
import io.weir.actors.bucket.BucketManifest.SnapshotReleased;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The control state of one bucket: who leads it, and what of it is on the object store. An object is live only when it is named here.
 *
 * @param epoch 0 when nobody ever led; then the node says nothing
 * @param node that led last; its id is empty where the rows are nowhere but on the object store
 * @param version grows by one with each event
 * @param segments in order, without holes
 * @param snapshots oldest first
 * @param numbersBelow every number of the auto-increment column in what was uploaded is below this; 0 for none
 * @param remoteEnd past the last row that was ever uploaded, also where its segment is removed; 0 before the first
 * @param lakeOffset first offset that is not in the lake; 0 where nothing is. May be past the end of the log: the lake keeps rows that were
 *     lost with a disk
 */
public record Manifest(
        int epoch,
        BucketManifest.Node node,
        long version,
        List<RemoteSegment> segments,
        List<KvSnapshot> snapshots,
        List<Lease> leases,
        long numbersBelow,
        long remoteEnd,
        long lakeOffset)
        implements BucketManifest.Reply {
    public static final Manifest EMPTY =
            new Manifest(0, new BucketManifest.Node("", ""), 0, List.of(), List.of(), List.of(), 0, 0, 0);

    /** KV snapshots that are kept, beside those that somebody has leased. */
    public static final int SNAPSHOTS_KEPT = 2;

    public Manifest {
        segments = List.copyOf(segments);
        snapshots = List.copyOf(snapshots);
        leases = List.copyOf(leases);
    }

    /** Where nothing was ever removed behind the last segment, and nothing is in the lake. */
    public Manifest(
            int epoch,
            BucketManifest.Node node,
            long version,
            List<RemoteSegment> segments,
            List<KvSnapshot> snapshots,
            List<Lease> leases,
            long numbersBelow) {
        this(epoch, node, version, segments, snapshots, leases, numbersBelow, endOf(segments), 0);
    }

    /**
     * A reader's right to a snapshot until a time.
     *
     * @param holder who; one lease each
     * @param takenMs of the snapshot
     */
    public record Lease(String holder, long takenMs, long untilMs) {}

    private static long endOf(List<RemoteSegment> segments) {
        return segments.isEmpty() ? 0 : segments.get(segments.size() - 1).endOffset();
    }

    /** First row on the object store; where there is none, {@link #remoteEnd}. */
    public long remoteStart() {
        return segments.isEmpty() ? remoteEnd : segments.get(0).baseOffset();
    }

    /** The same at another version, led by another node. */
    public Manifest at(long otherVersion, BucketManifest.Node otherNode) {
        return new Manifest(
                epoch, otherNode, otherVersion, segments, snapshots, leases, numbersBelow, remoteEnd, lakeOffset);
    }

    Manifest with(Event event) {
        if (event instanceof Restored restored) {
            // Above that of the copy it was read from, so that no two copies of different content have one version.
            return restored.manifest()
                    .at(restored.manifest().version() + 1, restored.manifest().node());
        }
        int newEpoch = epoch;
        BucketManifest.Node newNode = node;
        List<RemoteSegment> newSegments = segments;
        List<KvSnapshot> newSnapshots = snapshots;
        List<Lease> newLeases = leases;
        long numbers = numbersBelow;
        long end = remoteEnd;
        long lake = lakeOffset;
        if (event instanceof LeaderEpochRaised raised) {
            newEpoch = raised.epoch();
            newNode = raised.node();
        } else if (event instanceof SegmentAdded added) {
            newSegments = plus(segments, added.segment());
            numbers = Math.max(numbers, added.numbersBelow());
            end = added.segment().endOffset();
        } else if (event instanceof SegmentsRemoved removed) {
            newSegments = segments.stream()
                    .filter(segment -> segment.endOffset() > removed.below())
                    .toList();
        } else if (event instanceof BucketManifest.AllDropped) {
            newSegments = List.of();
            newSnapshots = List.of();
            newLeases = List.of();
        } else if (event instanceof SnapshotAdded added) {
            newLeases = at(added.atMs(), leases);
            newSnapshots = kept(plus(snapshots, added.snapshot()), newLeases);
            numbers = Math.max(numbers, added.numbersBelow());
        } else if (event instanceof SnapshotLeased leased) {
            newLeases = plus(
                    without(at(leased.atMs(), leases), leased.holder()),
                    new Lease(leased.holder(), leased.takenMs(), leased.untilMs()));
            newSnapshots = kept(snapshots, newLeases);
        } else if (event instanceof SnapshotReleased released) {
            newLeases = without(leases, released.holder());
            newSnapshots = kept(snapshots, newLeases);
        } else if (event instanceof LakeAdvanced advanced) {
            lake = Math.max(lakeOffset, advanced.lakeOffset());
        }
        return new Manifest(newEpoch, newNode, version + 1, newSegments, newSnapshots, newLeases, numbers, end, lake);
    }

    /** Those that hold at that time. */
    private static List<Lease> at(long ms, List<Lease> leases) {
        return leases.stream().filter(lease -> lease.untilMs() > ms).toList();
    }

    private static List<KvSnapshot> kept(List<KvSnapshot> all, List<Lease> leases) {
        int newest = Math.max(0, all.size() - SNAPSHOTS_KEPT);
        List<KvSnapshot> kept = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            long takenMs = all.get(i).takenMs();
            if (i >= newest || leases.stream().anyMatch(lease -> lease.takenMs() == takenMs)) {
                kept.add(all.get(i));
            }
        }
        return kept;
    }

    private static List<Lease> without(List<Lease> leases, String holder) {
        return leases.stream().filter(lease -> !lease.holder().equals(holder)).toList();
    }

    private static <T> List<T> plus(List<T> list, T one) {
        List<T> longer = new ArrayList<>(list);
        longer.add(one);
        return longer;
    }
}
