package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.ingest.ChangeKind;
import io.weir.persistence.kv.SimKvEngine;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A primary-key bucket that is full, asked too much, damaged or dropped while it works. */
class PrimaryKeyFaultsTest extends PrimaryKeyBuckets {
    private static BucketSettings with(BucketSettings all, int lookupQueue, Duration scanTimeout) {
        return new BucketSettings(
                all.queueBytes(),
                all.commitBytes(),
                all.mergeBelow(),
                all.compressAbove(),
                all.fetchesMax(),
                all.startQueue(),
                lookupQueue,
                scanTimeout,
                all.restartDelayMin(),
                all.restartDelayMax());
    }

    private long openScan(ActorRef<Bucket.Command> bucket) {
        bucket.tell(new Bucket.OpenScan(List.of(), null, scans.ref()));
        return scans.expectMessageClass(Bucket.ScanOpened.class, SOON).scanId();
    }

    @Test
    void idleScansCloseThoughOthersAreOpenedAllTheTime() {
        settings = with(settings, settings.lookupQueue(), Duration.ofMillis(300));
        ActorRef<Bucket.Command> bucket = bucket();
        written(bucket, ChangeKind.UPSERT, row(1, 1, "a"));
        long idle = openScan(bucket);
        TestProbe<Bucket.ScanReply> answers = kit.createTestProbe();
        Awaitility.await().atMost(SOON).pollInterval(Duration.ofMillis(50)).until(() -> {
            bucket.tell(new Bucket.CloseScan(openScan(bucket)));
            return local.leaders().size() == 1 && expired(bucket, idle, answers);
        });
        stop(bucket);
    }

    /** Asks without reading: no bytes are wanted, so a scan that is open says so and stays idle. */
    private static boolean expired(ActorRef<Bucket.Command> bucket, long scan, TestProbe<Bucket.ScanReply> answers) {
        bucket.tell(new Bucket.ReadScan(scan, 0, answers.ref()));
        return answers.expectMessageClass(Bucket.Refused.class, SOON).code() == ErrorCode.SCAN_EXPIRED;
    }

    @Test
    void lookupsPastTheQueueAreOverload() throws IOException {
        settings = with(settings, 4, settings.scanTimeout());
        SimKvEngine engine = simulated();
        ActorRef<Bucket.Command> bucket = bucket();
        written(bucket, ChangeKind.UPSERT, row(1, 1, "a"));
        CountDownLatch go = new CountDownLatch(1);
        engine.faults((operation, directory) -> {
            if (operation == SimKvEngine.Operation.GET) {
                awaitQuietly(go);
            }
            return SimKvEngine.Outcome.FINE;
        });
        for (int i = 0; i < 20; i++) {
            bucket.tell(new Bucket.Lookup(keys(List.of(row(1, 1, null))), lookups.ref()));
        }
        assertThat(lookups.expectMessageClass(Bucket.Refused.class, SOON).code())
                .isEqualTo(ErrorCode.OVERLOADED);
        go.countDown();
        List<Bucket.LookupReply> others = new ArrayList<>();
        for (int i = 1; i < 20; i++) {
            others.add(lookups.receiveMessage(SOON));
        }
        assertThat(others).as("those that had a place").hasAtLeastOneElementOfType(Bucket.LookedUp.class);
        assertThat(lookUp(bucket, 1)).containsExactly(row(1, 1, "a"));
        stop(bucket);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void damageMetByALookupIsSaidAndTheRowsAreMadeAnew() throws IOException {
        SimKvEngine engine = simulated();
        ActorRef<Bucket.Command> bucket = bucket();
        written(bucket, ChangeKind.UPSERT, row(1, 1, "a"), row(2, 1, "b"));
        written(bucket, ChangeKind.DELETE, row(2, 1, null));
        long scan = openScan(bucket);
        AtomicBoolean damaged = new AtomicBoolean(true);
        engine.faults((operation, directory) -> {
            if (operation == SimKvEngine.Operation.GET && damaged.getAndSet(false)) {
                throw new WeirException(ErrorCode.CORRUPT_DATA, "a block of the store");
            }
            return SimKvEngine.Outcome.FINE;
        });
        bucket.tell(new Bucket.Lookup(keys(List.of(row(1, 1, null))), lookups.ref()));
        Bucket.LookupReply first = lookups.receiveMessage(SOON);
        assertThat(damaged).isFalse();
        assertThat(first).isInstanceOfSatisfying(Bucket.Refused.class, refused -> assertThat(refused.code())
                .isEqualTo(ErrorCode.CORRUPT_DATA));
        assertThat(lookUp(bucket, 1, 2)).containsExactly(row(1, 1, "a"), null);
        assertThat(engine.openings()).isEqualTo(2);
        assertThat(expired(bucket, scan, scans)).isTrue();
        assertThat(written(bucket, ChangeKind.UPSERT, row(1, 1, "c"))).isEqualTo(new Bucket.Appended(3, 5));
        assertThat(engine.misuses()).isEmpty();
        stop(bucket);
    }

    @Test
    void aWriteThatWaitsForNumbersIsAnsweredThoughTheTableIsDroppedMeanwhile() {
        table.set(table(Map.of("auto-increment.column", "uid", "auto-increment.cache-size", "10")));
        TestProbe<Sequence.Command> sequence = kit.createTestProbe();
        ActorRef<Sequence.Command> usual = sequences;
        sequences = sequence.ref();
        ActorRef<Bucket.Command> bucket = bucket();
        write(bucket, ChangeKind.UPSERT, -1, List.of(row(1, 1, "a")));
        Sequence.Reserve asked = sequence.expectMessageClass(Sequence.Reserve.class, SOON);
        table.set(null);
        bucket.tell(Bucket.Tick.INSTANCE);
        // Its answer comes after the tick's work was given away.
        describe(bucket);
        asked.replyTo().tell(new Sequence.Reserved(1, 11));
        writes.expectMessage(SOON, new Bucket.Appended(0, 1));
        writes.expectTerminated(bucket, SOON);
        assertThat(stores.open()).isZero();
        sequences = usual;
    }
}
