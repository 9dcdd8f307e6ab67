package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.bucket.UploadPlan.CopyManifest;
import io.weir.actors.bucket.UploadPlan.DropSnapshot;
import io.weir.actors.bucket.UploadPlan.Fail;
import io.weir.actors.bucket.UploadPlan.LogView;
import io.weir.actors.bucket.UploadPlan.RemoveSegments;
import io.weir.actors.bucket.UploadPlan.Rest;
import io.weir.actors.bucket.UploadPlan.Step;
import io.weir.actors.bucket.UploadPlan.TakeSnapshot;
import io.weir.actors.bucket.UploadPlan.UploadSegment;
import io.weir.actors.bucket.UploadPlan.UploadSnapshot;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.log.SealedSegment;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.StoredObject;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class UploadPlanTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final long START = 1_000_000;

    private final UploadPlan plan = new UploadPlan(START, 0);

    /** Segments of ten rows between the offsets. */
    private static Manifest manifest(long from, long to, KvSnapshot... snapshots) {
        List<RemoteSegment> segments = IntStream.range((int) from / 10, (int) to / 10)
                .mapToObj(i -> new RemoteSegment(i * 10L, i * 10L + 10, 100, 0, 0, 1, 1, 1, object("s" + i)))
                .toList();
        return new Manifest(
                1, new BucketManifest.Node("a", "a:1"), 7, segments, Arrays.asList(snapshots), List.of(), 0);
    }

    private static StoredObject object(String name) {
        return new StoredObject(new ObjectName(name), 100, 0);
    }

    private static KvSnapshot snapshot(long offset, long takenMs) {
        return new KvSnapshot(offset, takenMs, 100, object("k" + offset));
    }

    private static SealedSegment sealed(long from) {
        return new SealedSegment(from, from + 10, 100, 1);
    }

    private static LogView log(long localStart, long sealedEnd, long end, long... waiting) {
        return log(
                Long.MAX_VALUE,
                localStart,
                sealedEnd,
                end,
                Arrays.stream(waiting).mapToObj(UploadPlanTest::sealed).toList());
    }

    private static LogView log(long inLake, long localStart, long sealedEnd, long end, List<SealedSegment> waiting) {
        return new LogView(waiting, 0, inLake, localStart, sealedEnd, end);
    }

    private Step next(long nowMs, Manifest manifest, LogView log) {
        return plan.next(nowMs, manifest, log, MINUTE, -1);
    }

    private Manifest copied(Manifest manifest) {
        plan.copied(manifest, START);
        return manifest;
    }

    @Test
    void aManifestIsCopiedOnceForEachVersionAndNotWhileItNamesNothing() {
        assertThat(next(START, Manifest.EMPTY, log(0, 0, 0))).isInstanceOf(Rest.class);
        Manifest manifest = manifest(0, 10);
        assertThat(next(START, manifest, log(0, 10, 10))).isEqualTo(new CopyManifest(manifest));
        plan.copied(manifest, START);
        assertThat(next(START, manifest, log(0, 10, 10))).isInstanceOf(Rest.class);
    }

    @Test
    void aLongManifestIsNotCopiedForEachSegmentOfMany() {
        plan.copied(Manifest.EMPTY, START);
        Manifest manifest = manifest(0, 20_000);
        LogView backlog = log(0, 20_010, 20_010, 20_000);
        LogView nothing = log(0, 20_000, 20_000);
        assertThat(next(START + 5999, manifest, backlog)).isEqualTo(new UploadSegment(sealed(20_000)));
        assertThat(next(START + 5999, manifest, nothing)).isEqualTo(new Rest(START + 6000));
        assertThat(next(START + 6000, manifest, backlog)).isEqualTo(new CopyManifest(manifest));
        assertThat(next(START - 1, manifest, backlog)).isEqualTo(new CopyManifest(manifest));
    }

    @Test
    void theOldestSegmentGoesFirst() {
        assertThat(next(START, copied(manifest(0, 20)), log(0, 50, 50, 20, 30, 40)))
                .isEqualTo(new UploadSegment(sealed(20)));
    }

    @Test
    void whatIsTooOldGoesButForTheNewest() {
        Manifest manifest = copied(manifest(0, 40));
        assertThat(next(START, manifest, new LogView(List.of(), 25, Long.MAX_VALUE, 0, 40, 40)))
                .isEqualTo(new RemoveSegments(20));
        assertThat(next(START, manifest, new LogView(List.of(), 40, Long.MAX_VALUE, 40, 40, 40)))
                .isEqualTo(new RemoveSegments(30));
        assertThat(next(START, copied(manifest(30, 40)), new LogView(List.of(), 40, Long.MAX_VALUE, 40, 40, 40)))
                .isInstanceOf(Rest.class);
    }

    @Test
    void aHoleThatRetentionLeftIsPassedAndAnyOtherIsNot() {
        Manifest manifest = copied(manifest(0, 20));
        assertThat(next(START, manifest, log(40, 50, 50, 40))).isEqualTo(UploadPlan.DropAll.INSTANCE);
        assertThat(next(START, manifest, log(20, 50, 50, 40))).isInstanceOf(Fail.class);
        assertThat(next(START, manifest, log(10, 50, 50, 10))).isInstanceOf(Fail.class);
        Manifest withSnapshot = copied(manifest(0, 20, snapshot(20, START)));
        assertThat(next(START, withSnapshot, log(40, 50, 50, 40))).isEqualTo(UploadPlan.DropAll.INSTANCE);
        assertThat(next(START, withSnapshot, log(20, 50, 50, 40))).isInstanceOf(Fail.class);
        Manifest nothing = copied(withSnapshot.with(new BucketManifest.AllDropped(20)));
        assertThat(next(START, nothing, log(40, 50, 50, 40))).isEqualTo(new UploadSegment(sealed(40)));
        assertThat(next(START, nothing, log(10, 50, 50, 10))).isInstanceOf(Fail.class);
    }

    @Test
    void whatIsNotInTheLakeIsNotDroppedForAHole() {
        Manifest manifest = copied(manifest(0, 20));
        List<SealedSegment> waiting = List.of(sealed(40));
        assertThat(next(START, manifest, log(19, 40, 50, 50, waiting)))
                .isInstanceOfSatisfying(
                        Fail.class, fail -> assertThat(fail.why()).contains("the lake, which has rows up to 19"));
        assertThat(next(START, manifest, log(20, 40, 50, 50, waiting))).isEqualTo(UploadPlan.DropAll.INSTANCE);
    }

    @Test
    void whatWasDroppedIsNotLeftInTheCopyAndASnapshotIsDueAtOnce() {
        Manifest nothing = manifest(0, 20, snapshot(20, START)).with(new BucketManifest.AllDropped(20));
        assertThat(next(START, nothing, log(40, 50, 50, 40))).isEqualTo(new CopyManifest(nothing));
        plan.copied(nothing, START);
        plan.dropped();
        assertThat(next(START, nothing, log(40, 50, 50, 40))).isEqualTo(new TakeSnapshot(START));
    }

    @Test
    void theFirstSnapshotIsDueAnIntervalAfterTheStartAndAtOnceWhereRowsWereThere() {
        Manifest manifest = copied(manifest(0, 10));
        LogView log = log(0, 10, 15);
        assertThat(next(START, manifest, log)).isEqualTo(new Rest(START + 60_000));
        assertThat(next(START + 60_000, manifest, log)).isEqualTo(new TakeSnapshot(START + 60_000));
        assertThat(plan.next(START + 60_000, manifest, log, Duration.ZERO, -1)).isEqualTo(new Rest(Long.MAX_VALUE));
        UploadPlan again = new UploadPlan(START, 15);
        again.copied(manifest, START);
        assertThat(again.next(START, manifest, log, MINUTE, -1)).isEqualTo(new TakeSnapshot(START));
    }

    @Test
    void theNextOneIsDueAnIntervalAfterTheLastIfTheLogHasGoneOn() {
        Manifest manifest = copied(manifest(0, 20, snapshot(20, START + 5)));
        assertThat(next(START + 70_000, manifest, log(0, 20, 20))).isEqualTo(new Rest(START + 130_000));
        assertThat(next(START + 6, manifest, log(0, 20, 25))).isEqualTo(new Rest(START + 60_005));
        assertThat(next(START + 60_005, manifest, log(0, 20, 25))).isInstanceOf(TakeSnapshot.class);
    }

    @Test
    void noTwoSnapshotsAreOfOneTime() {
        Manifest manifest = copied(manifest(0, 20, snapshot(20, START + 100)));
        Step step = plan.next(START + 100, manifest, log(0, 20, 25), Duration.ofNanos(1), -1);
        assertThat(step).isEqualTo(new TakeSnapshot(START + 101));
    }

    @Test
    void aSnapshotThatWasTakenFirstWaitsForTheLogAndThenGoes() {
        Manifest manifest = copied(manifest(0, 20));
        LogView log = log(0, 30, 30, 20);
        assertThat(plan.next(START, manifest, log, MINUTE, 30)).isEqualTo(new UploadSegment(sealed(20)));
        assertThat(plan.next(START, copied(manifest(0, 30)), log(0, 30, 35), MINUTE, 30))
                .isEqualTo(UploadSnapshot.INSTANCE);
        assertThat(plan.next(START, manifest, log(30, 30, 30), MINUTE, 30)).isEqualTo(DropSnapshot.INSTANCE);
    }

    @Test
    void noSnapshotIsTakenWhileSegmentsFailNorBeforeItsOwnPause() {
        Manifest manifest = copied(manifest(0, 20));
        LogView backlog = log(0, 30, 35, 20);
        long late = START + 100_000;
        assertThat(next(late, manifest, backlog)).isInstanceOf(TakeSnapshot.class);
        plan.failed();
        assertThat(next(late, manifest, backlog)).isEqualTo(new UploadSegment(sealed(20)));
        plan.succeeded();
        assertThat(plan.snapshotFailed()).isEqualTo(1);
        plan.noSnapshotBefore(late + 10);
        assertThat(next(late, manifest, backlog)).isEqualTo(new UploadSegment(sealed(20)));
        assertThat(plan.isWell()).isFalse();
        assertThat(next(late + 10, manifest, backlog)).isInstanceOf(TakeSnapshot.class);
        plan.snapshotSucceeded();
        assertThat(plan.isWell()).isTrue();
    }

    @Test
    void noSnapshotIsTakenOfALogThatCannotBeUploaded() {
        assertThat(next(START + 100_000, Manifest.EMPTY, log(30, 30, 30))).isInstanceOf(Rest.class);
    }
}
