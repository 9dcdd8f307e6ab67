package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.ingest.ChangeKind;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.kv.KvSnapshots;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.SimObjectStore.Operation;
import io.weir.persistence.objects.SimObjectStore.Outcome;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class UploaderSnapshotTest extends RemoteBuckets {
    private static final Map<String, String> EVERY_SECOND = Map.of("kv.snapshot-interval", "1s");

    private long awaitSnapshotAt(long offset) {
        soon().untilAsserted(() -> assertThat(manifest().snapshots())
                .extracting(KvSnapshot::offset)
                .last()
                .isEqualTo(offset));
        assertThat(manifest().remoteEnd()).isGreaterThanOrEqualTo(offset);
        return offset;
    }

    private List<String> leftOnDisk() throws Exception {
        return files.list(logs.resolve(id.entityId())).stream()
                .filter(KvSnapshots::isTemporary)
                .toList();
    }

    @Test
    void snapshotsAreTakenWhereSomethingChanged() {
        table.set(table(EVERY_SECOND));
        ActorRef<Bucket.Command> bucket = bucket();
        long end = written(bucket, ChangeKind.UPSERT, row(1, 1, "a"), row(2, 1, "b"))
                .nextOffset();
        awaitSnapshotAt(end);
        soon().untilAsserted(() -> assertThat(leftOnDisk()).isEmpty());
        assertThat(describe(bucket).remote()).satisfies(remote -> {
            assertThat(remote.snapshotOffset()).isEqualTo(end);
            assertThat(remote.waitingSegments()).isZero();
        });
        Awaitility.await()
                .during(Duration.ofMillis(1500))
                .atMost(SOON)
                .until(() -> manifest().snapshots().size() == 1);
        for (int i = 0; i < 3; i++) {
            awaitSnapshotAt(written(bucket, ChangeKind.UPSERT, row(3, i, "c")).nextOffset());
        }
        assertThat(manifest().snapshots()).hasSize(Manifest.SNAPSHOTS_KEPT);
        stop(bucket);
    }

    @Test
    void whatOnlySnapshotsFailOfHoldsUpNoSegment() {
        table.set(table(EVERY_SECOND));
        store.script((operation, name) -> operation == Operation.PUT && name.contains("/kv/") ? Outcome.REFUSED : null);
        ActorRef<Bucket.Command> bucket = bucket();
        long end = written(bucket, ChangeKind.UPSERT, row(1, 1, "a")).nextOffset();
        soon().untilAsserted(() -> {
            assertThat(describe(bucket).remote().problem()).contains("simulated");
            assertThat(manifest().remoteEnd()).isEqualTo(end);
        });
        assertThat(manifest().snapshots()).isEmpty();
        store.script((operation, name) -> null);
        awaitSnapshotAt(end);
        soon().untilAsserted(() -> {
            assertThat(describe(bucket).remote().problem()).isNull();
            assertThat(leftOnDisk()).isEmpty();
        });
        stop(bucket);
    }

    @Test
    void aBucketThatEndsBesideASnapshotThatIsUploadedStartsAgain() {
        table.set(table(EVERY_SECOND));
        store.script((operation, name) -> {
            if (operation == Operation.PUT && name.contains("/kv/")) {
                store.standStill();
            }
            return null;
        });
        ActorRef<Bucket.Command> bucket = bucket();
        long end = written(bucket, ChangeKind.UPSERT, row(1, 1, "a")).nextOffset();
        soon().until(() -> store.standing() > 0);
        stop(bucket);
        store.script((operation, name) -> null);
        store.goOn();
        ActorRef<Bucket.Command> again = bucket();
        assertThat(lookUp(again, 1)).containsExactly(row(1, 1, "a"));
        awaitSnapshotAt(end);
        stop(again);
    }

    @Test
    void whatAHolePartsFromTheDiskIsLetGoAndANewSnapshotIsTaken() throws Exception {
        Map<String, String> properties = Map.of("kv.snapshot-interval", "1h", "log.segment-size", "64kb");
        table.set(table(properties));
        RemoteTier tier = remote;
        ActorRef<Bucket.Command> first = bucket();
        long uploaded = written(first, ChangeKind.UPSERT, row(1, 1, "a")).nextOffset();
        stop(first);
        ActorRef<Bucket.Command> second = bucket();
        awaitSnapshotAt(uploaded);
        stop(second);
        // The node has no object store for a while, longer than rows are kept.
        remote = null;
        Map<String, String> old = new HashMap<>(properties);
        old.put("log.ttl", "1s");
        table.set(table(old));
        ActorRef<Bucket.Command> without = bucket();
        // More than the smallest segment takes, and nothing that could be compressed.
        String large = new SplittableRandom(1)
                .ints(100_000, 'a', 'z')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        for (int i = 2; i < 6; i++) {
            written(without, ChangeKind.UPSERT, row(i, 1, large));
        }
        soon().untilAsserted(() -> {
            without.tell(Bucket.Tick.INSTANCE);
            assertThat(describe(without).logStartOffset()).isGreaterThan(uploaded);
        });
        stop(without);
        remote = tier;
        table.set(table(Map.of("kv.snapshot-interval", "1s", "log.segment-size", "64kb")));
        ActorRef<Bucket.Command> again = bucket();
        long start = describe(again).logStartOffset();
        awaitSnapshotAt(describe(again).highWatermark());
        assertThat(manifest().snapshots()).hasSize(1);
        assertThat(manifest().remoteStart()).isEqualTo(start);
        soon().untilAsserted(() -> {
            assertThat(describe(again).remote().problem()).isNull();
            assertThat(copies()).contains(manifest().version());
        });
        stop(again);
        files.deleteTree(logs.resolve(id.entityId()));
        ActorRef<Bucket.Command> restored = bucket();
        assertThat(lookUp(restored, 1, 2, 5)).containsExactly(row(1, 1, "a"), row(2, 1, large), row(5, 1, large));
        assertThat(describe(restored).logStartOffset()).isEqualTo(start);
        stop(restored);
    }

    @Test
    void theManifestKnowsABoundOfTheNumbersInTheRows() {
        table.set(table(Map.of(
                "kv.snapshot-interval", "1s", "auto-increment.column", "uid", "auto-increment.cache-size", "10")));
        ActorRef<Bucket.Command> bucket = bucket();
        written(bucket, ChangeKind.UPSERT, row(1, 1, "a"), row(2, 1, "b"));
        stop(bucket);
        // The rows are of an earlier leader, whose numbers the one that uploads them has not taken.
        ActorRef<Bucket.Command> again = bucket();
        awaitSnapshotAt(describe(again).highWatermark());
        assertThat(manifest().numbersBelow()).isEqualTo(11);
        stop(again);
    }
}
