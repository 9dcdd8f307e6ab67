package io.weir.persistence.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.file.DiskFullException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every engine does, the simulated one included; and what the LevelDB ones do with their files. */
final class KvStoreTest {
    private static final LevelDbSettings SMALL = new LevelDbSettings(64 << 10, 64 << 10, 20, 0);

    @TempDir
    Path directory;

    static Stream<KvEngine> engines() {
        return Stream.of(
                LevelDb.jni(SMALL),
                LevelDb.pureJava(SMALL),
                new SimKvEngine(),
                new CachedKv(LevelDb.jni(SMALL), 1 << 20),
                new CachedKv(new SimKvEngine(), 2_000));
    }

    static Stream<KvEngine> levelDbs() {
        return Stream.of(LevelDb.jni(SMALL), LevelDb.pureJava(SMALL));
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private static byte[] key(int number) {
        return ByteBuffer.allocate(4).putInt(number).array();
    }

    private static List<String> entries(KvView view, byte[] from) throws IOException {
        List<String> found = new ArrayList<>();
        try (KvCursor cursor = view.from(from)) {
            while (cursor.next()) {
                found.add(Arrays.toString(cursor.key()) + "=" + Arrays.toString(cursor.value()));
            }
        }
        return found;
    }

    @ParameterizedTest
    @MethodSource("engines")
    void entriesAreInUnsignedOrderAndAViewStaysAsItWas(KvEngine engine) throws IOException {
        try (KvStore store = engine.open(directory.resolve("kv"))) {
            store.write(new KvBatch()
                    .put(bytes(0x80), bytes(1))
                    .put(bytes(0x7f), bytes(2))
                    .put(bytes(0x7f, 0), bytes(3))
                    .put(bytes(), bytes()));
            try (KvView before = store.view()) {
                store.write(new KvBatch().delete(bytes(0x7f)).put(bytes(0x80), bytes(9)));
                assertThat(entries(before, bytes()))
                        .containsExactly("[]=[]", "[127]=[2]", "[127, 0]=[3]", "[-128]=[1]");
                assertThat(entries(before, bytes(0x7f, 0))).containsExactly("[127, 0]=[3]", "[-128]=[1]");
                assertThat(entries(before, bytes(0xff))).isEmpty();
                assertThat(before.get(bytes(0x7f))).containsExactly(2);
                assertThat(before.get(bytes(1))).isNull();
            }
            assertThat(store.get(bytes(0x7f))).isNull();
            assertThat(store.get(bytes(0x80))).containsExactly(9);
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void batchesApplyInOrderAndAllIsThereAfterReopening(KvEngine engine) throws IOException {
        Path place = directory.resolve("kv");
        SplittableRandom random = new SplittableRandom(7);
        NavigableMap<byte[], byte[]> model = new TreeMap<>(Arrays::compareUnsigned);
        for (int round = 0; round < 3; round++) {
            try (KvStore store = engine.open(place)) {
                for (int b = 0; b < 60; b++) {
                    KvBatch batch = new KvBatch();
                    for (int i = 0; i < 50; i++) {
                        byte[] key = key(random.nextInt(800));
                        if (random.nextInt(4) == 0) {
                            batch.delete(key);
                            model.remove(key);
                        } else {
                            byte[] value = new byte[random.nextInt(200)];
                            random.nextBytes(value);
                            batch.put(key, value);
                            model.put(key, value);
                        }
                    }
                    store.write(batch);
                    if (b == 30) {
                        store.sync();
                    }
                }
                for (int i = 0; i < 800; i++) {
                    assertThat(store.get(key(i))).isEqualTo(model.get(key(i)));
                }
                assertThat(store.sizeInBytes()).isPositive();
            }
        }
        engine.destroy(place);
        try (KvStore store = engine.open(place);
                KvView view = store.view()) {
            assertThat(entries(view, bytes())).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("engines")
    void everythingAfterCloseIsRefused(KvEngine engine) throws IOException {
        Path place = directory.resolve("kv");
        KvStore store = engine.open(place);
        store.write(new KvBatch().put(key(1), key(1)));
        KvView view = store.view();
        KvCursor cursor = view.from(key(0));
        assertThatThrownBy(store::close).isInstanceOf(IllegalStateException.class);
        assertThat(store.get(key(1))).isEqualTo(key(1));
        view.close();
        view.close();
        assertThatThrownBy(cursor::next).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> view.get(key(1))).isInstanceOf(IllegalStateException.class);
        cursor.close();
        assertThatThrownBy(() -> engine.open(place)).isInstanceOfAny(IOException.class, IllegalStateException.class);
        assertThatThrownBy(() -> engine.destroy(place)).isInstanceOfAny(IOException.class, IllegalStateException.class);
        store.close();
        store.close();
        assertThatThrownBy(() -> store.get(key(1))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> store.write(new KvBatch())).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(store::view).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(store::sync).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @MethodSource("levelDbs")
    void closingWaitsForThoseThatAreInside(KvEngine engine) throws Exception {
        AtomicReference<Throwable> wrong = new AtomicReference<>();
        for (int round = 0; round < 20; round++) {
            KvStore store = engine.open(directory.resolve("kv"));
            KvBatch batch = new KvBatch();
            for (int i = 0; i < 100; i++) {
                batch.put(key(i), key(i));
            }
            store.write(batch);
            CountDownLatch running = new CountDownLatch(3);
            List<Thread> readers = new ArrayList<>();
            for (int t = 0; t < 3; t++) {
                int reader = t;
                readers.add(new Thread(() -> readUntilClosed(store, reader, running, wrong)));
            }
            readers.forEach(Thread::start);
            running.await();
            boolean closed = false;
            while (!closed) {
                try {
                    store.close();
                    closed = true;
                } catch (IllegalStateException viewIsOpen) {
                    Thread.yield();
                }
            }
            for (Thread reader : readers) {
                reader.join();
            }
        }
        assertThat(wrong).hasNullValue();
    }

    private static void readUntilClosed(
            KvStore store, int reader, CountDownLatch running, AtomicReference<Throwable> wrong) {
        boolean counted = false;
        try {
            for (int i = 0; reader > 0 || i < 50; i++) {
                if (reader == 0) {
                    // Views come and go for a while: closing finds one open, or none.
                    try (KvView view = store.view()) {
                        assertThat(entries(view, key(90))).hasSize(10);
                    }
                } else {
                    assertThat(store.get(key(i % 100))).isNotNull();
                }
                if (!counted) {
                    counted = true;
                    running.countDown();
                }
            }
        } catch (IllegalStateException closed) {
            running.countDown();
        } catch (Throwable e) {
            wrong.set(e);
            running.countDown();
        }
    }

    @Test
    void eachImplementationReadsTheOthersFiles() throws IOException {
        Path place = directory.resolve("kv");
        int next = 0;
        for (KvEngine engine :
                List.of(LevelDb.jni(SMALL), LevelDb.pureJava(SMALL), LevelDb.jni(SMALL), LevelDb.pureJava(SMALL))) {
            try (KvStore store = engine.open(place)) {
                for (int i = 0; i < next; i++) {
                    assertThat(store.get(key(i))).as(engine.name() + " " + i).hasSize(100);
                }
                for (int end = next + 2000; next < end; next += 100) {
                    KvBatch batch = new KvBatch();
                    for (int i = next; i < next + 100; i++) {
                        batch.put(key(i), new byte[100]);
                    }
                    store.write(batch);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("levelDbs")
    void syncGoesOnWhileFilesComeAndGo(KvEngine engine) throws Exception {
        try (KvStore store = engine.open(directory.resolve("kv"))) {
            AtomicReference<Throwable> wrong = new AtomicReference<>();
            Thread writer = new Thread(() -> {
                try {
                    SplittableRandom random = new SplittableRandom(3);
                    for (int i = 0; i < 300; i++) {
                        KvBatch batch = new KvBatch();
                        for (int j = 0; j < 20; j++) {
                            batch.put(key(random.nextInt(3000)), new byte[500]);
                        }
                        store.write(batch);
                    }
                } catch (Throwable e) {
                    wrong.set(e);
                }
            });
            writer.start();
            int syncs = 0;
            while (writer.isAlive() || syncs == 0) {
                store.sync();
                syncs++;
            }
            writer.join();
            assertThat(wrong).hasNullValue();
        }
    }

    @ParameterizedTest
    @MethodSource("levelDbs")
    void roomIsRefusedBeforeTheDiskIsFull(KvEngine unused) throws IOException {
        long free = directory.toFile().getUsableSpace();
        KvEngine greedy = LevelDb.jni(new LevelDbSettings(64 << 10, 0, 20, free / 2));
        try (KvStore store = greedy.open(directory.resolve("kv"))) {
            store.ensureRoom(0);
            assertThatThrownBy(() -> store.ensureRoom(free)).isInstanceOf(DiskFullException.class);
        }
    }

    @Test
    void damageThatAScanFindsIsCorruptData() throws IOException {
        Path place = directory.resolve("kv");
        KvEngine engine = LevelDb.jni(SMALL);
        try (KvStore store = engine.open(place)) {
            for (int i = 0; i < 3000; i += 100) {
                KvBatch batch = new KvBatch();
                for (int j = i; j < i + 100; j++) {
                    batch.put(key(j), new byte[200]);
                }
                store.write(batch);
            }
        }
        engine.open(place).close();
        damageTables(place);
        try (KvStore store = engine.open(place);
                KvView view = store.view()) {
            assertThatThrownBy(() -> entries(view, bytes()))
                    .isInstanceOfSatisfying(
                            WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT_DATA));
        }
    }

    @Test
    void damagedManifestIsCorruptDataOnOpening() throws IOException {
        Path place = directory.resolve("kv");
        KvEngine engine = LevelDb.jni(SMALL);
        engine.open(place).close();
        Files.writeString(place.resolve("CURRENT"), "nonsense");
        assertThatThrownBy(() -> engine.open(place)).isInstanceOf(WeirException.class);
        engine.destroy(place);
        engine.open(place).close();
    }

    private static void damageTables(Path place) throws IOException {
        int damaged = 0;
        try (Stream<Path> all = Files.list(place)) {
            for (Path file :
                    all.filter(f -> f.toString().matches(".*\\.(sst|ldb)")).toList()) {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    channel.write(ByteBuffer.wrap(bytes(0x55)), 100);
                    damaged++;
                }
            }
        }
        assertThat(damaged).isPositive();
    }
}
