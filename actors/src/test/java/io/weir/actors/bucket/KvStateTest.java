package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.persistence.file.SimFileStore;
import io.weir.persistence.kv.DurableOffset;
import io.weir.persistence.kv.KvBatch;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.kv.KvSnapshots;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.kv.SimKvEngine;
import io.weir.persistence.log.BucketLog;
import io.weir.persistence.log.LogSettings;
import io.weir.persistence.objects.ObjectFiles;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.SimFaults;
import io.weir.persistence.objects.SimObjectStore;
import io.weir.persistence.objects.Transfers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.arrow.memory.RootAllocator;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The KV state of a bucket beyond what its simulation does by chance. */
class KvStateTest {
    private static final ActorSystem SYSTEM = ActorSystem.create("kv-state");
    private static final Path LOGS = Path.of("/sim");
    private static final BucketId BUCKET = new BucketId(1, 0);
    private static final Path DIRECTORY = LOGS.resolve(BUCKET.entityId());
    private static final Path STORE = DIRECTORY.resolve("kv");
    private static final TableInfo TABLE = new TableInfo(
            1,
            "db",
            "t",
            ModelRows.SCHEMAS.subList(0, 1),
            List.of("k"),
            List.of("k"),
            List.of(),
            1,
            Map.of(),
            Instant.EPOCH);
    private static final TableProperties PROPERTIES = TableProperties.from(Map.of());

    private final SimFileStore files = new SimFileStore(new Random(1));
    private final SimKvEngine engine = new SimKvEngine(files);
    private @Nullable BucketRemote remote;
    private final ExecutorService executor = Executors.newSingleThreadExecutor();
    private KvStores stores;
    private BucketLog log;
    private PrimaryKeyState state;
    private int boot = 1;

    @BeforeEach
    void open() throws IOException {
        stores = new KvStores(engine, 2);
        BucketPorts ports = new BucketPorts(
                files,
                LOGS,
                Clock.systemUTC(),
                new RootAllocator(),
                new BucketManifest.Node("n", "n:1"),
                TestInbox.<BucketManifest.Command>create().getRef(),
                TestInbox.<Sequence.Command>create().getRef(),
                stores,
                null,
                "boot-" + boot,
                bucket -> CompletableFuture.completedFuture(TABLE),
                (bucket, owner) -> CompletableFuture.completedFuture(null),
                new LocalBuckets(),
                BucketSettings.from(ConfigFactory.load()));
        LogSettings tiny = new LogSettings(300, Duration.ofDays(1), Duration.ZERO, 1, 100);
        log = BucketLog.open(files, DIRECTORY, tiny, Clock.systemUTC());
        state = new PrimaryKeyState(new KvState(ports, BUCKET, log, remote), log, ports.settings(), 1);
    }

    @AfterEach
    void stopExecutor() {
        executor.shutdownNow();
    }

    @AfterAll
    static void stopSystem() {
        SYSTEM.terminate();
    }

    /** Gives the bucket an object store with nothing in it. */
    private SimObjectStore addRemote() throws IOException {
        Materializer materializer = SystemMaterializer.get(SYSTEM).materializer();
        SimObjectStore objects = new SimObjectStore(1, materializer);
        Duration timeout = Duration.ofSeconds(20);
        RemoteTier tier = new RemoteTier(
                objects,
                new Transfers(objects, 2, 1, executor, timeout, materializer),
                new ObjectFiles(objects, 1 << 20, 1 << 16, 2, timeout, materializer),
                Clock.systemUTC(),
                new Random(2),
                Duration.ofHours(1));
        remote = new BucketRemote(tier, new KvSnapshots(tier, files, BUCKET.entityId(), DIRECTORY), Manifest.EMPTY);
        state.kv().close();
        log.close();
        open();
        return objects;
    }

    private KvSnapshot upload(long takenMs) throws IOException {
        BucketRemote to = Objects.requireNonNull(remote);
        List<KvSnapshot> known = to.manifest().snapshots();
        KvSnapshot done;
        try (KvSnapshots.Local local = state.snapshot(TABLE, PROPERTIES, takenMs)) {
            assertThat(local.offset()).isEqualTo(log.endOffset());
            done = to.snapshots().upload(local, known).toCompletableFuture().join();
        }
        to.manifest(to.manifest().with(new BucketManifest.SnapshotAdded(done, 0, takenMs)));
        return done;
    }

    /** The KV state is gone, and what says how much of it was durable. */
    private void loseStore() throws IOException {
        state.kv().close();
        log.close();
        engine.destroy(STORE);
        files.delete(DIRECTORY.resolve(DurableOffset.FILE));
        open();
    }

    private void assertAllRowsThere(int rows) throws IOException {
        for (int i = 0; i < rows; i++) {
            assertThat(read(i)).isEqualTo(row(i, "text " + i));
        }
    }

    @Test
    void aStateThatIsGoneComesFromTheNewestSnapshotThoughTheLogIsTrimmed() throws IOException {
        SimObjectStore objects = addRemote();
        for (int i = 0; i < 20; i++) {
            write(i, "text " + i);
        }
        KvSnapshot snapshot = upload(5);
        assertThat(files.list(DIRECTORY)).noneMatch(KvSnapshots::isTemporary);
        log.applyRetention(state.kv().syncedOffset());
        assertThat(log.startOffset()).isPositive();
        for (int i = 20; i < 30; i++) {
            write(i, "text " + i);
        }
        loseStore();
        assertAllRowsThere(30);
        assertThat(state.kv().syncedOffset()).isEqualTo(30);

        // Again, out of reach for a while: no row is missing afterwards.
        loseStore();
        objects.faults(new SimFaults(1, 0, 0, 0, 0, 0, Duration.ZERO, 0));
        refused(ErrorCode.BUCKET_UNAVAILABLE, () -> read(0));
        objects.faults(SimFaults.NONE);
        org.awaitility.Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .ignoreException(WeirException.class)
                .untilAsserted(() -> assertAllRowsThere(30));

        losePower();
        assertAllRowsThere(30);
        loseStore();
        objects.remove(snapshot.descriptor().name());
        refused(ErrorCode.CORRUPT_DATA, () -> read(0));
        assertThat(state.kv().problems()).anyMatch(problem -> problem.contains("none of its KV snapshots"));
    }

    @Test
    void aDamagedSnapshotIsPassedForTheOlderOne() throws IOException {
        SimObjectStore objects = addRemote();
        for (int i = 0; i < 10; i++) {
            write(i, "text " + i);
        }
        upload(5);
        log.applyRetention(state.kv().syncedOffset());
        for (int i = 10; i < 20; i++) {
            write(i, "text " + i);
        }
        KvSnapshot newest = upload(6);
        objects.damage(newest.descriptor().name(), 40);
        loseStore();
        assertAllRowsThere(20);
    }

    @Test
    void aSnapshotThatTheLogDoesNotReachIsNotUsed() throws IOException {
        addRemote();
        write(0, "text 0");
        KvSnapshot snapshot = upload(5);
        BucketRemote to = Objects.requireNonNull(remote);
        to.manifest(to.manifest()
                .with(new BucketManifest.SnapshotAdded(
                        new KvSnapshot(99, 7, snapshot.bytes(), snapshot.descriptor()), 0, 7)));
        loseStore();
        assertAllRowsThere(1);
    }

    private void losePower() throws IOException {
        files.restart(true);
        engine.crash(1, true);
        boot++;
        open();
    }

    private static Map<Integer, Object> row(long k, String text) {
        return new TreeMap<>(Map.of(ModelRows.KEY, k, ModelRows.SMALL, 1L, ModelRows.TEXT, text));
    }

    private Object write(long k, String text) throws IOException {
        TestInbox<Bucket.AppendReply> inbox = TestInbox.create();
        WriteQueue.Request request = WriteQueue.Request.of(new Bucket.Upsert(
                List.of(ModelRows.changes(ChangeKind.UPSERT, TABLE.schema(), List.of(row(k, text)), List.of())),
                null,
                false,
                inbox.getRef()));
        state.commit(List.of(request), TABLE, PROPERTIES, () -> 0).forEach(Runnable::run);
        return inbox.receiveMessage();
    }

    private Map<Integer, Object> read(long k) throws IOException {
        state.catchUp(TABLE, PROPERTIES);
        Key key = KeyEncoder.of(TABLE.schema().columns(), List.of("k"))
                .encode(ModelRows.batch(TABLE.schema(), List.of(row(k, ""))))
                .get(0);
        try (KvStores.Lease lease = state.kv().read()) {
            return ModelRows.decode(TABLE.schema(), new RowStore(lease.store()).get(key));
        }
    }

    private static void refused(ErrorCode code, org.assertj.core.api.ThrowableAssert.ThrowingCallable what) {
        assertThatThrownBy(what).isInstanceOfSatisfying(WeirException.class, e -> assertThat(e.code())
                .isEqualTo(code));
    }

    @Test
    void aStateThatEndedIsNotOpenedAgainByThoseWhoComeLate() throws IOException {
        write(1, "a");
        state.kv().close();
        assertThat(state.kv().read()).isNull();
        refused(ErrorCode.BUCKET_UNAVAILABLE, () -> state.catchUp(TABLE, PROPERTIES));
        refused(ErrorCode.BUCKET_UNAVAILABLE, () -> write(1, "b"));
        assertThat(engine.open()).isZero();
        assertThat(log.endOffset()).isEqualTo(1);
    }

    @Test
    void theLogStaysWhileTheRowsHaveToBeMadeAnewFromIt() throws IOException {
        for (int i = 0; i < 20; i++) {
            write(i, "text " + i);
        }
        assertThat(state.kv().syncedOffset()).isEqualTo(20);
        state.kv().damaged(new DamagedStoreException("by order of the test"));
        log.applyRetention(state.kv().syncedOffset());
        assertThat(log.startOffset()).isZero();
        assertThat(read(0)).isEqualTo(row(0, "text 0"));
        log.applyRetention(state.kv().syncedOffset());
        assertThat(log.startOffset()).as("what retention would have taken").isPositive();
    }

    @Test
    void whatAFailedSyncMayHaveLostIsWrittenAgain() throws IOException {
        write(1, "a");
        engine.faults((operation, directory) ->
                operation == SimKvEngine.Operation.SYNC ? SimKvEngine.Outcome.FAILED : SimKvEngine.Outcome.FINE);
        assertThatThrownBy(() -> state.kv().syncedOffset()).isInstanceOf(IOException.class);
        engine.faults((operation, directory) -> SimKvEngine.Outcome.FINE);
        write(2, "b");
        assertThat(state.kv().syncedOffset()).isEqualTo(2);
        losePower();
        assertThat(read(1)).isEqualTo(row(1, "a"));
        assertThat(read(2)).isEqualTo(row(2, "b"));
    }

    @Test
    void aStoreThatFailedInAWriteIsOpenedAgain() throws IOException {
        write(1, "a");
        engine.faults((operation, directory) ->
                operation == SimKvEngine.Operation.WRITE ? SimKvEngine.Outcome.BROKEN : SimKvEngine.Outcome.FINE);
        refused(ErrorCode.OUTCOME_UNKNOWN, () -> write(1, "b"));
        refused(ErrorCode.BUCKET_UNAVAILABLE, () -> read(1));
        engine.faults((operation, directory) -> SimKvEngine.Outcome.FINE);
        org.awaitility.Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .ignoreException(WeirException.class)
                .untilAsserted(() -> assertThat(read(1)).isEqualTo(row(1, "b")));
    }

    @Test
    void aStateOfAnotherVersionIsRefusedAndLeftAlone() throws IOException {
        write(1, "a");
        byte[] later = ByteBuffer.allocate(12).put((byte) 2).putLong(1).array();
        try (KvStores.Lease lease = stores.use(STORE)) {
            lease.store().write(new KvBatch().put(new byte[] {0}, later));
        }
        state.kv().close();
        open();
        assertThatThrownBy(() -> read(1)).hasMessageContaining("version 2");
        assertThatThrownBy(() -> write(1, "b")).hasMessageContaining("version 2");
        try (KvStores.Lease lease = stores.use(STORE)) {
            assertThat(lease.store().get(new byte[] {0})).isEqualTo(later);
        }
    }

    @Test
    void aLogWithGapsIsNothingToMakeTheRowsAnewFrom() throws IOException {
        for (int i = 0; i < 20; i++) {
            write(i, "text " + i);
        }
        state.kv().close();
        log.close();
        List<String> segments = files.list(DIRECTORY).stream()
                .filter(name -> name.endsWith(".log"))
                .sorted()
                .toList();
        files.delete(DIRECTORY.resolve(segments.get(segments.size() / 2)));
        open();
        assertThat(log.corruptions()).isNotEmpty();
        assertThat(read(0)).isEqualTo(row(0, "text 0"));
        state.kv().damaged(new DamagedStoreException("by order of the test"));
        refused(ErrorCode.CORRUPT_DATA, () -> read(0));
        try (KvStores.Lease lease = stores.use(STORE)) {
            assertThat(new RowStore(lease.store()).offset())
                    .as("what is left of it stays")
                    .isEqualTo(20);
        }
    }

    @Test
    void rowsOverTheLimitAreRefusedAndLeaveNothing() throws IOException {
        assertThat(write(1, "x".repeat(UpsertPlan.ROW_BYTES_MAX)))
                .isInstanceOfSatisfying(Bucket.Refused.class, refused -> assertThat(refused.code())
                        .isEqualTo(ErrorCode.BODY_TOO_LARGE));
        assertThat(log.endOffset()).isZero();
        assertThat(write(1, "x".repeat(UpsertPlan.ROW_BYTES_MAX - 1000))).isEqualTo(new Bucket.Appended(0, 1));
    }
}
