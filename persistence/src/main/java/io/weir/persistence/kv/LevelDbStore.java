package io.weir.persistence.kv;

import io.weir.persistence.file.DiskFullException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.iq80.leveldb.DB;
import org.iq80.leveldb.ReadOptions;
import org.iq80.leveldb.WriteBatch;
import org.iq80.leveldb.WriteOptions;
import org.jspecify.annotations.Nullable;

/**
 * An open LevelDB. No call reaches LevelDB once it is closed: {@link #close} waits for the calls that run, and refuses while views are
 * open; every later call is an IllegalStateException.
 *
 * <p>A store that failed to write or to compact (LevelDB then refuses every write) works again after it was closed and opened.
 */
final class LevelDbStore implements KvStore {
    private final Path directory;
    private final File directoryFile;
    private final DB db;
    private final LevelDbSettings settings;
    private final Runnable onClosed;
    private final UseCount users = new UseCount();
    private final WriteOptions writeOptions = new WriteOptions().sync(false);
    private final ReadOptions readOptions = new ReadOptions();

    LevelDbStore(Path directory, DB db, LevelDbSettings settings, Runnable onClosed) {
        this.directory = directory;
        this.directoryFile = directory.toFile();
        this.db = db;
        this.settings = settings;
        this.onClosed = onClosed;
    }

    void enter() {
        if (!users.enter()) {
            throw closed();
        }
    }

    private IllegalStateException closed() {
        return new IllegalStateException("the KV store is closed: " + directory);
    }

    void exit() {
        users.exit();
    }

    IOException failure(String what, Exception e) {
        return LevelDbEngine.failure(what, directory, e);
    }

    @Override
    public byte @Nullable [] get(byte[] key) throws IOException {
        enter();
        try {
            return db.get(key, readOptions);
        } catch (RuntimeException e) {
            throw failure("read", e);
        } finally {
            exit();
        }
    }

    @Override
    public void write(KvBatch batch) throws IOException {
        enter();
        try (WriteBatch writes = db.createWriteBatch()) {
            for (int i = 0; i < batch.size(); i++) {
                byte[] value = batch.value(i);
                if (value == null) {
                    writes.delete(batch.key(i));
                } else {
                    writes.put(batch.key(i), value);
                }
            }
            db.write(writes, writeOptions);
        } catch (IOException | RuntimeException e) {
            throw failure("write", e);
        } finally {
            exit();
        }
    }

    @Override
    public void ensureRoom(long bytes) throws DiskFullException {
        // Twice: what is written goes to LevelDB's log, and again to a table when the write buffer is full.
        long left = directoryFile.getUsableSpace() - 2 * bytes;
        if (left < settings.reservedBytes()) {
            throw new DiskFullException(
                    "less than %d bytes would be left for the KV state to be kept in order: %s"
                            .formatted(settings.reservedBytes(), directory),
                    null);
        }
    }

    @Override
    public KvView view() throws IOException {
        if (!users.enterForView()) {
            throw closed();
        }
        try {
            return new LevelDbView(this, db, db.getSnapshot());
        } catch (RuntimeException e) {
            users.viewClosed();
            throw failure("take a view", e);
        } finally {
            exit();
        }
    }

    void viewClosed() {
        users.viewClosed();
    }

    @Override
    public void sync() throws IOException {
        enter();
        try {
            LevelDbFiles.sync(directory);
        } finally {
            exit();
        }
    }

    @Override
    public List<String> copyTo(Path target) throws IOException {
        enter();
        try {
            suspendCompactions();
            try {
                return new LevelDbCopy(directory, target, this::ensureRoom, Files::createLink).run();
            } finally {
                db.resumeCompactions();
            }
        } catch (IOException | RuntimeException e) {
            throw failure("copy", e);
        } finally {
            exit();
        }
    }

    /**
     * Returns when no compaction runs and none begins: both engines have one thread for compactions and for writing out full write
     * buffers, and this makes it wait, after the work that is before it in its queue. The native LevelDB has one such thread for all
     * stores of the process.
     */
    private void suspendCompactions() throws IOException {
        try {
            db.suspendCompactions();
        } catch (InterruptedException e) {
            // The request to wait is in the queue all the same: taken back.
            db.resumeCompactions();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for a compaction to end", e);
        }
    }

    @Override
    public long sizeInBytes() throws IOException {
        return LevelDbFiles.size(directory);
    }

    /** @throws IllegalStateException where a view is still open; the store stays open then */
    @Override
    public void close() throws IOException {
        if (!users.close()) {
            return;
        }
        try {
            db.close();
        } catch (IOException | RuntimeException e) {
            throw failure("close", e);
        } finally {
            onClosed.run();
        }
    }
}
