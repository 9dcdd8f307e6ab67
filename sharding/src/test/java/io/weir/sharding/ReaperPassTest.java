package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.Manifest;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.ObjectPage;
import io.weir.persistence.objects.RemoteNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReaperPassTest {
    private static final long OLD = ReaperWorld.NOW - ReaperWorld.GRACE.toMillis() - 1;
    private static final long YOUNG = OLD + 1;
    private static final BucketId BUCKET = new BucketId(1, 0);

    private final ReaperWorld world = new ReaperWorld();

    private static ObjectName segment(String bucket, long base, long startedMs) {
        return RemoteNames.segment(bucket, base, 1, ReaperWorld.attempt(startedMs, base));
    }

    private List<String> left() {
        return List.copyOf(world.objects.keySet());
    }

    @Test
    void liveAndYoungObjectsStayAndOldOnesThatNothingNamesGo() {
        ObjectName live = world.put(segment("1-0", 0, OLD));
        ObjectName removed = world.put(segment("1-0", 0, OLD - 1));
        ObjectName young = world.put(segment("1-0", 10, YOUNG));
        ObjectName descriptor = world.put(RemoteNames.snapshot("1-0", ReaperWorld.attempt(OLD, 1)));
        ObjectName file = world.put(RemoteNames.snapshotFile("1-0", ReaperWorld.attempt(OLD - 99, 1), "000005.sst"));
        ObjectName dead = world.put(RemoteNames.snapshotFile("1-0", ReaperWorld.attempt(OLD - 99, 1), "000004.sst"));
        KvSnapshot snapshot = ReaperWorld.snapshot(10, 1, descriptor);
        world.files.put(snapshot, Set.of(descriptor, file));
        world.manifests.put(BUCKET, ReaperWorld.manifest(List.of(ReaperWorld.segment(0, 10, live)), List.of(snapshot)));

        Reaper.Report dry = world.run(true);
        assertThat(left()).hasSize(6);
        assertThat(dry)
                .isEqualTo(new Reaper.Report(
                        true, 6, 3, 1, 2, 20, 0, 0, List.of(dead.value(), removed.value()), List.of()));
        assertThat(world.run(false).deleted()).isEqualTo(2);
        assertThat(left()).containsExactlyInAnyOrder(live.value(), young.value(), descriptor.value(), file.value());
        assertThat(world.run(false).orphans()).isZero();
    }

    @Test
    void theTwoNewestCopiesOfAManifestAndOfTheCatalogStay() {
        Manifest manifest = ReaperWorld.manifest(List.of(), List.of());
        world.manifests.put(BUCKET, manifest.at(11, manifest.node()));
        for (long version : new long[] {1, 2, 9, 10, 11}) {
            world.put(RemoteNames.manifest("1-0", version));
            world.put(RemoteNames.catalog(version));
        }
        world.pageSize = 2;
        Reaper.Report report = world.run(false);
        assertThat(report.deleted()).isEqualTo(6);
        assertThat(report.live()).isEqualTo(4);
        assertThat(left())
                .containsExactly(
                        RemoteNames.manifest("1-0", 10).value(),
                        RemoteNames.manifest("1-0", 11).value(),
                        RemoteNames.catalog(10).value(),
                        RemoteNames.catalog(11).value());
    }

    @Test
    void aJournalThatIsOlderThanTheStoreIsNoReasonToDeleteAnything() {
        Manifest manifest = ReaperWorld.manifest(List.of(), List.of());
        ObjectName later = world.put(segment("1-0", 0, OLD));
        world.put(RemoteNames.manifest("1-0", 6));
        world.manifests.put(BUCKET, manifest);
        Reaper.Report report = world.run(false);
        assertThat(report.orphans()).isZero();
        assertThat(left()).hasSize(2);
        assertThat(report.problems())
                .singleElement()
                .asString()
                .contains("1-0 is left alone", "version 6", "version 5", "backup");
        world.manifests.put(BUCKET, manifest.at(6, manifest.node()));
        assertThat(world.run(false).examples()).containsExactly(later.value());
    }

    @Test
    void whatWasDroppedGoesWholeAndIdsThatWereNeverGivenStay() {
        List<String> go = new ArrayList<>();
        for (String dropped : List.of("2-0", "4-7-1", "1-6-0", "3-8-2")) {
            go.add(world.put(segment(dropped, 0, YOUNG)).value());
            go.add(world.put(RemoteNames.manifest(dropped, 3)).value());
        }
        List<String> stay = new ArrayList<>();
        for (String unknown : List.of("5-0", "1-9-0", "3-12")) {
            stay.add(world.put(segment(unknown, 0, OLD)).value());
        }
        Reaper.Report report = world.run(false);
        assertThat(left()).containsExactlyInAnyOrderElementsOf(stay);
        assertThat(report.deleted()).isEqualTo(go.size());
        // The journal knows nothing of them, so it may be the journal that is wrong.
        assertThat(report.problems()).hasSize(3).allMatch(problem -> problem.contains("left alone"));
    }

    @Test
    void namesOfNobodysAreReportedAndStay() {
        world.manifests.put(BUCKET, ReaperWorld.manifest(List.of(), List.of()));
        List<String> names = List.of(
                "buckets/1-0/log/00000000000000000000.segment",
                "buckets/1-0/kv/note.txt",
                "buckets/1-0/manifest/99999999999999999999.json",
                "buckets/1-0/manifest/1.json",
                "buckets/1-0/other/" + ReaperWorld.attempt(OLD, 1),
                "buckets/01-0/log/x",
                "buckets/2-0/mine",
                "buckets/readme",
                "buckets/7-0-1/log/x",
                "catalog/readme",
                "catalog/99999999999999999999.json");
        names.forEach(name -> world.put(new ObjectName(name)));
        world.put(new ObjectName("elsewhere/" + ReaperWorld.attempt(OLD, 1)));
        Reaper.Report report = world.run(false);
        assertThat(report.deleted()).isZero();
        assertThat(report.unknown()).isEqualTo(names.size());
        assertThat(report.scanned()).isEqualTo(names.size());
        assertThat(left()).hasSize(names.size() + 1);
        assertThat(String.join(" ", report.problems())).contains("buckets/1-0/kv/note.txt", "catalog/readme");
    }

    @Test
    void aBucketOfWhichSomethingCannotBeReadIsLeftAloneAndOthersAreNot() {
        ObjectName kept = world.put(segment("1-0", 0, OLD));
        ObjectName alsoKept = world.put(segment("1-1", 0, OLD));
        ObjectName gone = world.put(segment("3-0", 0, OLD));
        world.silent.add(BUCKET);
        world.manifests.put(
                new BucketId(1, 1),
                ReaperWorld.manifest(
                        List.of(),
                        List.of(ReaperWorld.snapshot(0, 1, RemoteNames.snapshot("1-1", ReaperWorld.attempt(OLD, 1))))));
        world.manifests.put(new BucketId(3, 0), ReaperWorld.manifest(List.of(), List.of()));
        Reaper.Report report = world.run(false);
        assertThat(left()).containsExactly(kept.value(), alsoKept.value());
        assertThat(report.examples()).containsExactly(gone.value());
        assertThat(report.problems())
                .containsExactly(
                        "bucket 1-0 is left alone: no answer", "bucket 1-1 is left alone: the descriptor is gone");
    }

    @Test
    void aSnapshotThatWentBetweenTheAnswerAndTheReadIsNoReasonToLeaveTheBucketAlone() {
        ObjectName orphan = world.put(segment("1-0", 0, OLD));
        KvSnapshot gone = ReaperWorld.snapshot(0, 1, RemoteNames.snapshot("1-0", ReaperWorld.attempt(OLD, 1)));
        ReaperWorld changing = new ReaperWorld() {
            private int asked;

            @Override
            public Manifest manifest(BucketId bucket) {
                return manifest(List.of(), asked++ == 0 ? List.of(gone) : List.of());
            }
        };
        changing.put(orphan);
        Reaper.Report report = changing.run(false);
        assertThat(report.problems()).isEmpty();
        assertThat(report.deleted()).isEqualTo(1);
    }

    @Test
    void deletionsThatFailAreReportedAndTriedByTheNextPass() {
        world.manifests.put(BUCKET, ReaperWorld.manifest(List.of(), List.of()));
        world.put(segment("1-0", 0, OLD));
        world.deletesFail = true;
        Reaper.Report report = world.run(false);
        assertThat(report.orphans()).isEqualTo(1);
        assertThat(report.deleted()).isZero();
        assertThat(report.problems()).singleElement().asString().contains("1-0", "the store is down");
        world.deletesFail = false;
        assertThat(world.run(false).deleted()).isEqualTo(1);
    }

    /** Half of them are orphans, of which none is deleted more than once. */
    @Test
    void aBucketWithAHundredThousandObjectsIsDoneInPages() {
        int count = 100_000;
        List<io.weir.persistence.log.RemoteSegment> live = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ObjectName name = world.put(segment("1-0", i, OLD));
            if (i % 2 == 0) {
                live.add(ReaperWorld.segment(i, i + 1, name));
            }
        }
        Manifest manifest = ReaperWorld.manifest(live, List.of());
        world.manifests.put(BUCKET, manifest);
        Reaper.Report report = world.run(false);
        assertThat(report.scanned()).isEqualTo(count);
        assertThat(report.live()).isEqualTo(count / 2);
        assertThat(report.deleted()).isEqualTo(count / 2);
        assertThat(report.examples()).hasSize(Reaper.LINES_MAX);
        assertThat(world.deletions).allMatch(some -> some.size() <= world.pageSize);
        assertThat(world.objects).hasSize(count / 2);
    }

    @Test
    void aListingThatFailsEndsThePassAndIsReported() {
        ReaperWorld down = new ReaperWorld() {
            @Override
            public ObjectPage list(String prefix, Optional<String> after) throws Exception {
                throw new IllegalStateException("out of reach");
            }
        };
        assertThat(down.run(false).problems()).containsExactly("the pass ended early: out of reach");
    }

    @Test
    void whatAReportSaysIsBounded() {
        for (int i = 0; i < 500; i++) {
            world.put(new ObjectName("buckets/x" + i + "/y"));
        }
        Reaper.Report report = world.run(false);
        assertThat(report.problems()).hasSize(Reaper.LINES_MAX).last().isEqualTo("and 401 more");
        assertThat(report.unknown()).isEqualTo(500);
    }
}
