package io.weir.persistence.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.persistence.file.DiskFileStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DirectoryObjectStoreTest extends ObjectStoreContract {
    @TempDir
    Path root;

    private final ExecutorService executor = Executors.newFixedThreadPool(4);
    private DirectoryObjectStore store;

    @BeforeEach
    void open() throws IOException {
        store = openAnother(1);
    }

    private DirectoryObjectStore openAnother(long seed) throws IOException {
        return DirectoryObjectStore.open(
                root.resolve("objects"),
                new DiskFileStore(),
                executor,
                SystemMaterializer.get(system).materializer(),
                new SplittableRandom(seed));
    }

    @AfterEach
    void close() throws IOException {
        store.close();
        executor.shutdownNow();
    }

    @Override
    ObjectStore store() {
        return store;
    }

    private long unfinishedFiles() throws IOException {
        try (Stream<Path> files = Files.walk(root.resolve("objects/.puts"))) {
            return files.filter(file ->
                            Files.isRegularFile(file) && !file.toString().endsWith(".lock"))
                    .count();
        }
    }

    @Test
    void nothingIsLeftOfPutsThatEnded() throws IOException {
        putSmall(name("x"));
        await(store.putIfAbsent(name("x"), ByteString.fromString("2")));
        await(store.putIfAbsent(name("y"), ByteString.fromString("2")));
        assertThatThrownBy(() -> await(store.put(name("z"), Source.failed(new IllegalStateException("no")))))
                .isInstanceOf(IllegalStateException.class);
        assertThat(unfinishedFiles()).isZero();
    }

    @Test
    void leftoversOfADeadProcessAreRemovedAndThoseOfTheLivingAreNot() throws IOException {
        putSmall(name("x"));
        // What a process leaves that was killed in the middle of a put: its lock is free.
        Path puts = root.resolve("objects/.puts");
        Files.createDirectories(puts.resolve("dead"));
        Files.writeString(puts.resolve("dead/0"), "half a segm");
        Files.createFile(puts.resolve("dead.lock"));
        Path ofTheLiving;
        try (Stream<Path> entries = Files.list(puts)) {
            ofTheLiving = entries.filter(path -> Files.isDirectory(path) && !path.endsWith("dead"))
                    .findFirst()
                    .orElseThrow();
        }
        Files.writeString(ofTheLiving.resolve("77"), "being written");
        try (DirectoryObjectStore second = openAnother(2)) {
            assertThat(puts.resolve("dead")).doesNotExist();
            assertThat(puts.resolve("dead.lock")).doesNotExist();
            assertThat(ofTheLiving.resolve("77")).exists();
            assertThat(await(second.list("", java.util.Optional.empty(), 10)).objects())
                    .hasSize(1);
            await(second.put(name("y"), Source.single(ByteString.fromString("2"))));
            assertThat(await(store.head(name("y")))).isPresent();
        }
    }

    @Test
    void aStoreWhoseUnfinishedFilesSomebodyTidiedAwayGoesOn() throws IOException {
        Path puts = root.resolve("objects/.puts");
        new DiskFileStore().deleteTree(puts);
        putSmall(name("x"));
        assertThat(await(store.head(name("x")))).isPresent();
        assertThat(unfinishedFiles()).isZero();
    }

    @Test
    void aNameThatGoesOnWhereAnObjectEndsIsRefused() {
        putSmall(name("a"));
        putSmall(name("b/c"));
        assertThatThrownBy(() -> putSmall(name("a/b"))).isInstanceOf(ObjectStoreException.Refused.class);
        assertThatThrownBy(() -> putSmall(name("b"))).isInstanceOf(ObjectStoreException.Refused.class);
        assertThatThrownBy(() -> await(store.putIfAbsent(name("b"), ByteString.emptyByteString())))
                .isInstanceOf(ObjectStoreException.Refused.class);
    }

    @Test
    void aClosedStorePutsNothing() throws IOException {
        store.close();
        assertThatThrownBy(() -> putSmall(name("a"))).isInstanceOf(ObjectStoreException.Retryable.class);
    }
}
