package io.weir.persistence.objects;

import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of unfinished puts, under {@code .puts/<id>/} of a directory store; no object's name can lead there. The lock file
 * {@code .puts/<id>.lock} is held while the store is open, so that whoever opens the directory next can tell what is left of the dead.
 */
final class PutFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PutFiles.class);
    private static final String LOCK = ".lock";

    /**
     * Lock files that this process holds. They must not even be opened here: when one is closed, the system gives up all locks that the
     * process has on it.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final FileStore files;
    private final FileChannel lock;
    private final AtomicLong next = new AtomicLong();

    private PutFiles(Path directory, FileStore files, FileChannel lock) {
        this.directory = directory;
        this.files = files;
        this.lock = lock;
    }

    static PutFiles open(Path root, FileStore files, RandomGenerator random) throws IOException {
        Path puts = root.resolve(".puts");
        files.createDirectories(puts);
        removeLeftovers(puts, files);
        String id = HexFormat.of().toHexDigits(random.nextLong());
        Path lockFile = puts.resolve(id + LOCK);
        HELD.add(lockFile);
        FileChannel lock;
        try {
            lock = FileChannel.open(lockFile, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
            // The channel holds it until it is closed.
            if (lock.tryLock() == null) {
                lock.close();
                throw new IOException("cannot lock a new file in " + puts);
            }
        } catch (IOException | RuntimeException e) {
            HELD.remove(lockFile);
            throw e;
        }
        Path directory = puts.resolve(id);
        files.createDirectories(directory);
        return new PutFiles(directory, files, lock);
    }

    private static void removeLeftovers(Path puts, FileStore files) throws IOException {
        for (String entry : files.list(puts)) {
            if (entry.endsWith(LOCK) && !HELD.contains(puts.resolve(entry)) && isDead(puts.resolve(entry))) {
                files.deleteTree(puts.resolve(entry.substring(0, entry.length() - LOCK.length())));
                files.delete(puts.resolve(entry));
            }
        }
    }

    /** A store that is opened this moment may have its file made and not locked yet: an empty directory is all it could lose. */
    private static boolean isDead(Path lockFile) throws IOException {
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
                @Nullable FileLock held = channel.tryLock()) {
            return held != null;
        } catch (OverlappingFileLockException e) {
            // This process, another store, by another path.
            return false;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    PutFile create() throws IOException {
        if (!lock.isOpen()) {
            throw new IOException("the store is closed");
        }
        Path path = directory.resolve(Long.toString(next.getAndIncrement()));
        try {
            return new PutFile(path, files.create(path));
        } catch (NoSuchFileException e) {
            // Somebody tidied up where there are no locks, as on some network file systems.
            files.createDirectories(directory);
            return new PutFile(path, files.create(path));
        }
    }

    @Override
    public void close() throws IOException {
        files.deleteTree(directory);
        Files.deleteIfExists(directory.resolveSibling(directory.getFileName() + LOCK));
        lock.close();
        HELD.remove(directory.resolveSibling(directory.getFileName() + LOCK));
    }

    /** One put's file. */
    final class PutFile implements AutoCloseable {
        private final Path path;
        private final StoredFile file;

        PutFile(Path path, StoredFile file) {
            this.path = path;
            this.file = file;
        }

        Path path() {
            return path;
        }

        StoredFile file() {
            return file;
        }

        /** Returns when all that was written is on the disk. */
        void finish() throws IOException {
            file.sync();
            file.close();
        }

        /** Removes the file unless it was moved; what cannot be removed now is at the next open. */
        void discard() {
            try {
                file.close();
                files.delete(path);
            } catch (IOException e) {
                LOG.warn("file of a put stays until the store is opened again: {}", path, e);
            }
        }

        @Override
        public void close() {
            discard();
        }
    }
}
