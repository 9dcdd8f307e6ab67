package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.SimFaults;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A bucket that lives several lives, each ended in order or by force in the midst of uploads, over a store that fails in all ways it can;
 * sometimes its disk is lost between two lives. The seed decides what is done and which faults the store draws; how the threads run is not
 * repeated. Once the faults end: all rows are there that were acknowledged (after a loss of the disk: that were uploaded), no live object
 * was deleted or is missing ({@link RemoteBuckets}), and whatever else lies on the store has a name that the reaper can judge.
 */
class RemoteTierSimulationTest extends RemoteBuckets {
    private final List<Long> acknowledged = new ArrayList<>();
    private SplittableRandom random;
    private long lastId;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void nothingAcknowledgedIsLost(long seed) throws IOException {
        random = new SplittableRandom(seed);
        settings = BucketSettings.from(
                ConfigFactory.parseString("weir.bucket { restart-delay-min = 10 ms, restart-delay-max = 50 ms }")
                        .withFallback(ConfigFactory.load()));
        settle(Map.of());
        ActorRef<Bucket.Command> bucket = bucket();
        for (int life = 0; life < 6; life++) {
            store.faults(SimFaults.errors(random.nextDouble() * 0.3)
                    .withDelays(0.5, Duration.ofMillis(1 + random.nextInt(20)))
                    .withListLag(0.3));
            live(bucket);
            end(bucket);
            boolean diskLost = random.nextInt(3) == 0;
            long uploaded = manifest().remoteEnd();
            if (diskLost) {
                files.deleteTree(logs.resolve(id.entityId()));
            }
            bucket = bucket();
            long end = started(bucket).highWatermark();
            assertThat(end)
                    .as("seed %d life %d", seed, life)
                    .isBetween(diskLost ? uploaded : acknowledged.size(), (long) acknowledged.size());
            acknowledged.subList((int) end, acknowledged.size()).clear();
        }
        store.faults(SimFaults.NONE);
        store.settle();
        write(bucket);
        ActorRef<Bucket.Command> last = bucket;
        long allButTheLast = acknowledged.size() - ROWS;
        soon().untilAsserted(() -> {
            last.tell(Bucket.Tick.INSTANCE);
            assertThat(manifest().remoteEnd()).as("seed %d", seed).isEqualTo(allButTheLast);
            assertThat(describe(last).remote().problem()).isNull();
        });
        assertThat(read(last, 0)).as("seed %d", seed).isEqualTo(acknowledged);
        assertThat(copies()).as("seed %d", seed).contains(manifest().version());
        for (ObjectName name : store.names()) {
            assertThat(RemoteNames.startedMs(name).isPresent()
                            || RemoteNames.version(name).isPresent())
                    .as("seed %d %s", seed, name)
                    .isTrue();
        }
        stop(last);
    }

    private void settle(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(Map.of("log.segment-size", "64kb", "log.local-segments", "1"));
        all.putAll(more);
        table.set(TestRows.table(id.tableId(), all));
    }

    private void live(ActorRef<Bucket.Command> bucket) {
        int steps = 1 + random.nextInt(6);
        for (int i = 0; i < steps; i++) {
            if (random.nextInt(4) == 0) {
                settle(Map.of("log.local-segments", Integer.toString(random.nextInt(4))));
                bucket.tell(Bucket.Tick.INSTANCE);
            } else {
                write(bucket);
            }
        }
    }

    private void write(ActorRef<Bucket.Command> bucket) {
        long[] ids = LongStream.range(lastId, lastId + ROWS).toArray();
        lastId += ROWS;
        bucket.tell(new Bucket.Append(List.of(TestRows.rows(ids)), null, writes.ref()));
        Bucket.Appended appended = writes.expectMessageClass(Bucket.Appended.class, SOON);
        assertThat(appended.nextOffset()).isEqualTo(acknowledged.size() + ROWS);
        for (long one : ids) {
            acknowledged.add(one);
        }
    }

    /** A bucket that is being restored from a store that fails may say so for a while. */
    private Bucket.Description started(ActorRef<Bucket.Command> bucket) {
        TestProbe<Bucket.DescribeReply> replies = kit.createTestProbe();
        return Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(
                        () -> {
                            bucket.tell(new Bucket.Describe(replies.ref()));
                            return replies.receiveMessage(Duration.ofSeconds(30)) instanceof Bucket.Description now
                                    ? now
                                    : null;
                        },
                        Objects::nonNull);
    }

    private void end(ActorRef<Bucket.Command> bucket) {
        if (random.nextBoolean()) {
            stop(bucket);
        } else {
            kit.stop(bucket);
        }
        soon().until(() -> local.leaders().isEmpty());
    }
}
