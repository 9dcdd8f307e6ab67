package io.weir.actors.bucket;

import static io.weir.actors.bucket.ManifestSamples.BUCKET;
import static io.weir.actors.bucket.ManifestSamples.NODE;
import static io.weir.actors.bucket.ManifestSamples.segment;
import static io.weir.actors.bucket.ManifestSamples.snapshot;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

class ManifestRulesTest {
    private final ActorRef<BucketManifest.Reply> nobody =
            TestInbox.<BucketManifest.Reply>create().getRef();
    private Manifest state = Manifest.EMPTY;
    private long nowMs = 10_000;

    /** True where an event came of it, false where all was so already. */
    private boolean store(ManifestRules.Decision decision) {
        if (decision instanceof ManifestRules.Store store) {
            long before = state.version();
            state = state.with(store.event());
            assertThat(state.version()).isEqualTo(before + 1);
            return true;
        }
        assertThat(decision).isEqualTo(ManifestRules.Unchanged.INSTANCE);
        return false;
    }

    private static void assertRefused(ManifestRules.Decision decision, String why) {
        assertThat(decision).isInstanceOfSatisfying(ManifestRules.Refuse.class, refused -> assertThat(refused.why())
                .contains(why));
    }

    private ManifestRules.Decision raise(int epochInLog) {
        return ManifestRules.raiseEpoch(state, new BucketManifest.RaiseEpoch(BUCKET, epochInLog, NODE, nobody));
    }

    private ManifestRules.Decision add(int epoch, RemoteSegment segment) {
        return ManifestRules.addSegment(
                state, new BucketManifest.AddSegment(BUCKET, epoch, segment, segment.endOffset() + 1, nobody));
    }

    private ManifestRules.Decision remove(int epoch, long below) {
        return ManifestRules.removeSegments(state, new BucketManifest.RemoveSegments(BUCKET, epoch, below, nobody));
    }

    private ManifestRules.Decision add(int epoch, KvSnapshot snapshot) {
        return ManifestRules.addSnapshot(
                state, new BucketManifest.AddSnapshot(BUCKET, epoch, snapshot, 9, nobody), nowMs);
    }

    private ManifestRules.Decision lease(String holder, Duration time) {
        return ManifestRules.leaseSnapshot(
                state, new BucketManifest.LeaseSnapshot(BUCKET, holder, time, nobody), nowMs);
    }

    private ManifestRules.Decision lake(int epoch, long offset) {
        return ManifestRules.advanceLake(state, new BucketManifest.AdvanceLake(BUCKET, epoch, offset, nobody));
    }

    private ManifestRules.Decision release(String holder) {
        return ManifestRules.releaseSnapshot(state, new BucketManifest.ReleaseSnapshot(BUCKET, holder, nobody));
    }

    private List<Long> snapshotsKept() {
        return state.snapshots().stream().map(KvSnapshot::takenMs).toList();
    }

    @Test
    void theLakeOffsetOnlyGrowsAndAnotherLeaderDoesNotSetIt() {
        assertThat(state.lakeOffset()).isZero();
        store(raise(0));
        assertThat(store(lake(1, 40))).isTrue();
        assertThat(store(lake(1, 40))).isFalse();
        assertThat(store(lake(1, 39))).isFalse();
        assertThat(store(lake(1, -1))).isFalse();
        assertThat(state.lakeOffset()).isEqualTo(40);
        store(raise(0));
        assertRefused(lake(1, 50), "led at epoch 2");
        assertThat(store(lake(2, 50))).isTrue();
        store(add(2, segment(0, 10)));
        assertThat(state.lakeOffset()).isEqualTo(50);
    }

    @Test
    void theEpochIsAboveThatOfTheJournalAndThatOfTheLog() {
        assertThat(store(raise(0))).isTrue();
        assertThat(state.epoch()).isEqualTo(1);
        assertThat(state.node()).isEqualTo(NODE);
        store(raise(7));
        assertThat(state.epoch()).isEqualTo(8);
        store(raise(3));
        assertThat(state.epoch()).isEqualTo(9);
        assertRefused(raise(Integer.MAX_VALUE), "epoch 2147483647");
    }

    @Test
    void whatAFormerLeaderSendsIsRefused() {
        store(raise(0));
        store(add(1, segment(0, 10)));
        store(raise(0));
        assertRefused(add(1, segment(10, 20)), "at epoch 2 by host:1, not at epoch 1");
        assertRefused(add(1, segment(0, 10)), "not at epoch 1");
        assertRefused(remove(1, 10), "not at epoch 1");
        assertRefused(add(1, snapshot(10, 1)), "not at epoch 1");
        assertRefused(add(3, segment(10, 20)), "not at epoch 3");
        assertThat(store(add(2, segment(10, 20)))).isTrue();
    }

    @Test
    void segmentsFollowEachOtherWithoutHolesAndOnce() {
        store(raise(0));
        store(add(1, segment(100, 110)));
        assertThat(store(add(1, segment(100, 110)))).isFalse();
        assertRefused(add(1, segment(100, 110, 2)), "end at offset 110, and the new one begins at 100");
        assertRefused(add(1, segment(111, 120)), "begins at 111");
        assertRefused(add(1, segment(110, 110)), "no rows");
        assertRefused(add(1, segment(-1, 110)), "no rows");
        store(add(1, segment(110, 130)));
        assertThat(state.segments()).containsExactly(segment(100, 110), segment(110, 130));
        assertThat(List.of(state.remoteStart(), state.remoteEnd(), state.numbersBelow()))
                .containsExactly(100L, 130L, 131L);
    }

    @Test
    void theEndIsRememberedWhereAllSegmentsAreRemoved() {
        store(raise(0));
        store(add(1, segment(0, 10)));
        store(add(1, segment(10, 20)));
        assertThat(store(remove(1, 9))).isFalse();
        store(remove(1, 19));
        assertThat(state.segments()).containsExactly(segment(10, 20));
        assertThat(store(remove(1, 19))).isFalse();
        store(remove(1, 1000));
        assertThat(state.segments()).isEmpty();
        assertThat(List.of(state.remoteStart(), state.remoteEnd())).containsExactly(20L, 20L);
        // A repetition that comes late brings nothing back.
        assertRefused(add(1, segment(10, 20)), "end at offset 20");
        assertThat(store(add(1, segment(25, 30)))).isTrue();
    }

    private ManifestRules.Decision dropAll(int epoch, long remoteEnd) {
        return ManifestRules.dropAll(state, new BucketManifest.DropAll(BUCKET, epoch, remoteEnd, nobody));
    }

    @Test
    void allThatAHolePartsFromTheDiskIsDroppedButForItsEnd() {
        store(raise(0));
        store(add(1, segment(0, 10)));
        store(add(1, snapshot(10, 1)));
        store(lease("reader", Duration.ofHours(1)));
        store(add(1, segment(10, 20)));
        assertRefused(dropAll(2, 20), "not at epoch 2");
        assertRefused(dropAll(1, 10), "ends at offset 20, not at 10");
        assertThat(store(dropAll(1, 20))).isTrue();
        assertThat(state.segments()).isEmpty();
        assertThat(state.snapshots()).isEmpty();
        assertThat(state.leases()).isEmpty();
        assertThat(List.of(state.remoteStart(), state.remoteEnd(), state.numbersBelow()))
                .containsExactly(20L, 20L, 21L);
        assertThat(store(dropAll(1, 20))).isFalse();
        assertRefused(add(1, segment(10, 20)), "end at offset 20");
        assertThat(store(add(1, segment(25, 30)))).isTrue();
        // A repetition that comes late drops nothing of what came after.
        assertRefused(dropAll(1, 20), "ends at offset 30, not at 20");
    }

    @Test
    void aSnapshotNeedsTheLogFromItsOffsetOn() {
        store(raise(0));
        assertRefused(add(1, snapshot(5, 1)), "from 0 to 0");
        store(add(1, segment(0, 10)));
        store(add(1, segment(10, 20)));
        store(add(1, snapshot(10, 1)));
        assertThat(store(add(1, snapshot(10, 1)))).isFalse();
        assertRefused(add(1, snapshot(21, 2)), "from 0 to 20");
        assertRefused(add(1, snapshot(9, 2)), "cannot follow");
        assertRefused(add(1, snapshot(20, 1)), "cannot follow");
        assertRefused(remove(1, 20), "offset 10 needs the log");
        assertThat(store(remove(1, 10))).isTrue();
        assertRefused(add(1, snapshot(9, 2)), "from 10 to 20");
        store(add(1, snapshot(20, 2)));
        store(add(1, snapshot(20, 3)));
        assertThat(store(remove(1, 20))).isTrue();
        assertRefused(add(1, segment(21, 30)), "begins at 21");
        assertThat(store(add(1, segment(20, 30)))).isTrue();
        assertThat(state.numbersBelow()).isEqualTo(31);
    }

    @Test
    void twoSnapshotsAreKeptAndThoseThatAreLeased() {
        store(raise(0));
        assertRefused(lease("a", Duration.ofSeconds(1)), "no KV snapshot");
        store(add(1, segment(0, 10)));
        for (long taken = 1; taken <= 3; taken++) {
            store(add(1, snapshot(taken, taken)));
        }
        assertThat(snapshotsKept()).containsExactly(2L, 3L);
        store(lease("a", Duration.ofSeconds(1)));
        store(add(1, snapshot(4, 4)));
        store(lease("b", Duration.ofSeconds(5)));
        for (long taken = 5; taken <= 8; taken++) {
            store(add(1, snapshot(taken, taken)));
        }
        assertThat(snapshotsKept()).containsExactly(3L, 4L, 7L, 8L);
        assertThat(store(release("b"))).isTrue();
        assertThat(store(release("b"))).isFalse();
        assertThat(snapshotsKept()).containsExactly(3L, 7L, 8L);
    }

    @Test
    void aLeaseIsRenewedForItsSnapshotAndEndsByTime() {
        store(raise(0));
        store(add(1, segment(0, 10)));
        store(add(1, snapshot(1, 1)));
        store(lease("a", Duration.ofSeconds(1)));
        nowMs += 999;
        store(add(1, snapshot(2, 2)));
        store(add(1, snapshot(3, 3)));
        store(lease("a", Duration.ofSeconds(1)));
        assertThat(state.leases()).containsExactly(new Manifest.Lease("a", 1, 11_999));
        nowMs += 999;
        store(add(1, snapshot(4, 4)));
        assertThat(snapshotsKept()).containsExactly(1L, 3L, 4L);
        nowMs += 1;
        store(add(1, snapshot(5, 5)));
        assertThat(snapshotsKept()).containsExactly(4L, 5L);
        assertThat(state.leases()).isEmpty();
        store(lease("a", Duration.ofSeconds(1)));
        assertThat(state.leases()).containsExactly(new Manifest.Lease("a", 5, 12_999));
        nowMs += 1000;
        store(add(1, snapshot(6, 6)));
        // Its time is over, so who asks again gets the newest.
        store(lease("a", Duration.ofSeconds(1)));
        assertThat(state.leases()).containsExactly(new Manifest.Lease("a", 6, 13_999));
    }

    @Test
    void leasesAreBounded() {
        store(raise(0));
        store(add(1, segment(0, 10)));
        store(add(1, snapshot(1, 1)));
        assertRefused(lease("", Duration.ofSeconds(1)), "1 to 128 characters");
        assertRefused(lease("x".repeat(129), Duration.ofSeconds(1)), "1 to 128 characters");
        assertRefused(lease("a", Duration.ZERO), "1 ms to 24 h");
        assertRefused(lease("a", Duration.ofSeconds(Long.MAX_VALUE)), "1 ms to 24 h");
        assertRefused(lease("a", Duration.ofSeconds(Long.MIN_VALUE)), "1 ms to 24 h");
        for (int i = 0; i < ManifestRules.LEASES_MAX; i++) {
            store(lease("holder" + i, Duration.ofSeconds(1)));
        }
        assertRefused(lease("one more", Duration.ofSeconds(1)), "100 times");
        assertThat(store(lease("holder0", Duration.ofSeconds(2)))).isTrue();
        nowMs += 1000;
        assertThat(store(lease("one more", Duration.ofSeconds(1)))).isTrue();
        assertThat(state.leases()).extracting(Manifest.Lease::holder).containsExactly("holder0", "one more");
    }

    @Test
    void aManifestIsRestoredOnceAndOnlyWhereThereIsNone() {
        Manifest found =
                new Manifest(4, new BucketManifest.Node("", ""), 12, List.of(segment(0, 10)), List.of(), List.of(), 5);
        BucketManifest.Restore restore = new BucketManifest.Restore(BUCKET, found, nobody);
        state = state.with(((ManifestRules.Store) ManifestRules.restore(state, restore)).event());
        assertThat(state).isEqualTo(found.at(13, found.node()));
        assertRefused(ManifestRules.restore(state, restore), "already");
        store(raise(0));
        assertThat(state.epoch()).isEqualTo(5);
        Manifest empty = Manifest.EMPTY.with(new BucketManifest.Restored(Manifest.EMPTY));
        assertRefused(ManifestRules.restore(empty, restore), "already");
    }
}
