package io.weir.actors.bucket;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.journal.JournalSetup;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.schema.TableSchema;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.kv.LevelDb;
import io.weir.persistence.kv.SimKvEngine;
import io.weir.persistence.objects.RemoteTier;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.arrow.memory.RootAllocator;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What tests of a primary-key bucket do over and over: one journal for a class, stores and directories for a test. */
abstract class PrimaryKeyBuckets {
    static final Duration SOON = Duration.ofSeconds(10);
    static final TableSchema SCHEMA = ModelRows.SCHEMAS.get(1);

    @TempDir
    static Path journal;

    static ActorTestKit kit;
    static long lastTableId = 5000;

    @TempDir
    Path logs;

    final LocalBuckets local = new LocalBuckets();
    final AtomicReference<TableInfo> table = new AtomicReference<>();
    final RootAllocator allocator = new RootAllocator();
    FileStore files = new DiskFileStore();
    KvStores stores = new KvStores(LevelDb.engine(1 << 20, 1 << 20), 4);

    @Nullable
    RemoteTier remote;

    BucketSettings settings = BucketSettings.from(ConfigFactory.load());
    BucketId id;
    ActorRef<BucketManifest.Command> manifests;
    ActorRef<Sequence.Command> sequences;
    TestProbe<Bucket.AppendReply> writes;
    TestProbe<Bucket.LookupReply> lookups;
    TestProbe<Bucket.PrefixReply> prefixes;
    TestProbe<Bucket.ScanReply> scans;

    @BeforeAll
    static void startSystem() {
        kit = ActorTestKit.create(JournalSetup.config(journal).withFallback(ConfigFactory.load()));
    }

    @AfterAll
    static void stopSystem() {
        kit.shutdownTestKit();
    }

    @BeforeEach
    void prepare() {
        id = new BucketId(++lastTableId, 0);
        table.set(table(Map.of()));
        manifests = kit.spawn(Manifests.create(Clock.systemUTC()));
        sequences = kit.spawn(Sequences.create());
        writes = kit.createTestProbe();
        lookups = kit.createTestProbe();
        prefixes = kit.createTestProbe();
        scans = kit.createTestProbe();
    }

    @AfterEach
    void stop() throws IOException {
        kit.stop(manifests);
        kit.stop(sequences);
        Awaitility.await().atMost(SOON).until(() -> local.leaders().isEmpty());
        stores.close();
    }

    TableInfo table(Map<String, String> properties) {
        return new TableInfo(
                id.tableId(),
                "db",
                "t",
                ModelRows.SCHEMAS.subList(0, 2),
                List.of("k", "c"),
                List.of("k"),
                List.of(),
                4,
                properties,
                Instant.EPOCH);
    }

    ActorRef<Bucket.Command> bucket() {
        return bucket(id);
    }

    ActorRef<Bucket.Command> bucket(BucketId which) {
        BucketPorts ports = new BucketPorts(
                files,
                logs,
                Clock.systemUTC(),
                allocator,
                new BucketManifest.Node("node-a", "node-a:1"),
                manifests,
                sequences,
                stores,
                remote,
                "boot",
                asked -> {
                    TableInfo info = table.get();
                    return info == null
                            ? CompletableFuture.failedFuture(new WeirException(ErrorCode.TABLE_NOT_FOUND, "dropped"))
                            : CompletableFuture.completedFuture(info);
                },
                (bucket, owner) -> CompletableFuture.completedFuture(null),
                local,
                settings);
        return kit.spawn(BucketBehavior.create(which, ports, self -> self.tell(BucketBehavior.Stop.INSTANCE)));
    }

    void stop(ActorRef<Bucket.Command> bucket) {
        bucket.tell(BucketBehavior.Stop.INSTANCE);
        writes.expectTerminated(bucket, SOON);
    }

    static Map<Integer, Object> row(long k, long c, @Nullable String text) {
        Map<Integer, Object> row = new TreeMap<>(Map.of(ModelRows.KEY, k, ModelRows.SMALL, c));
        if (text != null) {
            row.put(ModelRows.TEXT, text);
        }
        return row;
    }

    void write(ActorRef<Bucket.Command> bucket, ChangeKind kind, long sequence, List<Map<Integer, Object>> rows) {
        List<TreeSet<Integer>> present =
                rows.stream().map(row -> new TreeSet<>(row.keySet())).toList();
        bucket.tell(new Bucket.Upsert(
                List.of(ModelRows.changes(kind, SCHEMA, rows, present)),
                sequence < 0 ? null : new Bucket.WriterSequence("w", sequence),
                false,
                writes.ref()));
    }

    Bucket.Appended written(ActorRef<Bucket.Command> bucket, ChangeKind kind, Map<Integer, Object> row) {
        write(bucket, kind, -1, List.of(row));
        return writes.expectMessageClass(Bucket.Appended.class, SOON);
    }

    Bucket.Appended written(
            ActorRef<Bucket.Command> bucket, ChangeKind kind, Map<Integer, Object> first, Map<Integer, Object> second) {
        write(bucket, kind, -1, List.of(first, second));
        return writes.expectMessageClass(Bucket.Appended.class, SOON);
    }

    static List<Key> keys(List<Map<Integer, Object>> rows) {
        return KeyEncoder.of(SCHEMA.columns(), List.of("k", "c")).encode(ModelRows.batch(SCHEMA, rows));
    }

    List<@Nullable Map<Integer, Object>> lookUp(ActorRef<Bucket.Command> bucket, long... ks) {
        List<Map<Integer, Object>> rows = new ArrayList<>();
        for (long k : ks) {
            rows.add(row(k, 1, null));
        }
        bucket.tell(new Bucket.Lookup(keys(rows), lookups.ref()));
        return rows(lookups.expectMessageClass(Bucket.LookedUp.class, SOON).rows());
    }

    static List<@Nullable Map<Integer, Object>> rows(List<byte[]> encoded) {
        List<Map<Integer, Object>> rows = new ArrayList<>();
        encoded.forEach(row -> rows.add(row == null ? null : ModelRows.decode(SCHEMA, row)));
        return rows;
    }

    ErrorCode refusedLookup(ActorRef<Bucket.Command> bucket) {
        bucket.tell(new Bucket.Lookup(keys(List.of(row(1, 1, null))), lookups.ref()));
        return lookups.expectMessageClass(Bucket.Refused.class, SOON).code();
    }

    Bucket.Description describe(ActorRef<Bucket.Command> bucket) {
        TestProbe<Bucket.DescribeReply> descriptions = kit.createTestProbe();
        bucket.tell(new Bucket.Describe(descriptions.ref()));
        return descriptions.expectMessageClass(Bucket.Description.class, SOON);
    }

    SimKvEngine simulated() throws IOException {
        stores.close();
        SimKvEngine engine = new SimKvEngine();
        stores = new KvStores(engine, 2);
        return engine;
    }
}
