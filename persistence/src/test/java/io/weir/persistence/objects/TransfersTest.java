package io.weir.persistence.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.SimFileStore;
import io.weir.persistence.objects.SimObjectStore.Operation;
import io.weir.persistence.objects.SimObjectStore.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TransfersTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private static ActorSystem system;
    private static Materializer materializer;

    @TempDir
    Path directory;

    private final ExecutorService executor = Executors.newFixedThreadPool(2);
    private final FileStore files = new DiskFileStore();
    private final SimObjectStore store = new SimObjectStore(1, materializer);
    private final List<String> opened = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger open = new AtomicInteger();

    @BeforeAll
    static void startSystem() {
        system = ActorSystem.create(
                "transfers", ConfigFactory.parseString("pekko.loglevel = OFF").withFallback(ConfigFactory.load()));
        materializer = SystemMaterializer.get(system).materializer();
    }

    @AfterAll
    static void stopSystem() {
        TestKit.shutdownActorSystem(system);
    }

    @AfterEach
    void stopExecutor() {
        assertThat(open).as("bodies left open").hasValue(0);
        executor.shutdownNow();
    }

    private Transfers transfers(Duration timeout) {
        return new Transfers(store, 2, 2, executor, timeout, materializer);
    }

    /** A body that says when it is read after its end, and counts the open ones. */
    private final class CheckedBody implements Transfers.Body {
        private final byte[] bytes;
        private final long size;
        private boolean closed;

        CheckedBody(String name, byte[] bytes, long size) {
            this.bytes = bytes;
            this.size = size;
            opened.add(name);
            open.incrementAndGet();
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public synchronized int read(ByteBuffer target, long position) throws IOException {
            assertThat(closed).isFalse();
            int n = (int) Math.max(0, Math.min(target.remaining(), bytes.length - position));
            target.put(bytes, (int) position, n);
            return n;
        }

        @Override
        public synchronized void close() {
            assertThat(closed).isFalse();
            closed = true;
            open.decrementAndGet();
        }
    }

    private CompletionStage<StoredObject> upload(Transfers transfers, String name, byte[] bytes) {
        return transfers.upload(new ObjectName(name), () -> new CheckedBody(name, bytes, bytes.length));
    }

    private static <T> T await(CompletionStage<T> stage) throws Throwable {
        try {
            return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
            throw e.getCause();
        }
    }

    private static byte[] bytes(int size) {
        return ObjectStoreContract.bytes(size, size);
    }

    @Test
    void whatGoesUpComesDown() throws Throwable {
        Transfers transfers = transfers(LONG);
        for (int size : new int[] {0, 1, Transfers.CHUNK_BYTES, 3 * Transfers.CHUNK_BYTES + 7}) {
            StoredObject stored = await(upload(transfers, "x" + size, bytes(size)));
            assertThat(store.bytes(stored.name())).isEqualTo(bytes(size));
            Path file = directory.resolve("f" + size);
            await(transfers.download(stored, files, file));
            assertThat(Files.readAllBytes(file)).isEqualTo(bytes(size));
            assertThat(await(transfers.read(stored, size))).isEqualTo(bytes(size));
            assertThat(await(transfers.read(stored.name(), size))).isEqualTo(bytes(size));
        }
        long sum = 1 + 4L * Transfers.CHUNK_BYTES + 7;
        assertThat(transfers.counts()).isEqualTo(new Transfers.Counts(4, sum, 0, 3 * sum, 0, 0));
        StoredObject small = await(transfers.upload(new ObjectName("small"), bytes(10)));
        assertThat(store.bytes(small.name())).isEqualTo(bytes(10));
    }

    @Test
    void soManyRunAndTheOthersWaitInOrderWithTheirBodiesShut() throws Throwable {
        Transfers transfers = transfers(LONG);
        store.standStill();
        List<CompletableFuture<StoredObject>> uploads = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            uploads.add(upload(transfers, "x" + i, bytes(100)).toCompletableFuture());
        }
        Awaitility.await().until(() -> store.standing() == 2);
        assertThat(opened).containsExactlyInAnyOrder("x0", "x1");
        assertThat(transfers.counts().running()).isEqualTo(2);
        assertThat(transfers.counts().waiting()).isEqualTo(18);
        store.goOn();
        for (CompletableFuture<StoredObject> upload : uploads) {
            await(upload);
        }
        assertThat(opened).hasSize(20);
        for (int i = 0; i < 20; i++) {
            // Two at once: each may be one place off.
            assertThat(opened.indexOf("x" + i)).isBetween(i - 1, i + 1);
        }
        assertThat(transfers.counts().running()).isZero();
    }

    @Test
    void aTransferOutOfTimeFailsAndGivesItsPlaceBack() throws Throwable {
        Transfers transfers = transfers(Duration.ofMillis(100));
        StoredObject there = store.store(new ObjectName("there"), bytes(100_000));
        store.standStill();
        Path file = directory.resolve("file");
        List<CompletionStage<?>> stuck = List.of(
                upload(transfers, "a", bytes(10)),
                upload(transfers, "b", bytes(10)),
                upload(transfers, "c", bytes(10)),
                transfers.download(there, files, file),
                transfers.read(there, 1 << 20));
        for (CompletionStage<?> stage : stuck) {
            assertThatThrownBy(() -> await(stage))
                    .isInstanceOfSatisfying(ObjectStoreException.Retryable.class, e -> assertThat(e.maybeDone())
                            .isTrue())
                    .hasMessageContaining("did not end within PT0.1S");
        }
        assertThat(file).doesNotExist();
        assertThat(open).hasValue(0);
        assertThat(transfers.counts()).isEqualTo(new Transfers.Counts(0, 0, 3, 0, 0, 0));
        store.goOn();
        await(upload(transfers, "d", bytes(10)));
        await(transfers.download(there, files, file));
    }

    @Test
    void failuresComeAsTheyAreAndLeaveNothingOpen() throws Throwable {
        Transfers transfers = transfers(LONG);
        store.next(Operation.PUT, 1, Outcome.REFUSED);
        assertThatThrownBy(() -> await(upload(transfers, "a", bytes(10))))
                .isInstanceOf(ObjectStoreException.Retryable.class);
        assertThatThrownBy(() -> await(transfers.upload(new ObjectName("b"), () -> {
                    throw new IOException("no such segment");
                })))
                .isInstanceOf(IOException.class)
                .hasMessage("no such segment");
        assertThatThrownBy(() -> await(
                        transfers.upload(new ObjectName("c"), () -> new CheckedBody("c", bytes(400_000), 500_000))))
                .isInstanceOf(IOException.class)
                .hasMessage("the body ends at byte 400000 of 500000");
        assertThat(store.names()).isEmpty();
        ObjectName none = new ObjectName("none");
        assertThatThrownBy(() -> await(transfers.read(none, 10))).isInstanceOf(ObjectStoreException.NotFound.class);
        store.store(none, bytes(11));
        assertThatThrownBy(() -> await(transfers.read(none, 10))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> await(transfers.read(new StoredObject(none, 11, 0), 10)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(transfers.counts()).isEqualTo(new Transfers.Counts(0, 0, 3, 11, 0, 0));
    }

    @Test
    void aDownloadThatFailsLeavesNoFileAndTouchesNoneThatWasThere() throws Throwable {
        Transfers transfers = transfers(LONG);
        StoredObject stored = store.store(new ObjectName("x"), bytes(600_000));
        Path file = directory.resolve("file");
        for (Outcome outcome : new Outcome[] {Outcome.REFUSED, Outcome.BROKEN_OFF, Outcome.CUT_SHORT}) {
            store.next(Operation.GET, 1, outcome);
            assertThatThrownBy(() -> await(transfers.download(stored, files, file)))
                    .isInstanceOf(ObjectStoreException.class);
            assertThat(file).doesNotExist();
        }
        store.damage(stored.name(), 300_000);
        assertThatThrownBy(() -> await(transfers.download(stored, files, file)))
                .isInstanceOf(ObjectStoreException.Damaged.class);
        assertThat(file).doesNotExist();
        Files.writeString(file, "mine");
        assertThatThrownBy(() -> await(transfers.download(stored, files, file)))
                .isInstanceOf(java.nio.file.FileAlreadyExistsException.class);
        assertThat(file).hasContent("mine");
    }

    @Test
    void aDownloadIsOnTheDiskWhenItIsAnswered() throws Throwable {
        SimFileStore disk = new SimFileStore(new SplittableRandom(3));
        Path at = Path.of("/d");
        disk.createDirectories(at);
        StoredObject stored = store.store(new ObjectName("x"), bytes(300_000));
        await(transfers(LONG).download(stored, disk, at.resolve("file")));
        disk.syncDirectory(at);
        disk.restart(true);
        ByteBuffer back = ByteBuffer.allocate(300_001);
        assertThat(disk.openForRead(at.resolve("file")).read(back, 0)).isEqualTo(300_000);
    }

    @Test
    void afterTheExecutorStoppedTransfersStillEndAndBodiesClose() {
        Transfers transfers = transfers(LONG);
        store.standStill();
        CompletableFuture<StoredObject> upload =
                upload(transfers, "a", bytes(1_000_000)).toCompletableFuture();
        Awaitility.await().until(() -> store.standing() == 1);
        executor.shutdownNow();
        store.goOn();
        Awaitility.await().until(upload::isDone);
        assertThat(open).hasValue(0);
    }
}
