package io.weir.sharding;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.Manifest;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Counts what a recovery finds; its sentences are bounded. */
final class RecoveryTally {
    private static final int SENTENCES_MAX = 100;

    int buckets;
    long segments;
    long snapshots;
    long bytes;

    /** Highest version in the names of the catalog's copies. */
    long newestCatalog;

    private long lastTableId;
    private long lastPartitionId;
    private long lossCount;
    private final List<String> losses = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final TreeMap<Long, Long> numbersBelow = new TreeMap<>();

    /** @param manifest of a table that exists */
    void bucket(Manifest manifest) {
        buckets++;
        segments += manifest.segments().size();
        snapshots += manifest.snapshots().size();
        bytes += manifest.segments().stream()
                .map(RemoteSegment::object)
                .mapToLong(object -> object.size())
                .sum();
        // Those that share files are counted as often as they share them; the newest alone is nearer to the truth.
        bytes +=
                manifest.snapshots().stream().mapToLong(KvSnapshot::bytes).max().orElse(0);
    }

    void numbers(long tableId, long below) {
        if (below > 0) {
            numbersBelow.merge(tableId, below, Math::max);
        }
    }

    /** By table: every number that was given is below. */
    TreeMap<Long, Long> numbersBelow() {
        return numbersBelow;
    }

    /** Ids in names of objects are never given again, whether the catalog's copy knows them or not. */
    void idsUsed(BucketId bucket) {
        lastTableId = Math.max(lastTableId, bucket.tableId());
        lastPartitionId = Math.max(lastPartitionId, bucket.partitionId());
    }

    long lastTableId() {
        return lastTableId;
    }

    long lastPartitionId() {
        return lastPartitionId;
    }

    void loss(String sentence) {
        lossCount++;
        if (losses.size() < SENTENCES_MAX) {
            losses.add(sentence);
        }
    }

    void note(String sentence) {
        if (notes.size() < SENTENCES_MAX) {
            notes.add(sentence);
        }
    }

    long lossCount() {
        return lossCount;
    }

    List<String> losses() {
        return losses;
    }

    List<String> notes() {
        return notes;
    }

    String sentences() {
        return String.join("; ", notes);
    }
}
