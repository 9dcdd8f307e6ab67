package io.weir.persistence.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KvStoresTest {
    private static final Path A = Path.of("/kv/a");
    private static final Path B = Path.of("/kv/b");
    private static final Path C = Path.of("/kv/c");

    private final SimKvEngine engine = new SimKvEngine();
    private final KvStores stores = new KvStores(engine, 2);

    @TempDir
    Path directory;

    private void touch(Path path) throws IOException {
        try (KvStores.Lease lease = stores.use(path)) {
            assertThat(lease.store().get(new byte[] {1})).isNull();
        }
    }

    @Test
    void theOneUsedLeastRecentlyIsClosedFirst() throws IOException {
        touch(A);
        touch(B);
        touch(A);
        touch(C);
        assertThat(engine.openings()).isEqualTo(3);
        touch(A);
        touch(C);
        assertThat(engine.openings()).isEqualTo(3);
        touch(B);
        assertThat(engine.openings()).isEqualTo(4);
        assertThat(stores.open()).isEqualTo(2);
        assertThat(engine.open()).isEqualTo(2);
    }

    @Test
    void storesInUseAreNotClosedAndThoseTooManyCloseWithTheirLeases() throws IOException {
        KvStores.Lease a = stores.use(A);
        KvStores.Lease again = stores.use(A);
        KvStores.Lease b = stores.use(B);
        KvStores.Lease c = stores.use(C);
        assertThat(engine.open()).isEqualTo(3);
        b.close();
        b.close();
        assertThat(engine.open()).isEqualTo(2);
        a.close();
        again.store().write(new KvBatch().put(new byte[] {1}, new byte[] {2}));
        assertThatThrownBy(b::store).isInstanceOf(IllegalStateException.class);
        again.close();
        c.close();
        assertThat(engine.open()).isEqualTo(2);
        assertThat(engine.misuses()).isEmpty();
    }

    @Test
    void releaseWaitsForTheUsersAndDestroyNeedsIt() throws Exception {
        KvStores.Lease a = stores.use(A);
        FutureTask<Void> released = new FutureTask<>(() -> {
            stores.release(A);
            return null;
        });
        new Thread(released).start();
        assertThatThrownBy(() -> stores.destroy(A)).isInstanceOf(IllegalStateException.class);
        assertThat(released.isDone()).isFalse();
        a.store().write(new KvBatch().put(new byte[] {1}, new byte[] {2}));
        a.close();
        released.get(10, TimeUnit.SECONDS);
        assertThat(stores.open()).isZero();
        stores.release(A);
        stores.destroy(A);
        touch(A);
        assertThat(engine.misuses()).isEmpty();
    }

    @Test
    void aStoreThatDoesNotOpenIsTriedAgainAndAClosedNodeOpensNone() throws IOException {
        engine.faults((operation, path) -> SimKvEngine.Outcome.FAILED);
        assertThatThrownBy(() -> stores.use(A)).isInstanceOf(IOException.class);
        assertThat(stores.open()).isZero();
        engine.faults((operation, path) -> SimKvEngine.Outcome.FINE);
        touch(A);
        stores.close();
        assertThat(engine.open()).isZero();
        assertThatThrownBy(() -> stores.use(A)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aViewThatOutlivesItsLeaseDoesNotStopTheOthers() throws IOException {
        KvView forgotten;
        try (KvStores.Lease lease = stores.use(A)) {
            forgotten = lease.store().view();
        }
        touch(B);
        touch(C);
        touch(B);
        assertThat(forgotten.get(new byte[] {1})).isNull();
        forgotten.close();
        touch(C);
        touch(B);
        assertThat(engine.open()).isEqualTo(2);
    }

    @Test
    void usersOfOtherStoresDoNotWaitForOneThatOpens() throws Exception {
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch mayOpen = new CountDownLatch(1);
        KvEngine slow = new KvEngine() {
            @Override
            public String name() {
                return "slow for one directory";
            }

            @Override
            public KvStore open(Path path) throws IOException {
                if (path.equals(A)) {
                    opening.countDown();
                    awaitQuietly(mayOpen);
                }
                return engine.open(path);
            }

            @Override
            public void destroy(Path path) throws IOException {
                engine.destroy(path);
            }
        };
        try (KvStores slowStores = new KvStores(slow, 2)) {
            List<FutureTask<Void>> users = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                FutureTask<Void> user = new FutureTask<>(() -> {
                    slowStores.use(A).close();
                    return null;
                });
                users.add(user);
                new Thread(user).start();
            }
            opening.await();
            slowStores.use(B).close();
            assertThat(users).noneMatch(FutureTask::isDone);
            mayOpen.countDown();
            for (FutureTask<Void> user : users) {
                user.get(10, TimeUnit.SECONDS);
            }
            assertThat(engine.openings()).isEqualTo(2);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void manyThreadsNeverOpenTwiceOrUseAClosedStore() throws Exception {
        int openMax = 5;
        KvStores shared = new KvStores(engine, openMax);
        AtomicReference<Throwable> wrong = new AtomicReference<>();
        AtomicInteger most = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            SplittableRandom random = new SplittableRandom(t);
            threads.add(new Thread(() -> {
                try {
                    for (int i = 0; i < 2000; i++) {
                        useOne(shared, Path.of("/kv/" + random.nextInt(20)), random);
                        most.accumulateAndGet(engine.open(), Math::max);
                    }
                } catch (Throwable e) {
                    wrong.set(e);
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(wrong).hasNullValue();
        assertThat(engine.misuses()).isEmpty();
        assertThat(most.get()).isBetween(openMax, openMax + 8);
        assertThat(engine.open()).isLessThanOrEqualTo(openMax);
        shared.close();
        assertThat(engine.open()).isZero();
    }

    private static void useOne(KvStores shared, Path path, SplittableRandom random) throws IOException {
        if (random.nextInt(20) == 0) {
            shared.release(path);
            return;
        }
        try (KvStores.Lease lease = shared.use(path)) {
            byte[] key = {(byte) random.nextInt(4)};
            lease.store().write(new KvBatch().put(key, key));
            try (KvView view = lease.store().view()) {
                assertThat(view.get(key)).isEqualTo(key);
            }
            assertThat(lease.store().get(key)).isEqualTo(key);
        }
    }

    /** {@code -Dweir.kv.stores=2000} for the whole number: creating each costs several fsyncs. */
    @Test
    void manyStoresTakeBoundedMemory() throws IOException {
        int all = Integer.getInteger("weir.kv.stores", 200);
        LevelDbSettings settings = new LevelDbSettings(1 << 20, 1 << 20, 100, 0);
        long before = residentBytes();
        long after64 = 0;
        try (KvStores real = new KvStores(LevelDb.jni(settings), 64)) {
            for (int i = 0; i < all; i++) {
                try (KvStores.Lease lease = real.use(directory.resolve(Integer.toString(i)))) {
                    KvBatch batch = new KvBatch();
                    for (int k = 0; k < 100; k++) {
                        batch.put(ByteBuffer.allocate(4).putInt(k).array(), new byte[1000]);
                    }
                    lease.store().write(batch);
                }
                if (i == 63) {
                    after64 = residentBytes();
                }
            }
            assertThat(real.open()).isEqualTo(64);
            long after = residentBytes();
            System.out.printf(
                    "%d KV stores, 64 open: resident memory %d MiB before, %d MiB with 64, %d MiB after all%n",
                    all, before >> 20, after64 >> 20, after >> 20);
            assertThat(after - after64)
                    .as("growth past the stores that may be open")
                    .isLessThan(200L << 20);
        }
    }

    /** Of this process; 0 where the system does not say. */
    private static long residentBytes() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElse(0);
    }
}
