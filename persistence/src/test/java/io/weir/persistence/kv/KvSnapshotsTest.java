package io.weir.persistence.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.file.DiskFullException;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.SimFileStore;
import io.weir.persistence.file.StoredFile;
import io.weir.persistence.objects.ObjectFiles;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.ObjectUnavailableException;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.SimFaults;
import io.weir.persistence.objects.SimObjectStore;
import io.weir.persistence.objects.StoredObject;
import io.weir.persistence.objects.Transfers;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots of a LevelDB on their way to an object store and back. */
@Timeout(60)
final class KvSnapshotsTest {
    private static final LevelDbSettings SMALL = new LevelDbSettings(64 << 10, 64 << 10, 20, 0);
    private static final String BUCKET = "7-0";

    private static ActorSystem system;
    private static Materializer materializer;

    @TempDir
    Path directory;

    private final ExecutorService executor = Executors.newSingleThreadExecutor();
    private final SimObjectStore objects = new SimObjectStore(1, materializer);
    private final KvEngine engine = LevelDb.jni(SMALL);
    private final SplittableRandom random = new SplittableRandom(5);
    private final NavigableMap<byte[], byte[]> model = new TreeMap<>(Arrays::compareUnsigned);
    private long takenMs = 1000;

    @BeforeAll
    static void startSystem() {
        system = ActorSystem.create("snapshots");
        materializer = SystemMaterializer.get(system).materializer();
    }

    @AfterAll
    static void stopSystem() {
        TestKit.shutdownActorSystem(system);
    }

    @AfterEach
    void stopExecutor() {
        executor.shutdownNow();
    }

    private Transfers transfers() {
        return new Transfers(objects, 2, 2, executor, Duration.ofSeconds(20), materializer);
    }

    private KvSnapshots snapshots(FileStore files, Path bucketDirectory) {
        ObjectFiles reads = new ObjectFiles(objects, 1 << 20, 1 << 16, 2, Duration.ofSeconds(20), materializer);
        RemoteTier tier =
                new RemoteTier(objects, transfers(), reads, Clock.systemUTC(), new Random(3), Duration.ofHours(1));
        return new KvSnapshots(tier, files, BUCKET, bucketDirectory);
    }

    private KvSnapshots snapshots() {
        return snapshots(new DiskFileStore(0), directory);
    }

    private Path kv() {
        return directory.resolve(KvStores.DIRECTORY);
    }

    private void write(KvStore store, int from, int to) throws IOException {
        for (int i = from; i < to; i += 20) {
            KvBatch batch = new KvBatch();
            for (int k = i; k < Math.min(to, i + 20); k++) {
                byte[] key = ByteBuffer.allocate(4).putInt(k).array();
                byte[] value = new byte[300];
                random.nextBytes(value);
                batch.put(key, value);
                model.put(key, value);
            }
            store.write(batch);
        }
    }

    private static void assertHolds(KvStore store, NavigableMap<byte[], byte[]> wanted) throws IOException {
        int found = 0;
        try (KvView view = store.view();
                KvCursor cursor = view.from(new byte[0])) {
            while (cursor.next()) {
                assertThat(Arrays.equals(cursor.value(), wanted.get(cursor.key())))
                        .isTrue();
                found++;
            }
        }
        assertThat(found).isEqualTo(wanted.size());
    }

    private KvSnapshot upload(KvSnapshots snapshots, KvStore store, long offset, KvSnapshot... known)
            throws IOException {
        try (KvSnapshots.Local local = snapshots.take(store, offset, takenMs++)) {
            assertThat(local.offset()).isEqualTo(offset);
            return snapshots.upload(local, List.of(known)).toCompletableFuture().join();
        }
    }

    private Set<StoredObject> objectsOf(KvSnapshot snapshot) {
        return new HashSet<>(
                KvSnapshots.objects(transfers(), snapshot).toCompletableFuture().join());
    }

    private void restore(KvSnapshot snapshot) throws IOException {
        snapshots().restore(snapshot, () -> engine.destroy(kv()));
    }

    private void assertRestored(KvSnapshot snapshot, NavigableMap<byte[], byte[]> wanted) throws IOException {
        restore(snapshot);
        try (KvStore store = engine.open(kv())) {
            assertHolds(store, wanted);
        }
        assertThat(new DiskFileStore().list(directory)).containsExactly(KvStores.DIRECTORY);
    }

    private KvSnapshot aSnapshot() throws IOException {
        try (KvStore store = engine.open(kv())) {
            write(store, 0, 1500);
            return upload(snapshots(), store, 1500);
        }
    }

    @Test
    void theNextSnapshotUploadsOnlyWhatIsNewAndEachComesBackAsItWas() throws IOException {
        KvSnapshots leader = snapshots();
        KvSnapshot first;
        KvSnapshot second;
        KvSnapshot third;
        NavigableMap<byte[], byte[]> atFirst;
        NavigableMap<byte[], byte[]> atSecond;
        try (KvStore store = engine.open(kv())) {
            write(store, 0, 3000);
            first = upload(leader, store, 3000);
            atFirst = new TreeMap<>(model);
            long bytesBefore = objects.bytesTaken();
            // New keys behind the others: no table is merged with them.
            write(store, 3000, 3020);
            second = upload(leader, store, 3020, first);
            atSecond = new TreeMap<>(model);
            assertThat(objects.bytesTaken() - bytesBefore).isLessThan(first.bytes() / 3);
            // Another leader knows nothing of the files here.
            write(store, 3020, 3040);
            third = upload(snapshots(), store, 3040, first, second);
        }
        assertThat(first.descriptor().name().value())
                .startsWith("buckets/7-0/kv/")
                .endsWith(".snapshot");
        assertThat(objectsOf(first).stream().mapToLong(StoredObject::size).sum())
                .isEqualTo(first.bytes() + first.descriptor().size());
        for (KvSnapshot next : List.of(second, third)) {
            Set<StoredObject> fresh = objectsOf(next);
            fresh.removeAll(objectsOf(first));
            assertThat(fresh.stream().filter(object -> isTable(object.name())))
                    .as("tables of the first are there already")
                    .hasSizeLessThanOrEqualTo(2);
            assertThat(objectsOf(next)).hasSizeGreaterThan(fresh.size());
        }
        assertThat(objects.names())
                .hasSize(union(objectsOf(first), objectsOf(second), objectsOf(third))
                        .size());
        assertRestored(third, model);
        assertRestored(first, atFirst);
        assertRestored(second, atSecond);
    }

    private static boolean isTable(ObjectName name) {
        return name.value().endsWith(".ldb") || name.value().endsWith(".sst");
    }

    @SafeVarargs
    private static Set<StoredObject> union(Set<StoredObject>... sets) {
        Set<StoredObject> all = new HashSet<>();
        for (Set<StoredObject> set : sets) {
            all.addAll(set);
        }
        return all;
    }

    @Test
    void aTableOfTheSameNameAndSizeWithOtherContentIsNotShared() throws IOException {
        KvSnapshots leader = snapshots();
        KvSnapshot first;
        try (KvStore store = engine.open(kv())) {
            write(store, 0, 1500);
            first = upload(leader, store, 1500);
        }
        engine.destroy(kv());
        KvSnapshot second;
        try (KvStore store = engine.open(kv())) {
            write(store, 0, 1500);
            second = upload(leader, store, 1500, first);
        }
        assertRestored(second, model);
    }

    @Test
    void damageOfAnyObjectOfASnapshotIsFoundAndTheStoreStaysAsItWas() throws IOException {
        KvSnapshot snapshot = aSnapshot();
        for (StoredObject object : objectsOf(snapshot)) {
            byte[] good = objects.bytes(object.name());
            objects.damage(object.name(), (int) (object.size() / 2));
            assertDamaged(snapshot);
            objects.store(object.name(), Arrays.copyOf(good, good.length - 1));
            assertDamaged(snapshot);
            objects.remove(object.name());
            assertDamaged(snapshot);
            objects.store(object.name(), good);
        }
        assertRestored(snapshot, model);
    }

    private void assertDamaged(KvSnapshot snapshot) throws IOException {
        assertThatThrownBy(() -> restore(snapshot))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT_DATA));
        assertThat(new DiskFileStore().list(directory)).containsExactly(KvStores.DIRECTORY);
        try (KvStore store = engine.open(kv())) {
            assertHolds(store, model);
        }
    }

    @Test
    void aStoreThatDoesNotAnswerIsNotTakenForDamage() throws IOException {
        KvSnapshot snapshot = aSnapshot();
        objects.faults(new SimFaults(1, 0, 0, 0, 0, 0, Duration.ZERO, 0));
        assertThatThrownBy(() -> restore(snapshot)).isInstanceOf(ObjectUnavailableException.class);
        objects.faults(SimFaults.NONE);
        assertRestored(snapshot, model);
    }

    @Test
    void anUploadThatFailsIsTriedAgainUnderOtherNames() throws IOException {
        KvSnapshots leader = snapshots();
        try (KvStore store = engine.open(kv())) {
            write(store, 0, 1500);
            try (KvSnapshots.Local local = leader.take(store, 1500, takenMs)) {
                int failures = 0;
                KvSnapshot done = null;
                objects.faults(SimFaults.errors(0.2));
                while (done == null) {
                    try {
                        done = leader.upload(local, List.of())
                                .toCompletableFuture()
                                .join();
                    } catch (CompletionException e) {
                        failures++;
                        objects.faults(SimFaults.errors(failures > 3 ? 0 : 0.2));
                    }
                }
                assertThat(failures).isPositive();
                objects.faults(SimFaults.NONE);
                objects.settle();
                objectsOf(done).forEach(object -> assertThat(objects.bytes(object.name()))
                        .hasSize((int) object.size()));
                assertRestoredBeside(done);
            }
        }
    }

    /** The store itself is open. */
    private void assertRestoredBeside(KvSnapshot snapshot) throws IOException {
        Path other = directory.resolve("other");
        Files.createDirectory(other);
        snapshots(new DiskFileStore(0), other).restore(snapshot, () -> {});
        try (KvStore store = engine.open(other.resolve(KvStores.DIRECTORY))) {
            assertHolds(store, model);
        }
    }

    @Test
    void aKnownSnapshotThatIsGoneHasNothingToShare() throws IOException {
        KvSnapshots leader = snapshots();
        try (KvStore store = engine.open(kv())) {
            write(store, 0, 600);
            KvSnapshot first = upload(leader, store, 600);
            objects.remove(first.descriptor().name());
            KvSnapshot second = upload(snapshots(), store, 600, first);
            Set<StoredObject> both = objectsOf(second);
            both.forEach(object -> assertThat(objects.names()).contains(object.name()));
            assertRestoredBeside(second);
        }
    }

    @Test
    void whatAnInterruptedSnapshotLeftIsDeleted() throws IOException {
        for (String name : List.of(KvSnapshots.DIRECTORY_PREFIX + "17", KvSnapshots.DRAFT)) {
            Files.createDirectory(directory.resolve(name));
            Files.writeString(directory.resolve(name).resolve("000003.log"), "x");
            assertThat(KvSnapshots.isTemporary(name)).isTrue();
        }
        assertThat(KvSnapshots.isTemporary(KvStores.DIRECTORY)).isFalse();
        assertThat(KvSnapshots.isTemporary(DurableOffset.FILE)).isFalse();
        snapshots().deleteLeftovers();
        assertThat(new DiskFileStore().list(directory)).isEmpty();
    }

    @Test
    void aSnapshotThatTheDiskHasNoRoomForLeavesNothing() throws IOException {
        KvEngine greedy = LevelDb.jni(new LevelDbSettings(64 << 10, 64 << 10, 20, Long.MAX_VALUE / 2));
        try (KvStore store = greedy.open(kv())) {
            write(store, 0, 600);
            assertThatThrownBy(() -> snapshots().take(store, 600, 1)).isInstanceOf(DiskFullException.class);
        }
        assertThat(new DiskFileStore().list(directory)).containsExactly(KvStores.DIRECTORY);
    }

    /** The transfers take a crash, an Error, for their own end: here it is a disk that fails from then on. */
    private static <T> T crashFails(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> {
            try {
                Object result = method.invoke(target, args);
                return result instanceof StoredFile file ? crashFails(StoredFile.class, file) : result;
            } catch (InvocationTargetException e) {
                throw e.getCause() instanceof SimFileStore.Crash crash ? new IOException(crash) : e.getCause();
            }
        }));
    }

    @Test
    void aMachineThatStopsWhileItRestoresHasTheWholeStoreOrNone() throws IOException {
        Path bucket = Path.of("/sim/7-0");
        Path place = bucket.resolve(KvStores.DIRECTORY);
        SimFileStore files = new SimFileStore(new Random(9));
        KvSnapshot snapshot;
        SimKvEngine origin = new SimKvEngine(files);
        try (KvStore store = origin.open(place)) {
            write(store, 0, 60);
            snapshot = upload(snapshots(files, bucket), store, 60);
        }
        origin.destroy(place);
        int whole = 0;
        boolean done = false;
        for (int steps = 1; !done; steps++) {
            files.crashAfter(steps);
            try {
                FileStore failing = crashFails(FileStore.class, files);
                snapshots(failing, bucket).restore(snapshot, () -> failing.deleteTree(place));
                done = true;
            } catch (IOException e) {
                assertThat(steps).isLessThan(200);
            }
            files.restart(true);
            SimKvEngine after = new SimKvEngine(files);
            if (files.list(place).isEmpty()) {
                assertThat(done).isFalse();
                continue;
            }
            whole++;
            try (KvStore store = after.open(place)) {
                assertHolds(store, model);
            }
            after.destroy(place);
            files.syncDirectory(place);
        }
        assertThat(whole).isPositive();
    }
}
