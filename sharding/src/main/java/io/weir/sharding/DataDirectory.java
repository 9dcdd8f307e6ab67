package io.weir.sharding;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A node's data directory, locked against a second process for as long as this is open. Gives the node its identity, which stays
 * with the directory whatever address the node has.
 */
final class DataDirectory implements AutoCloseable {
    private final FileChannel lockFile;
    private final String nodeId;

    private DataDirectory(FileChannel lockFile, String nodeId) {
        this.lockFile = lockFile;
        this.nodeId = nodeId;
    }

    /** @throws IllegalStateException where another process uses the directory */
    static DataDirectory open(Path directory, Supplier<UUID> ids) {
        try {
            Files.createDirectories(directory);
            FileChannel channel =
                    FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (lock(channel) == null) {
                channel.close();
                throw new IllegalStateException("another process uses the data directory " + directory
                        + "; stop it, or set weir.data-dir to another");
            }
            return new DataDirectory(channel, identity(directory, ids));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot use the data directory " + directory, e);
        }
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static String identity(Path directory, Supplier<UUID> ids) throws IOException {
        Path file = directory.resolve("node-id");
        if (Files.exists(file)) {
            return Files.readString(file).trim();
        }
        String id = ids.get().toString();
        Path draft = directory.resolve("node-id.draft");
        Files.writeString(draft, id + "\n");
        try (FileChannel written = FileChannel.open(draft, StandardOpenOption.WRITE)) {
            written.force(true);
        }
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel entries = FileChannel.open(directory, StandardOpenOption.READ)) {
            entries.force(true);
        }
        return id;
    }

    String nodeId() {
        return nodeId;
    }

    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
