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
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's data directory, locked against a second process for as long as this is open. Gives the node its identity, which stays
 * with the directory whatever address the node has.
 */
final class DataDirectory implements AutoCloseable {
    static final int RESERVE_BYTES = 8 << 20;
    private static final Logger LOG = LoggerFactory.getLogger(DataDirectory.class);

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
            try {
                reserveSpace(directory);
                return new DataDirectory(channel, identity(directory, ids));
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
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

    /**
     * Keeps some space that nothing else on the disk can take, and gives it free where a node starts on a full disk: without it the
     * journal could not be opened, and its memory maps would end the process.
     */
    private static void reserveSpace(Path directory) throws IOException {
        Path reserve = directory.resolve("reserve");
        if (directory.toFile().getUsableSpace() < 2L * RESERVE_BYTES) {
            if (Files.deleteIfExists(reserve)) {
                LOG.warn("the disk of {} is full; the node starts with the space that it had kept back", directory);
            }
            return;
        }
        if (!Files.exists(reserve)) {
            byte[] incompressible = new byte[RESERVE_BYTES];
            new SplittableRandom(RESERVE_BYTES).nextBytes(incompressible);
            Files.write(reserve, incompressible);
        }
    }

    private static String identity(Path directory, Supplier<UUID> ids) throws IOException {
        Path file = directory.resolve("node-id");
        if (Files.exists(file)) {
            String id = Files.readString(file).trim();
            if (id.isEmpty()) {
                throw new IllegalStateException(
                        file + " is empty; restore it, it names the owner of the rows in this directory");
            }
            return id;
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
