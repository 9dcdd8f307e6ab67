package io.weir.persistence.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.persistence.file.DiskFullException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Copies of stores, taken while they compact. */
final class KvCopyTest {
    private static final LevelDbSettings SMALL = new LevelDbSettings(64 << 10, 64 << 10, 20, 0);

    @TempDir
    Path directory;

    static Stream<KvEngine> levelDbs() {
        return Stream.of(LevelDb.jni(SMALL), LevelDb.pureJava(SMALL));
    }

    static Stream<KvEngine> engines() {
        return Stream.concat(levelDbs(), Stream.of(new SimKvEngine(), new CachedKv(LevelDb.jni(SMALL), 1 << 20)));
    }

    private static byte[] key(int number) {
        return ByteBuffer.allocate(4).putInt(number).array();
    }

    private final NavigableMap<byte[], byte[]> model = new TreeMap<>(Arrays::compareUnsigned);

    private void write(KvStore store, SplittableRandom random, int batches) throws IOException {
        for (int b = 0; b < batches; b++) {
            KvBatch batch = new KvBatch();
            for (int i = 0; i < 50; i++) {
                byte[] key = key(random.nextInt(4000));
                if (random.nextInt(5) == 0) {
                    batch.delete(key);
                    model.remove(key);
                } else {
                    byte[] value = new byte[random.nextInt(400)];
                    random.nextBytes(value);
                    batch.put(key, value);
                    model.put(key, value);
                }
            }
            store.write(batch);
        }
    }

    private static NavigableMap<byte[], byte[]> all(KvStore store) throws IOException {
        NavigableMap<byte[], byte[]> found = new TreeMap<>(Arrays::compareUnsigned);
        try (KvView view = store.view();
                KvCursor cursor = view.from(new byte[0])) {
            while (cursor.next()) {
                found.put(cursor.key(), cursor.value());
            }
        }
        return found;
    }

    private static void assertSame(Map<byte[], byte[]> found, NavigableMap<byte[], byte[]> wanted) {
        assertThat(found).hasSameSizeAs(wanted);
        found.forEach((key, value) -> {
            if (!Arrays.equals(value, wanted.get(key))) {
                assertThat(value).as(Arrays.toString(key)).isEqualTo(wanted.get(key));
            }
        });
    }

    @ParameterizedTest
    @MethodSource("engines")
    void copiesTakenWhileTheStoreCompactsEqualItAtThatMoment(KvEngine engine) throws IOException {
        SplittableRandom random = new SplittableRandom(11);
        Map<Path, NavigableMap<byte[], byte[]>> copies = new HashMap<>();
        try (KvStore store = engine.open(directory.resolve("kv"))) {
            for (int round = 0; round < 10; round++) {
                // Some write buffers full: the last is being written out, or its tables merged, when the copy is asked
                // for.
                write(store, random, 1 + random.nextInt(60));
                Path copy = directory.resolve("copy-" + round);
                store.copyTo(copy);
                copies.put(copy, new TreeMap<>(model));
            }
            assertSame(all(store), model);
        }
        for (Map.Entry<Path, NavigableMap<byte[], byte[]>> copy : copies.entrySet()) {
            try (KvStore store = engine.open(copy.getKey())) {
                assertSame(all(store), copy.getValue());
                store.write(new KvBatch().put(key(1), key(1)));
            }
        }
        try (KvStore store = engine.open(directory.resolve("kv"))) {
            assertSame(all(store), model);
        }
    }

    @ParameterizedTest
    @MethodSource("levelDbs")
    void tablesAreLinkedAndOutliveTheStore(KvEngine engine) throws IOException {
        Path copy = directory.resolve("copy");
        List<String> tables;
        try (KvStore store = engine.open(directory.resolve("kv"))) {
            write(store, new SplittableRandom(3), 100);
            tables = store.copyTo(copy);
            assertThat(tables).isNotEmpty();
            for (String table : tables) {
                assertThat(Files.isSameFile(
                                copy.resolve(table), directory.resolve("kv").resolve(table)))
                        .isTrue();
            }
            for (String name : List.of("CURRENT")) {
                assertThat(Files.isSameFile(
                                copy.resolve(name), directory.resolve("kv").resolve(name)))
                        .isFalse();
            }
        }
        engine.destroy(directory.resolve("kv"));
        try (KvStore store = engine.open(copy)) {
            assertSame(all(store), model);
        }
    }

    @Test
    void whereTheFileSystemHasNoLinksAllIsCopied() throws IOException {
        KvEngine engine = LevelDb.jni(SMALL);
        Path kv = directory.resolve("kv");
        try (KvStore store = engine.open(kv)) {
            write(store, new SplittableRandom(5), 100);
        }
        Path copy = directory.resolve("copy");
        List<String> tables = new LevelDbCopy(kv, copy, bytes -> {}, (link, existing) -> {
                    throw new FileSystemException(link.toString(), existing.toString(), "Operation not permitted");
                })
                .run();
        assertThat(Files.isSameFile(copy.resolve(tables.get(0)), kv.resolve(tables.get(0))))
                .isFalse();
        try (KvStore store = engine.open(copy)) {
            assertSame(all(store), model);
        }
    }

    @ParameterizedTest
    @MethodSource("levelDbs")
    void aCopyThatFailsLetsTheStoreGoOn(KvEngine engine) throws IOException {
        SplittableRandom random = new SplittableRandom(13);
        try (KvStore store = engine.open(directory.resolve("kv"))) {
            for (int round = 0; round < 3; round++) {
                write(store, random, 60);
                assertThatThrownBy(() ->
                                store.copyTo(directory.resolve("no parent").resolve("copy")))
                        .isInstanceOf(IOException.class);
                Thread.currentThread().interrupt();
                Throwable whileInterrupted = null;
                try {
                    store.copyTo(directory.resolve("interrupted-" + round));
                } catch (IOException e) {
                    whileInterrupted = e;
                } finally {
                    assertThat(Thread.interrupted()).isTrue();
                }
                assertThat(whileInterrupted == null
                                || whileInterrupted.getMessage().contains("interrupt"))
                        .isTrue();
            }
            write(store, random, 200);
            assertSame(all(store), model);
        }
    }

    @ParameterizedTest
    @MethodSource("fullDisks")
    void aCopyThatTheDiskHasNoRoomForIsRefused(KvEngine engine) throws IOException {
        try (KvStore store = engine.open(directory.resolve("kv"))) {
            store.write(new KvBatch().put(key(1), key(1)));
            assertThatThrownBy(() -> store.copyTo(directory.resolve("copy"))).isInstanceOf(DiskFullException.class);
        }
    }

    static Stream<KvEngine> fullDisks() {
        LevelDbSettings greedy = new LevelDbSettings(64 << 10, 64 << 10, 20, Long.MAX_VALUE / 2);
        return Stream.of(LevelDb.jni(greedy), LevelDb.pureJava(greedy));
    }
}
