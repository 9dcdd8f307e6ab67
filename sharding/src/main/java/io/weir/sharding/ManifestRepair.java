package io.weir.sharding;

import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.Manifest;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.objects.StoredObject;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Fits the copy of a manifest to what the object store has: the newest run of segments without a hole stays, and the KV snapshots that can
 * be used with it. Of a primary-key table an older run is better than one whose rows could not be made, for want of a snapshot.
 */
final class ManifestRepair {
    /**
     * @param losses sentences about rows that were on the store and are not any more
     * @param notes sentences about what was to be expected: the copy is a little older than the store
     */
    record Repaired(Manifest manifest, List<String> losses, List<String> notes) {}

    private final Manifest copy;
    private final boolean hasPrimaryKey;
    private final Predicate<StoredObject> isThere;
    private final List<String> losses = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /** @param isThere whether the store has the object, as large as it should be */
    ManifestRepair(Manifest copy, boolean hasPrimaryKey, Predicate<StoredObject> isThere) {
        this.copy = copy;
        this.hasPrimaryKey = hasPrimaryKey;
        this.isThere = isThere;
    }

    /** Segments one after the other, or, where there is none, only the offset at which the log would go on. */
    private record Run(List<RemoteSegment> segments, long start, long end) {
        static Run of(List<RemoteSegment> segments) {
            return new Run(
                    List.copyOf(segments),
                    segments.get(0).baseOffset(),
                    segments.get(segments.size() - 1).endOffset());
        }

        boolean holds(KvSnapshot snapshot) {
            return start <= snapshot.offset() && snapshot.offset() <= end;
        }
    }

    /**
     * @param whole snapshots of the copy of which every file is there
     * @param version at least that of the copy; above it where newer copies could not be read
     */
    Repaired repair(List<KvSnapshot> whole, long version) {
        List<Run> runs = runs();
        Run kept = choose(runs, whole);
        sayWhatIsGone(kept);
        List<KvSnapshot> snapshots = whole.stream().filter(kept::holds).toList();
        sayWhichSnapshotsAreGone(kept, snapshots);
        Manifest manifest = new Manifest(
                copy.epoch(),
                new BucketManifest.Node("", copy.node().address()),
                version,
                kept.segments(),
                snapshots,
                List.of(),
                copy.numbersBelow(),
                kept.end(),
                copy.lakeOffset());
        return new Repaired(manifest, losses, notes);
    }

    /** Oldest first; at least one. */
    private List<Run> runs() {
        List<Run> runs = new ArrayList<>();
        List<RemoteSegment> run = new ArrayList<>();
        for (RemoteSegment segment : copy.segments()) {
            if (isThere.test(segment.object())) {
                run.add(segment);
            } else if (!run.isEmpty()) {
                runs.add(Run.of(run));
                run.clear();
            }
        }
        if (!run.isEmpty()) {
            runs.add(Run.of(run));
        }
        if (runs.isEmpty()) {
            runs.add(new Run(List.of(), copy.remoteEnd(), copy.remoteEnd()));
        }
        return runs;
    }

    private Run choose(List<Run> runs, List<KvSnapshot> whole) {
        Run newest = runs.get(runs.size() - 1);
        if (!hasPrimaryKey) {
            return newest;
        }
        for (int i = runs.size() - 1; i >= 0; i--) {
            Run run = runs.get(i);
            if (run.start() == 0 || whole.stream().anyMatch(run::holds)) {
                return run;
            }
        }
        return newest;
    }

    private void sayWhatIsGone(Run kept) {
        long first = copy.remoteStart();
        if (kept.start() > first) {
            boolean onlyOldOnes = copy.segments().stream()
                    .filter(segment -> segment.endOffset() <= kept.start())
                    .noneMatch(segment -> isThere.test(segment.object()));
            String sentence = "rows %d to %d are not there".formatted(first, kept.start() - 1);
            if (onlyOldOnes && !kept.segments().isEmpty()) {
                notes.add(sentence + "; they were removed for their age after the copy was made");
            } else {
                losses.add(sentence);
            }
        }
        if (kept.end() < copy.remoteEnd()) {
            losses.add("rows %d to %d are not there, or of no use without those before them"
                    .formatted(kept.end(), copy.remoteEnd() - 1));
        }
    }

    private void sayWhichSnapshotsAreGone(Run kept, List<KvSnapshot> snapshots) {
        if (hasPrimaryKey && snapshots.isEmpty() && kept.start() > 0) {
            losses.add("there is no KV snapshot for the log, which begins at offset %d: its current rows cannot be made"
                    .formatted(kept.start()));
        } else if (snapshots.size() < copy.snapshots().size()) {
            notes.add("%d of %d KV snapshots are not there any more"
                    .formatted(
                            copy.snapshots().size() - snapshots.size(),
                            copy.snapshots().size()));
        }
    }
}
