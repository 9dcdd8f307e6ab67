package io.weir.actors.bucket;

import io.weir.actors.bucket.BucketManifest.AddSegment;
import io.weir.actors.bucket.BucketManifest.AddSnapshot;
import io.weir.actors.bucket.BucketManifest.AdvanceLake;
import io.weir.actors.bucket.BucketManifest.Event;
import io.weir.actors.bucket.BucketManifest.LakeAdvanced;
import io.weir.actors.bucket.BucketManifest.LeaderEpochRaised;
import io.weir.actors.bucket.BucketManifest.LeaseSnapshot;
import io.weir.actors.bucket.BucketManifest.RaiseEpoch;
import io.weir.actors.bucket.BucketManifest.ReleaseSnapshot;
import io.weir.actors.bucket.BucketManifest.RemoveSegments;
import io.weir.actors.bucket.BucketManifest.Restore;
import io.weir.actors.bucket.BucketManifest.Restored;
import io.weir.actors.bucket.BucketManifest.SegmentAdded;
import io.weir.actors.bucket.BucketManifest.SegmentsRemoved;
import io.weir.actors.bucket.BucketManifest.SnapshotAdded;
import io.weir.actors.bucket.BucketManifest.SnapshotLeased;
import io.weir.actors.bucket.BucketManifest.SnapshotReleased;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import java.time.Duration;

/** What a command does to a manifest. Plain functions: they store nothing and know no actor. */
final class ManifestRules {
    static final Duration LEASE_MAX = Duration.ofDays(1);
    static final int LEASES_MAX = 100;
    static final int HOLDER_LENGTH_MAX = 128;

    private ManifestRules() {}

    /** What comes of a command. */
    sealed interface Decision {}

    record Store(Event event) implements Decision {}

    /** All is as the command wants it. */
    enum Unchanged implements Decision {
        INSTANCE
    }

    record Refuse(String why) implements Decision {}

    static Decision raiseEpoch(Manifest state, RaiseEpoch command) {
        int highest = Math.max(state.epoch(), command.epochInLog());
        return highest == Integer.MAX_VALUE
                ? refuse("epoch %d is the last there can be", highest)
                : new Store(new LeaderEpochRaised(highest + 1, command.node()));
    }

    static Decision addSegment(Manifest state, AddSegment command) {
        RemoteSegment segment = command.segment();
        if (command.leaderEpoch() != state.epoch()) {
            return fenced(state, command.leaderEpoch());
        }
        if (state.segments().contains(segment)) {
            return Unchanged.INSTANCE;
        }
        if (segment.baseOffset() < 0 || segment.endOffset() <= segment.baseOffset()) {
            return refuse("there are no rows in a segment from %d to %d", segment.baseOffset(), segment.endOffset());
        }
        // Where no rows are there, those before the new segment were removed; but no offset is used for two rows, and a
        // KV snapshot
        // needs the log that follows it.
        boolean fits = (state.segments().isEmpty() && state.snapshots().isEmpty())
                ? segment.baseOffset() >= state.remoteEnd()
                : segment.baseOffset() == state.remoteEnd();
        return fits
                ? new Store(new SegmentAdded(segment, command.numbersBelow()))
                : refuse(
                        "the segments on the object store end at offset %d, and the new one begins at %d",
                        state.remoteEnd(), segment.baseOffset());
    }

    static Decision removeSegments(Manifest state, RemoveSegments command) {
        if (command.leaderEpoch() != state.epoch()) {
            return fenced(state, command.leaderEpoch());
        }
        long end = state.segments().stream()
                .mapToLong(RemoteSegment::endOffset)
                .filter(offset -> offset <= command.below())
                .max()
                .orElse(-1);
        if (end < 0) {
            return Unchanged.INSTANCE;
        }
        for (KvSnapshot snapshot : state.snapshots()) {
            if (snapshot.offset() < end) {
                return refuse(
                        "the KV snapshot at offset %d needs the log from there on, and so the segment that ends at %d",
                        snapshot.offset(), end);
            }
        }
        return new Store(new SegmentsRemoved(command.below()));
    }

    static Decision dropAll(Manifest state, BucketManifest.DropAll command) {
        if (command.leaderEpoch() != state.epoch()) {
            return fenced(state, command.leaderEpoch());
        }
        if (command.remoteEnd() != state.remoteEnd()) {
            return refuse(
                    "what is on the object store ends at offset %d, not at %d", state.remoteEnd(), command.remoteEnd());
        }
        return state.segments().isEmpty() && state.snapshots().isEmpty()
                ? Unchanged.INSTANCE
                : new Store(new BucketManifest.AllDropped(command.remoteEnd()));
    }

    static Decision addSnapshot(Manifest state, AddSnapshot command, long nowMs) {
        KvSnapshot snapshot = command.snapshot();
        if (command.leaderEpoch() != state.epoch()) {
            return fenced(state, command.leaderEpoch());
        }
        if (state.snapshots().contains(snapshot)) {
            return Unchanged.INSTANCE;
        }
        if (snapshot.offset() > state.remoteEnd() || snapshot.offset() < state.remoteStart()) {
            return refuse(
                    "a KV snapshot at offset %d needs the log there on the object store, which has it from %d to %d",
                    snapshot.offset(), state.remoteStart(), state.remoteEnd());
        }
        for (KvSnapshot other : state.snapshots()) {
            if (other.offset() > snapshot.offset() || other.takenMs() == snapshot.takenMs()) {
                return refuse(
                        "a KV snapshot at offset %d, taken at %d ms, cannot follow the one at %d, taken at %d ms",
                        snapshot.offset(), snapshot.takenMs(), other.offset(), other.takenMs());
            }
        }
        return new Store(new SnapshotAdded(snapshot, command.numbersBelow(), nowMs));
    }

    static Decision leaseSnapshot(Manifest state, LeaseSnapshot command, long nowMs) {
        Duration time = command.time();
        if (command.holder().isEmpty() || command.holder().length() > HOLDER_LENGTH_MAX) {
            return refuse("a lease's holder is 1 to %d characters", HOLDER_LENGTH_MAX);
        }
        if (time.compareTo(Duration.ofMillis(1)) < 0 || time.compareTo(LEASE_MAX) > 0) {
            return refuse("a lease is for 1 ms to %d h; renew it for longer", LEASE_MAX.toHours());
        }
        if (state.snapshots().isEmpty()) {
            return refuse("the bucket has no KV snapshot yet");
        }
        long newest = state.snapshots().get(state.snapshots().size() - 1).takenMs();
        long others = 0;
        for (Manifest.Lease lease : state.leases()) {
            boolean holds = lease.untilMs() > nowMs;
            if (holds && lease.holder().equals(command.holder())) {
                return lease(command, lease.takenMs(), nowMs);
            }
            others += holds ? 1 : 0;
        }
        return others < LEASES_MAX
                ? lease(command, newest, nowMs)
                : refuse("the bucket's KV snapshots are leased %d times, as often as may be; try again later", others);
    }

    private static Decision lease(LeaseSnapshot command, long takenMs, long nowMs) {
        return new Store(new SnapshotLeased(
                command.holder(), takenMs, nowMs, nowMs + command.time().toMillis()));
    }

    static Decision releaseSnapshot(Manifest state, ReleaseSnapshot command) {
        return state.leases().stream().anyMatch(lease -> lease.holder().equals(command.holder()))
                ? new Store(new SnapshotReleased(command.holder()))
                : Unchanged.INSTANCE;
    }

    static Decision advanceLake(Manifest state, AdvanceLake command) {
        if (command.leaderEpoch() != state.epoch()) {
            return fenced(state, command.leaderEpoch());
        }
        return command.lakeOffset() > state.lakeOffset()
                ? new Store(new LakeAdvanced(command.lakeOffset()))
                : Unchanged.INSTANCE;
    }

    static Decision restore(Manifest state, Restore command) {
        return state.version() == 0
                ? new Store(new Restored(command.manifest()))
                : refuse("the journal has a manifest of this bucket already");
    }

    private static Decision fenced(Manifest state, int epoch) {
        return refuse(
                "the bucket is led at epoch %d by %s, not at epoch %d",
                state.epoch(), state.node().address(), epoch);
    }

    private static Decision refuse(String why, Object... values) {
        return new Refuse(why.formatted(values));
    }
}
