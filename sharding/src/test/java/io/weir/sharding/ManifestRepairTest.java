package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.bucket.Manifest;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.objects.RemoteNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ManifestRepairTest {
    /** Segments of ten rows from offset 10 on, one a letter: a dot is one that is missing. */
    private static ManifestRepair.Repaired repair(String segments, boolean primaryKey, long... snapshotOffsets) {
        List<RemoteSegment> all = new ArrayList<>();
        List<String> there = new ArrayList<>();
        for (int i = 0; i < segments.length(); i++) {
            long base = 10 + 10L * i;
            RemoteSegment segment = ReaperWorld.segment(
                    base, base + 10, RemoteNames.segment("1-0", base, 1, ReaperWorld.attempt(1, i)));
            all.add(segment);
            if (segments.charAt(i) != '.') {
                there.add(segment.object().name().value());
            }
        }
        List<KvSnapshot> snapshots = new ArrayList<>();
        for (long offset : snapshotOffsets) {
            snapshots.add(
                    ReaperWorld.snapshot(offset, offset, RemoteNames.snapshot("1-0", ReaperWorld.attempt(1, offset))));
        }
        Manifest copy = ReaperWorld.manifest(all, snapshots);
        return new ManifestRepair(
                        copy, primaryKey, object -> there.contains(object.name().value()))
                .repair(snapshots, 9);
    }

    private static List<Long> bases(ManifestRepair.Repaired repaired) {
        return repaired.manifest().segments().stream()
                .map(RemoteSegment::baseOffset)
                .toList();
    }

    @Test
    void whatIsWholeStaysAsItIsAndIsNobodys() {
        ManifestRepair.Repaired repaired = repair("abc", true, 30);
        assertThat(bases(repaired)).containsExactly(10L, 20L, 30L);
        assertThat(repaired.losses()).isEmpty();
        assertThat(repaired.notes()).isEmpty();
        assertThat(repaired.manifest().node().nodeId()).isEmpty();
        assertThat(repaired.manifest().epoch()).isEqualTo(1);
        assertThat(repaired.manifest().version()).isEqualTo(9);
        assertThat(repaired.manifest().remoteEnd()).isEqualTo(40);
    }

    @Test
    void segmentsMissingAtTheStartAreNoLoss() {
        ManifestRepair.Repaired repaired = repair("..cd", false);
        assertThat(bases(repaired)).containsExactly(30L, 40L);
        assertThat(repaired.losses()).isEmpty();
        assertThat(repaired.notes()).singleElement().asString().contains("rows 10 to 29", "age");
    }

    @Test
    void behindAHoleTheNewestRunOfALogStays() {
        ManifestRepair.Repaired repaired = repair("a.cd", false);
        assertThat(bases(repaired)).containsExactly(30L, 40L);
        assertThat(repaired.losses()).containsExactly("rows 10 to 29 are not there");
    }

    @Test
    void aMissingEndIsALoss() {
        ManifestRepair.Repaired repaired = repair("ab.", false);
        assertThat(bases(repaired)).containsExactly(10L, 20L);
        assertThat(repaired.losses()).singleElement().asString().contains("rows 30 to 39");
        assertThat(repaired.manifest().remoteEnd()).isEqualTo(30);
    }

    @Test
    void ofAKeyedTableTheRunWithASnapshotStays() {
        ManifestRepair.Repaired repaired = repair("ab.d", true, 20, 30);
        assertThat(bases(repaired)).containsExactly(10L, 20L);
        assertThat(repaired.manifest().snapshots())
                .extracting(KvSnapshot::offset)
                .containsExactly(20L, 30L);
        assertThat(repaired.losses()).singleElement().asString().contains("rows 30 to 49");
        assertThat(bases(repair("ab.d", true, 20, 45))).containsExactly(40L);
    }

    @Test
    void aSnapshotOutsideOfTheLogIsDropped() {
        ManifestRepair.Repaired repaired = repair("ab.", true, 15, 35);
        assertThat(repaired.manifest().snapshots())
                .extracting(KvSnapshot::offset)
                .containsExactly(15L);
        assertThat(repair(".b", true, 10).losses()).anyMatch(loss -> loss.contains("no KV snapshot"));
    }

    @Test
    void whereNothingIsLeftTheOffsetsAreNotGivenAgain() {
        ManifestRepair.Repaired repaired = repair("..", false);
        assertThat(repaired.manifest().segments()).isEmpty();
        assertThat(repaired.manifest().remoteEnd()).isEqualTo(30);
        assertThat(Set.copyOf(repaired.losses())).hasSize(1);
    }
}
