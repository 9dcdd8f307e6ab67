package io.weir.persistence.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in memory is what is in the store, and saves asking it. */
final class CachedKvTest {
    private static final int KEYS = 64;

    @TempDir
    Path directory;

    /** Counts what reaches the store, and fails writes on demand. */
    private static final class Watched implements KvEngine {
        private final SimKvEngine engine = new SimKvEngine();
        private final AtomicInteger gets = new AtomicInteger();
        private final AtomicBoolean failAfterWrite = new AtomicBoolean();

        @Override
        public String name() {
            return "watched";
        }

        @Override
        public void destroy(Path directory) throws IOException {
            engine.destroy(directory);
        }

        @Override
        public KvStore open(Path directory) throws IOException {
            KvStore store = engine.open(directory);
            return new KvStore() {
                @Override
                public byte @Nullable [] get(byte[] key) throws IOException {
                    gets.incrementAndGet();
                    return store.get(key);
                }

                @Override
                public void write(KvBatch batch) throws IOException {
                    store.write(batch);
                    if (failAfterWrite.getAndSet(false)) {
                        throw new IOException("after it was applied");
                    }
                }

                @Override
                public void ensureRoom(long bytes) throws io.weir.persistence.file.DiskFullException {
                    store.ensureRoom(bytes);
                }

                @Override
                public KvView view() throws IOException {
                    return store.view();
                }

                @Override
                public void sync() throws IOException {
                    store.sync();
                }

                @Override
                public java.util.List<String> copyTo(Path directory) throws java.io.IOException {
                    throw new AssertionError();
                }

                @Override
                public long sizeInBytes() throws IOException {
                    return store.sizeInBytes();
                }

                @Override
                public void close() throws IOException {
                    store.close();
                }
            };
        }
    }

    private static byte[] key(int number) {
        return ByteBuffer.allocate(4).putInt(number).array();
    }

    private static byte[] value(long number) {
        return ByteBuffer.allocate(8).putLong(number).array();
    }

    @Test
    void whatWasWrittenOrReadIsNotAskedForAgain() throws IOException {
        Watched watched = new Watched();
        CachedKv cached = new CachedKv(watched, 1 << 20);
        try (KvStore store = cached.open(directory)) {
            store.write(new KvBatch().put(key(1), value(10)).put(key(2), value(20)));
            assertThat(store.get(key(1))).isEqualTo(value(10));
            assertThat(store.get(key(3)))
                    .as("a store that was empty holds nothing else")
                    .isNull();
            store.write(new KvBatch().delete(key(1)));
            assertThat(store.get(key(1))).isNull();
            assertThat(watched.gets).hasValue(0);
        }
        try (KvStore again = cached.open(directory)) {
            assertThat(again.get(key(2))).isEqualTo(value(20));
            assertThat(again.get(key(2))).isEqualTo(value(20));
            assertThat(again.get(key(1))).isNull();
            assertThat(again.get(key(1))).isNull();
            assertThat(watched.gets).hasValue(2);
        }
    }

    @Test
    void afterAFailedWriteTheStoreIsBelievedAlone() throws IOException {
        Watched watched = new Watched();
        try (KvStore store = new CachedKv(watched, 1 << 20).open(directory)) {
            store.write(new KvBatch().put(key(1), value(10)));
            watched.failAfterWrite.set(true);
            assertThatThrownBy(() ->
                            store.write(new KvBatch().put(key(1), value(11)).put(key(2), value(20))))
                    .isInstanceOf(IOException.class);
            assertThat(store.get(key(1))).isEqualTo(value(11));
            assertThat(store.get(key(2))).isEqualTo(value(20));
        }
    }

    @Test
    void aSmallCacheForgetsAndAsksTheStore() throws IOException {
        Watched watched = new Watched();
        try (KvStore store = new CachedKv(watched, 10L * CachedKv.ENTRY_BYTES).open(directory)) {
            for (int i = 0; i < 1_000; i++) {
                store.write(new KvBatch().put(key(i), value(i)));
            }
            for (int i = 0; i < 1_000; i++) {
                assertThat(store.get(key(i))).isEqualTo(value(i));
            }
            assertThat(store.get(key(5_000))).isNull();
            assertThat(watched.gets.get()).isGreaterThan(900);
        }
    }

    /** The value of each key only grows; a reader that knows of an acknowledged value never gets an older one. */
    @Test
    void readersNeverSeeLessThanWhatWasAcknowledged() throws Exception {
        for (long cacheBytes : new long[] {5L * CachedKv.ENTRY_BYTES, 1 << 20}) {
            AtomicLongArray acknowledged = new AtomicLongArray(KEYS);
            AtomicBoolean stop = new AtomicBoolean();
            ExecutorService threads = Executors.newFixedThreadPool(3);
            try (KvStore store = new CachedKv(LevelDb.jni(new LevelDbSettings(64 << 10, 64 << 10, 20, 0)), cacheBytes)
                    .open(directory.resolve("c" + cacheBytes))) {
                List<Future<?>> readers = new ArrayList<>();
                for (int r = 0; r < 3; r++) {
                    SplittableRandom random = new SplittableRandom(r);
                    readers.add(threads.submit(() -> {
                        while (!stop.get()) {
                            read(store, random.nextInt(KEYS), acknowledged);
                        }
                        return null;
                    }));
                }
                SplittableRandom random = new SplittableRandom(99);
                for (long n = 1; n <= 20_000; n++) {
                    int one = random.nextInt(KEYS);
                    int other = random.nextInt(KEYS);
                    store.write(new KvBatch().put(key(one), value(n)).put(key(other), value(n)));
                    acknowledged.set(one, n);
                    acknowledged.set(other, n);
                }
                stop.set(true);
                for (Future<?> reader : readers) {
                    reader.get(30, TimeUnit.SECONDS);
                }
            } finally {
                stop.set(true);
                threads.shutdown();
            }
        }
    }

    private static void read(KvStore store, int key, AtomicLongArray acknowledged) throws IOException {
        long atLeast = acknowledged.get(key);
        byte[] found = store.get(key(key));
        long value = found == null ? 0 : ByteBuffer.wrap(found).getLong();
        assertThat(value).isGreaterThanOrEqualTo(atLeast);
    }
}
