package io.weir.persistence.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiskFileStoreTest {
    @TempDir
    Path root;

    private final DiskFileStore files = new DiskFileStore();

    @Test
    void manyBuffersOfAllSizesAreWrittenInOrderAndReadBack() throws IOException {
        SplittableRandom random = new SplittableRandom(3);
        List<ByteBuffer> sources = new ArrayList<>();
        ByteBuffer expected = ByteBuffer.allocate(5 << 20);
        while (expected.remaining() > 1_200_000) {
            byte[] bytes = new byte[random.nextInt(10) == 0 ? 1_200_000 : random.nextInt(3000)];
            random.nextBytes(bytes);
            expected.put(bytes);
            sources.add(random.nextBoolean() ? ByteBuffer.wrap(bytes).asReadOnlyBuffer() : ByteBuffer.wrap(bytes));
        }
        expected.flip();
        try (StoredFile file = files.create(root.resolve("f"))) {
            file.write(sources, 77);
            file.sync();
            assertThat(file.size()).isEqualTo(77L + expected.remaining());
            ByteBuffer target = ByteBuffer.allocate(expected.remaining() + 100);
            assertThat(file.read(target, 77)).isEqualTo(expected.remaining());
            assertThat(target.flip()).isEqualTo(expected);
            assertThat(file.read(ByteBuffer.allocate(10), file.size() + 5)).isZero();
            file.truncate(80);
            assertThat(file.size()).isEqualTo(80);
        }
    }

    @Test
    void filesAndDirectoriesAreListedMovedAndDeleted() throws IOException {
        Path directory = root.resolve("a/b/c");
        files.createDirectories(directory);
        files.createDirectories(directory);
        assertThat(files.list(root.resolve("none"))).isEmpty();
        files.create(directory.resolve("y")).close();
        files.create(directory.resolve("x")).close();
        assertThatThrownBy(() -> files.create(directory.resolve("x"))).isInstanceOf(FileAlreadyExistsException.class);
        files.move(directory.resolve("y"), directory.resolve("x"));
        files.syncDirectory(directory);
        assertThat(files.list(directory)).containsExactly("x");
        assertThatThrownBy(() -> files.openForRead(directory.resolve("y"))).isInstanceOf(NoSuchFileException.class);
        files.delete(directory.resolve("y"));
        files.deleteTree(root.resolve("a"));
        files.deleteTree(root.resolve("a"));
        assertThat(Files.exists(root.resolve("a"))).isFalse();
    }

    @Test
    void aFullDiskIsKnownByTheWordsOfTheSystem() {
        Path file = Path.of("f");
        assertThat(DiskFileStore.known(file, new IOException("No space left on device")))
                .isInstanceOf(DiskFullException.class);
        assertThat(DiskFileStore.known(file, new FileSystemException("f", null, "Disk quota exceeded")))
                .isInstanceOf(DiskFullException.class);
        assertThat(DiskFileStore.known(file, new IOException("Input/output error")))
                .isNotInstanceOf(DiskFullException.class);
    }
}
