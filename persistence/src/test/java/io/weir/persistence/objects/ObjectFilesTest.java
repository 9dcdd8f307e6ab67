package io.weir.persistence.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.weir.persistence.file.StoredFile;
import io.weir.persistence.objects.SimObjectStore.Operation;
import io.weir.persistence.objects.SimObjectStore.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class ObjectFilesTest {
    private static final int MIB = 1 << 20;
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int BLOCK = ObjectFiles.BLOCK_BYTES;

    private static ActorSystem system;
    private static Materializer materializer;

    private final SimObjectStore store = new SimObjectStore(1, materializer);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private ObjectFiles files = new ObjectFiles(store, 16 * MIB, 2 * MIB, 8, LONG, materializer);

    @BeforeAll
    static void startSystem() {
        system = ActorSystem.create(
                "object-files",
                ConfigFactory.parseString("pekko.loglevel = OFF").withFallback(ConfigFactory.load()));
        materializer = SystemMaterializer.get(system).materializer();
    }

    @AfterAll
    static void stopSystem() {
        TestKit.shutdownActorSystem(system);
    }

    /** Whatever a test did: nothing stays under way. */
    @AfterEach
    void nothingIsInFlight() {
        store.goOn();
        Awaitility.await().until(() -> files.asked() == 0 && store.gets() == 0);
        threads.shutdownNow();
    }

    private StoredObject object(String name, int size) {
        return store.store(new ObjectName(name), ObjectStoreContract.bytes(size, size));
    }

    private byte[] read(StoredFile file, long position, int length) throws IOException {
        ByteBuffer target = ByteBuffer.allocate(length);
        int n = file.read(target, position);
        assertThat(target.position()).isEqualTo(n);
        return Arrays.copyOf(target.array(), n);
    }

    private CompletableFuture<byte[]> reading(StoredFile file, long position, int length) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return read(file, position, length);
                    } catch (IOException e) {
                        throw new java.util.concurrent.CompletionException(e);
                    }
                },
                threads);
    }

    private long requests() {
        return files.counts().requests();
    }

    @Test
    void onlyMissingBlocksAreFetchedThoseSideBySideByOneGet() throws IOException {
        StoredObject object = object("x", 100_000);
        byte[] all = store.bytes(object.name());
        StoredFile file = files.open(object, 0, object.size());
        assertThat(read(file, 5000, 100)).isEqualTo(Arrays.copyOfRange(all, 5000, 5100));
        assertThat(files.fetchedBytes()).isEqualTo(BLOCK);
        assertThat(read(file, 100, 20_000)).isEqualTo(Arrays.copyOfRange(all, 100, 20_100));
        assertThat(files.fetchedBytes()).isEqualTo(5 * BLOCK);
        assertThat(requests()).isEqualTo(3);
        assertThat(read(file, 100, 20_000)).isEqualTo(Arrays.copyOfRange(all, 100, 20_100));
        assertThat(requests()).isEqualTo(3);
        assertThat(files.counts()).isEqualTo(new ObjectFiles.Counts(1, 2, 3, 0));
        // The last block ends where the object does.
        assertThat(read(file, 99_990, 100)).isEqualTo(Arrays.copyOfRange(all, 99_990, 100_000));
        assertThat(files.fetchedBytes()).isEqualTo(5 * BLOCK + 100_000 % BLOCK);
        assertThat(read(file, 100_000, 10)).isEmpty();
        assertThat(store.bytesGiven()).isEqualTo(files.fetchedBytes());
    }

    @Test
    void aPartIsAFileOfItsOwnThatSharesTheBlocks() throws IOException {
        StoredObject object = object("x", 100_000);
        byte[] all = store.bytes(object.name());
        StoredFile part = files.open(object, 3000, 6000);
        assertThat(part.size()).isEqualTo(6000);
        assertThat(read(part, 0, 10_000)).isEqualTo(Arrays.copyOfRange(all, 3000, 9000));
        assertThat(read(part, 5990, 100)).isEqualTo(Arrays.copyOfRange(all, 8990, 9000));
        assertThat(read(part, 6001, 100)).isEmpty();
        assertThat(read(files.open(object, 0, 12_288), 0, 12_288)).isEqualTo(Arrays.copyOf(all, 12_288));
        assertThat(requests()).isOne();
        assertThatThrownBy(() -> files.open(object, 99_999, 2)).isInstanceOf(IllegalArgumentException.class);
        part.close();
        assertThatThrownBy(() -> read(part, 0, 1)).isInstanceOf(IOException.class);
        assertThatThrownBy(part::sync).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> part.truncate(0)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> part.write(List.of(), 0)).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void whoReadsOnAndOnMovesEachByteOnceAndSeveralGetsRunAtOnce() throws Exception {
        files = new ObjectFiles(store, 16 * MIB, 4 * MIB, 4, LONG, materializer);
        StoredObject object = object("x", 40 * MIB + 5);
        byte[] all = store.bytes(object.name());
        store.faults(SimFaults.NONE.withDelays(1, Duration.ofMillis(2)));
        for (int chunk : new int[] {10_000, 100_000, 5 * MIB}) {
            long before = files.fetchedBytes();
            ObjectFiles fresh = new ObjectFiles(store, 16 * MIB, 4 * MIB, 4, LONG, materializer);
            StoredFile file = fresh.open(object, 0, object.size());
            for (int at = 0; at < all.length; at += chunk) {
                byte[] bytes = read(file, at, chunk);
                assertThat(Arrays.equals(bytes, 0, bytes.length, all, at, at + bytes.length))
                        .isTrue();
            }
            assertThat(fresh.fetchedBytes()).as("in reads of %d bytes", chunk).isEqualTo(object.size());
            assertThat(fresh.counts().requests()).isLessThan(150);
            assertThat(files.fetchedBytes()).isEqualTo(before);
        }
        assertThat(store.getsMax()).isGreaterThanOrEqualTo(3);
    }

    @Test
    void interleavedReadersAreEachReadAheadForWithinTheCache() throws IOException {
        StoredObject object = object("x", 24 * MIB);
        StoredFile file = files.open(object, 0, object.size());
        int readers = 4;
        int share = 6 * MIB;
        for (int at = 0; at < share; at += 50_000) {
            for (int reader = 0; reader < readers; reader++) {
                read(file, (long) reader * share + at, Math.min(50_000, share - at));
            }
        }
        // Each reads ahead into what the next one has read already, or the cache has not kept.
        assertThat(files.fetchedBytes()).isBetween(object.size(), object.size() + object.size() / 4);
        assertThat(requests()).isLessThan(400);
    }

    /** As a projection reads: head and metadata of each batch, and one column of ten. */
    @Test
    void whoReadsATenthMovesAboutATenth() throws IOException {
        StoredObject object = object("x", 32 * MIB);
        StoredFile file = files.open(object, 0, object.size());
        int batch = 256 << 10;
        long wanted = 0;
        for (long at = 0; at < object.size(); at += batch) {
            read(file, at, 4096);
            read(file, at + 4096, 1000);
            read(file, at + 100_000, 25_000);
            wanted += 4096 + 1000 + 25_000;
        }
        assertThat(files.fetchedBytes()).isBetween(wanted, wanted + wanted * 3 / 10);
    }

    /** The last column of a batch and the head of the next one lie side by side. */
    @Test
    void readingTheLastColumnOfEachBatchIsNoReadingOn() throws IOException {
        StoredObject object = object("x", 32 * MIB);
        StoredFile file = files.open(object, 0, object.size());
        int batch = 512 << 10;
        long wanted = 0;
        for (long at = 0; at < object.size(); at += batch) {
            read(file, at, 4096);
            read(file, at + 4096, 4096);
            read(file, at + batch - 50_000, 25_000);
            read(file, at + batch - 25_000, 25_000);
            wanted += 8192 + 50_000;
        }
        assertThat(files.fetchedBytes()).isBetween(wanted, wanted + wanted * 2 / 10);
    }

    @Test
    void readersOfTheSameBytesShareOneGet() throws Exception {
        StoredObject object = object("x", 100_000);
        StoredFile file = files.open(object, 0, object.size());
        store.standStill();
        List<CompletableFuture<byte[]>> reads = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            reads.add(reading(file, 1000, 50_000));
        }
        Awaitility.await().until(() -> store.standing() == 1);
        store.goOn();
        for (CompletableFuture<byte[]> read : reads) {
            assertThat(read.get(10, TimeUnit.SECONDS))
                    .isEqualTo(Arrays.copyOfRange(store.bytes(object.name()), 1000, 51_000));
        }
        assertThat(requests()).isOne();
    }

    @Test
    void noMoreGetsThanAllowedRunAtOnce() throws Exception {
        files = new ObjectFiles(store, 16 * MIB, 2 * MIB, 2, LONG, materializer);
        StoredObject object = object("x", 8 * MIB);
        StoredFile file = files.open(object, 0, object.size());
        store.standStill();
        List<CompletableFuture<byte[]>> reads = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            reads.add(reading(file, i * (long) MIB, 10_000));
        }
        Awaitility.await().until(() -> store.standing() == 2 && files.asked() == 6);
        assertThat(requests()).isEqualTo(2);
        store.goOn();
        for (CompletableFuture<byte[]> read : reads) {
            assertThat(read.get(10, TimeUnit.SECONDS)).hasSize(10_000);
        }
    }

    @Test
    void aStoreThatStandsStillFailsReadersInTimeAndNothingStaysInFlight() throws Exception {
        files = new ObjectFiles(store, 16 * MIB, 2 * MIB, 1, Duration.ofMillis(150), materializer);
        StoredObject object = object("x", 8 * MIB);
        StoredFile file = files.open(object, 0, object.size());
        store.standStill();
        List<CompletableFuture<byte[]>> reads = List.of(reading(file, 0, 5 * MIB), reading(file, 6 * MIB, 10));
        for (CompletableFuture<byte[]> read : reads) {
            assertThatThrownBy(() -> read.get(10, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(ObjectUnavailableException.class)
                    .hasMessageContaining("nothing came within PT0.15S");
        }
        Awaitility.await().until(() -> files.asked() == 0);
        store.goOn();
        assertThat(read(file, 0, 10)).hasSize(10);
    }

    @Test
    void aFailedGetIsToldAndForgotten() throws IOException {
        StoredObject object = object("x", 200_000);
        StoredFile file = files.open(object, 0, object.size());
        for (Outcome outcome : new Outcome[] {Outcome.REFUSED, Outcome.BROKEN_OFF, Outcome.CUT_SHORT}) {
            store.next(Operation.GET, 1, outcome);
            assertThatThrownBy(() -> read(file, 0, 100_000))
                    .isInstanceOf(ObjectUnavailableException.class)
                    .hasMessageContaining("object x, bytes [0, 100000)");
        }
        assertThat(files.counts().failures()).isEqualTo(3);
        assertThat(read(file, 0, 100_000)).isEqualTo(Arrays.copyOf(store.bytes(object.name()), 100_000));
        StoredObject gone = object("gone", 100);
        store.remove(gone.name());
        assertThatThrownBy(() -> read(files.open(gone, 0, 100), 0, 1)).isInstanceOf(NoSuchFileException.class);
        StoredObject larger = new StoredObject(object.name(), object.size() + 5000, 0);
        assertThatThrownBy(() -> read(files.open(larger, 0, larger.size()), object.size() - 10, 20))
                .isInstanceOf(ObjectUnavailableException.class);
    }

    /** What is read often stays, though much else is read once. */
    @Test
    void theCacheIsBoundedAndKeepsWhatIsReadOften() throws IOException {
        files = new ObjectFiles(store, 2 * MIB, MIB, 4, LONG, materializer);
        StoredObject often = object("often", 100_000);
        StoredObject large = object("large", 16 * MIB);
        StoredFile hot = files.open(often, 0, often.size());
        StoredFile file = files.open(large, 0, large.size());
        for (int at = 0; at < large.size(); at += 64 << 10) {
            read(hot, 0, 100_000);
            read(file, at, 64 << 10);
        }
        assertThat(files.fetchedBytes()).isLessThan(large.size() + 3L * 100_000);
        assertThat(files.heldBytes()).isLessThanOrEqualTo(2 * MIB);
        long before = files.fetchedBytes();
        read(file, 0, MIB);
        assertThat(files.fetchedBytes()).as("it does not hold all").isGreaterThan(before);
    }

    /** Any reads in any number of threads give the bytes that are there, or fail as they should; caches of all sizes. */
    @Test
    void readsAreRightWhateverIsReadAtOnce() throws Exception {
        long seed = Long.getLong("weir.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 6; round++) {
            int cache = new int[] {0, 20_000, 300_000, 4 * MIB}[random.nextInt(4)];
            files = new ObjectFiles(store, cache, random.nextInt(2 * MIB), 1 + random.nextInt(8), LONG, materializer);
            store.faults(
                    round % 2 == 0
                            ? SimFaults.NONE
                            : new SimFaults(0.02, 0, 0, 0.02, 0.02, 0.3, Duration.ofMillis(2), 0));
            List<StoredObject> objects = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                objects.add(object("r%d-%d".formatted(round, i), 1 + random.nextInt(3 * MIB)));
            }
            List<CompletableFuture<Integer>> readers = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                StoredObject object = objects.get(random.nextInt(3));
                SplittableRandom own = random.split();
                readers.add(CompletableFuture.supplyAsync(() -> readAround(object, own), threads));
            }
            int failed = 0;
            try {
                for (CompletableFuture<Integer> reader : readers) {
                    failed += reader.get(30, TimeUnit.SECONDS);
                }
            } catch (Exception | AssertionError e) {
                throw new AssertionError("replay with -Dweir.seed=" + seed, e);
            }
            assertThat(failed).isLessThan(round % 2 == 0 ? 1 : 200);
            Awaitility.await().until(() -> files.asked() == 0);
            assertThat(files.heldBytes()).isLessThanOrEqualTo(cache);
        }
    }

    /** @return how many reads failed */
    private int readAround(StoredObject object, SplittableRandom random) {
        byte[] all = store.bytes(object.name());
        int start = random.nextInt(all.length);
        int length = 1 + random.nextInt(all.length - start);
        int failed = 0;
        try (StoredFile file = files.open(object, start, length)) {
            long position = 0;
            for (int i = 0; i < 60; i++) {
                position = random.nextInt(4) == 0 || position > length ? random.nextInt(length + 10) : position;
                int wanted = 1 + random.nextInt(random.nextInt(8) == 0 ? 2 * MIB : 30_000);
                try {
                    byte[] bytes = read(file, position, wanted);
                    int from = start + (int) Math.min(position, length);
                    assertThat(bytes).hasSize((int) Math.max(0, Math.min(wanted, length - position)));
                    assertThat(Arrays.equals(bytes, 0, bytes.length, all, from, from + bytes.length))
                            .isTrue();
                } catch (ObjectUnavailableException e) {
                    failed++;
                }
                position += wanted;
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return failed;
    }
}
