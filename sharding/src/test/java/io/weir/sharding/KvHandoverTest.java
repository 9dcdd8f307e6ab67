package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.LocalBuckets;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.kv.DurableOffset;
import io.weir.persistence.kv.KvBatch;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.kv.LevelDb;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That the KV state moves with the log: hand-over and puller of two nodes in one system, on two directories. */
class KvHandoverTest {
    private static final BucketId BUCKET = new BucketId(1, 0);
    private static final BucketManifest.Node THERE = new BucketManifest.Node("there", "127.0.0.1:1");
    private static final Config CONFIG = ConfigFactory.parseString("pekko.actor.provider = local")
            .withFallback(ConfigFactory.defaultReference())
            .resolve();

    @TempDir
    Path directory;

    private final DiskFileStore files = new DiskFileStore();
    private final KvStores theirs = new KvStores(LevelDb.engine(64 << 10, 0), 4);
    private final KvStores ours = new KvStores(LevelDb.engine(64 << 10, 0), 4);
    private final ActorTestKit kit = ActorTestKit.create("kv-handover", CONFIG);

    @AfterEach
    void end() throws IOException {
        kit.shutdownTestKit();
        ours.close();
        theirs.close();
    }

    private static byte[] key(int number) {
        return ByteBuffer.allocate(4).putInt(number).array();
    }

    private static void fill(KvStores stores, Path bucket, int entries, int valueBytes) throws IOException {
        try (KvStores.Lease lease = stores.use(bucket.resolve("kv"))) {
            for (int i = 0; i < entries; i += 100) {
                KvBatch batch = new KvBatch();
                for (int k = i; k < i + 100; k++) {
                    batch.put(key(k), new byte[valueBytes]);
                }
                lease.store().write(batch);
            }
        }
    }

    private Path bring(String theirBootId) {
        Path theirLogs = directory.resolve("there/log");
        ActorRef<LogHandover.Command> handover =
                kit.spawn(LogHandover.create(files, theirLogs, new LocalBuckets(), theirs, theirBootId));
        kit.system().receptionist().tell(Receptionist.register(LogHandover.key(THERE.nodeId()), handover));
        NodeSettings settings = NodeSettings.from(ConfigFactory.parseMap(
                        Map.of("weir.data-dir", directory.resolve("here").toString()))
                .withFallback(ConfigFactory.defaultReference())
                .resolve());
        LogPuller puller = new LogPuller(kit.system(), files, settings, "127.0.0.1:2", ours, ForkJoinPool.commonPool());
        TestNodes.get(puller.bring(BUCKET, THERE));
        return settings.logs().resolve(BUCKET.entityId());
    }

    private Path bucketThere(String bootId) throws IOException {
        Path bucket = Files.createDirectories(directory.resolve("there/log/" + BUCKET.entityId()));
        Files.write(bucket.resolve("00000000000000000000.log"), new byte[5000]);
        DurableOffset durable = DurableOffset.open(files, bucket, bootId);
        assertThat(durable.replayFrom(0)).isZero();
        durable.begin();
        durable.advance(50);
        return bucket;
    }

    @Test
    void theKvStateComesWholeAndIsTrustedUpToWhatItSays() throws IOException {
        Path there = bucketThere("boot-there");
        fill(theirs, there, 20_000, 300);
        Path stale = Files.createDirectories(directory.resolve("here/log/" + BUCKET.entityId()));
        fill(ours, stale, 100, 7);

        Path here = bring("boot-there");

        assertThat(Files.size(here.resolve("00000000000000000000.log"))).isEqualTo(5000);
        try (KvStores.Lease lease = ours.use(here.resolve("kv"))) {
            for (int i = 0; i < 20_000; i++) {
                assertThat(lease.store().get(key(i))).hasSize(300);
            }
        }
        DurableOffset durable = DurableOffset.open(files, here, "boot-here");
        assertThat(durable.get()).isEqualTo(50);
        assertThat(durable.replayFrom(90)).isEqualTo(90);
        assertThat(directory.resolve("here/incoming/" + BUCKET.entityId())).doesNotExist();
        fill(theirs, there, 100, 1);
    }

    @Test
    void gapsThatAPowerLossLeftThereAreClosedHere() throws IOException {
        fill(theirs, bucketThere("boot-before-power-loss"), 100, 10);
        Path here = bring("boot-there");
        assertThat(DurableOffset.open(files, here, "boot-here").replayFrom(90)).isEqualTo(50);
    }

    @Test
    void aLogTableHasNoKvStateToBringAndWhatIsTemporaryStays() throws IOException {
        Path there = Files.createDirectories(directory.resolve("there/log/" + BUCKET.entityId()));
        Files.write(there.resolve("00000000000000000000.log"), new byte[10]);
        Files.createDirectories(there.resolve("snapshot-17"));
        Files.createDirectories(there.resolve("kv.restore"));
        Path here = bring("boot-there");
        assertThat(files.list(here)).containsExactly("00000000000000000000.log");
    }
}
