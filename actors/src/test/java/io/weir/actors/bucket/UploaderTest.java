package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.objects.SimObjectStore.Operation;
import io.weir.persistence.objects.SimObjectStore.Outcome;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class UploaderTest extends RemoteBuckets {
    @BeforeEach
    void logTable() {
        properties(Map.of());
    }

    private void properties(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(Map.of("log.segment-size", "64kb", "log.local-segments", "1"));
        all.putAll(more);
        table.set(TestRows.table(id.tableId(), all));
    }

    private Bucket.RemoteDescription remote(ActorRef<Bucket.Command> bucket) {
        Bucket.RemoteDescription description = describe(bucket).remote();
        assertThat(description).isNotNull();
        return description;
    }

    private void awaitUploaded(ActorRef<Bucket.Command> bucket, long end) {
        soon().untilAsserted(() -> {
            Bucket.RemoteDescription now = remote(bucket);
            assertThat(now.endOffset()).isEqualTo(end);
            assertThat(now.waitingSegments()).isZero();
            assertThat(now.problem()).isNull();
        });
    }

    private void awaitProblem(ActorRef<Bucket.Command> bucket, String part) {
        soon().untilAsserted(() -> assertThat(remote(bucket).problem()).contains(part));
    }

    @Test
    void sealedSegmentsMoveAndTheDiskIsTrimmed() {
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 5);
        awaitUploaded(bucket, 4L * ROWS);
        soon().untilAsserted(() -> assertThat(remote(bucket).hotStartOffset()).isEqualTo(3L * ROWS));
        Bucket.RemoteDescription now = remote(bucket);
        assertThat(now.segments()).isEqualTo(4);
        assertThat(now.bytes()).isGreaterThan(4 * (64 << 10));
        assertThat(now.snapshotOffset()).isEqualTo(-1);
        assertThat(read(bucket, 0)).isEqualTo(offsets(0, 5L * ROWS));
        assertThat(segmentObjects()).hasSize(4);
        soon().untilAsserted(() ->
                assertThat(copies()).hasSize(2).contains(manifest().version()));
        stop(bucket);
    }

    @Test
    void aStoreThatStandsStillHoldsUpNoWriteAndShowsAsBacklog() {
        store.standStill();
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 5);
        Bucket.RemoteDescription now = remote(bucket);
        assertThat(now.waitingSegments()).isEqualTo(4);
        assertThat(now.waitingBytes()).isGreaterThan(4 * (64 << 10));
        assertThat(now.hotStartOffset()).isZero();
        store.goOn();
        awaitUploaded(bucket, 4L * ROWS);
        assertThat(read(bucket, 0)).isEqualTo(offsets(0, 5L * ROWS));
        stop(bucket);
    }

    @Test
    void failuresAreShownAndTriedAgainUntilTheyEnd() {
        store.script((operation, name) -> operation == Operation.PUT ? Outcome.REFUSED : null);
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 3);
        awaitProblem(bucket, "simulated");
        assertThat(manifest().segments()).isEmpty();
        store.script((operation, name) -> null);
        awaitUploaded(bucket, 2L * ROWS);
        stop(bucket);
    }

    @Test
    void whatWasStoredButFailedIsUploadedAgainUnderAnotherName() {
        store.next(Operation.PUT, 1, Outcome.APPLIED_BUT_FAILED);
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 2);
        awaitUploaded(bucket, ROWS);
        assertThat(segmentObjects())
                .hasSize(2)
                .contains(manifest().segments().get(0).object().name());
        stop(bucket);
    }

    @Test
    void formerLeaderUploadsNothingAnyMore() {
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 2);
        awaitUploaded(bucket, ROWS);
        TestProbe<BucketManifest.Reply> raised = kit.createTestProbe();
        manifests.tell(new BucketManifest.RaiseEpoch(id, 0, new BucketManifest.Node("b", "b:1"), raised.ref()));
        raised.receiveMessage(SOON);
        append(bucket, 1);
        awaitProblem(bucket, "led at epoch 2 by b:1");
        long requests = store.requests(Operation.PUT);
        append(bucket, 2);
        bucket.tell(Bucket.Tick.INSTANCE);
        assertThat(remote(bucket).waitingSegments()).isEqualTo(3);
        assertThat(store.requests(Operation.PUT)).isEqualTo(requests);
        assertThat(manifest().segments()).hasSize(1);
        stop(bucket);
    }

    @Test
    void nothingIsDoneBeforeTheStoreIsKnownToBeThisClusters() {
        remote = unconfirmed();
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 3);
        awaitProblem(bucket, "this cluster's");
        assertThat(store.names()).isEmpty();
        remote.confirm();
        awaitUploaded(bucket, 2L * ROWS);
        stop(bucket);
    }

    @Test
    void segmentsThatAreTooOldGoFromTheStoreToo() {
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 5);
        awaitUploaded(bucket, 4L * ROWS);
        properties(Map.of("log.ttl", "1s"));
        soon().untilAsserted(() -> {
            bucket.tell(Bucket.Tick.INSTANCE);
            assertThat(describe(bucket).logStartOffset()).isEqualTo(3L * ROWS);
        });
        // The newest one stays on the store: the writers' memory is in it.
        soon().untilAsserted(() -> assertThat(segmentObjects()).hasSize(1));
        assertThat(manifest().segments()).extracting(RemoteSegment::baseOffset).containsExactly(3L * ROWS);
        assertThat(remote(bucket).waitingSegments()).isZero();
        properties(Map.of());
        bucket.tell(Bucket.Tick.INSTANCE);
        append(bucket, 2);
        soon().untilAsserted(() -> assertThat(manifest().remoteEnd()).isEqualTo(6L * ROWS));
        soon().untilAsserted(() -> assertThat(segmentObjects()).hasSize(3));
        assertThat(read(bucket, 4L * ROWS)).isEqualTo(offsets(4L * ROWS, 7L * ROWS));
        stop(bucket);
    }

    @Test
    void whatIsNotInTheLakeStaysOnTheStoreAndIsTrimmedAllTheSame() {
        properties(Map.of("log.ttl", "1s", "log.local-segments", "0", "datalake.enabled", "true"));
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 6);
        awaitUploaded(bucket, 5L * ROWS);
        soon().untilAsserted(() -> {
            bucket.tell(Bucket.Tick.INSTANCE);
            assertThat(remote(bucket).hotStartOffset()).isEqualTo(5L * ROWS);
            assertThat(describe(bucket).heldBackBytes()).isGreaterThan(5 * (64 << 10));
        });
        assertThat(describe(bucket).logStartOffset()).isZero();
        assertThat(read(bucket, 0)).isEqualTo(offsets(0, 6L * ROWS));

        bucket.tell(new Bucket.LakeAdvanced(2L * ROWS));
        soon().untilAsserted(() -> {
            bucket.tell(Bucket.Tick.INSTANCE);
            assertThat(manifest().segments())
                    .extracting(RemoteSegment::baseOffset)
                    .containsExactly(2L * ROWS, 3L * ROWS, 4L * ROWS);
        });
        stop(bucket);
        ActorRef<Bucket.Command> next = bucket();
        soon().untilAsserted(() -> {
            next.tell(Bucket.Tick.INSTANCE);
            assertThat(describe(next).heldBackBytes()).isGreaterThan(2 * (64 << 10));
        });
        assertThat(read(next, 2L * ROWS)).isEqualTo(offsets(2L * ROWS, 6L * ROWS));
        soon().untilAsserted(() -> assertThat(copies()).contains(manifest().version()));
        next.tell(new Bucket.LakeAdvanced(6L * ROWS));
        soon().untilAsserted(() -> {
            next.tell(Bucket.Tick.INSTANCE);
            assertThat(segmentObjects()).hasSize(1);
        });
        stop(next);
    }

    @Test
    void whatRetentionTookBeforeItWasUploadedLeavesNoHoleOnTheStore() {
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 3);
        awaitUploaded(bucket, 2L * ROWS);
        store.script((operation, name) -> operation == Operation.PUT ? Outcome.REFUSED : null);
        append(bucket, 3);
        properties(Map.of("log.ttl", "1s"));
        soon().untilAsserted(() -> {
            bucket.tell(Bucket.Tick.INSTANCE);
            assertThat(remote(bucket).hotStartOffset()).isEqualTo(5L * ROWS);
        });
        properties(Map.of());
        bucket.tell(Bucket.Tick.INSTANCE);
        store.script((operation, name) -> null);
        append(bucket, 2);
        awaitUploaded(bucket, 7L * ROWS);
        assertThat(manifest().segments()).extracting(RemoteSegment::baseOffset).containsExactly(5L * ROWS, 6L * ROWS);
        assertThat(read(bucket, 5L * ROWS)).isEqualTo(offsets(5L * ROWS, 8L * ROWS));
        stop(bucket);
    }

    @Test
    void fewerLocalSegmentsTakeEffectAtOnce() {
        properties(Map.of("log.local-segments", "100"));
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 4);
        awaitUploaded(bucket, 3L * ROWS);
        assertThat(remote(bucket).hotStartOffset()).isZero();
        properties(Map.of("log.local-segments", "0"));
        bucket.tell(Bucket.Tick.INSTANCE);
        soon().untilAsserted(() -> assertThat(remote(bucket).hotStartOffset()).isEqualTo(3L * ROWS));
        assertThat(read(bucket, 0)).isEqualTo(offsets(0, 4L * ROWS));
        stop(bucket);
    }

    @Test
    void theNextLeaderGoesOnWhereTheFormerOneWas() {
        ActorRef<Bucket.Command> first = bucket();
        append(first, 3);
        awaitUploaded(first, 2L * ROWS);
        store.standStill();
        append(first, 2);
        stop(first);
        store.goOn();
        ActorRef<Bucket.Command> second = bucket();
        awaitUploaded(second, 4L * ROWS);
        assertThat(manifest().segments())
                .extracting(RemoteSegment::baseOffset)
                .isEqualTo(List.of(0L, 1L * ROWS, 2L * ROWS, 3L * ROWS));
        assertThat(read(second, 0)).isEqualTo(offsets(0, 5L * ROWS));
        soon().untilAsserted(() -> assertThat(copies()).contains(manifest().version()));
        stop(second);
    }

    @Test
    void withoutAnObjectStoreNothingIsSaidOfIt() {
        remote = null;
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 2);
        assertThat(describe(bucket).remote()).isNull();
        stop(bucket);
    }
}
