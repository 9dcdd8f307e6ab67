package io.weir.persistence.objects;

import io.weir.persistence.file.FileStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * Whole objects up and down, for all buckets of a node together: so many at a time, the others wait in order. A transfer that has not
 * ended in its time fails, so that a store that stands still does not hold a place for ever. Thread-safe.
 */
public final class Transfers {
    private final ObjectStore store;

    /** What is sent: its bytes by position, read on the executor. Closed when the transfer has ended, whatever its outcome. */
    public interface Body extends AutoCloseable {
        long size();

        /** Fills the target as far as the body goes. @return bytes read */
        int read(ByteBuffer target, long position) throws IOException;

        @Override
        void close() throws IOException;
    }

    /**
     * @param uploadsMax most uploads at once
     * @param downloadsMax most downloads to files at once
     * @param executor for blocking file work
     * @param timeout of one transfer
     */
    public Transfers(ObjectStore store, int uploadsMax, int downloadsMax, Executor executor, Duration timeout) {
        this.store = store;
    }

    /** Where blocking file work of transfers runs: whoever waits for a transfer must not do so on it. */
    public Executor executor() {
        throw new UnsupportedOperationException("spine: reads");
    }

    /** @param body opened when it is this upload's turn */
    public CompletionStage<StoredObject> upload(ObjectName name, Callable<Body> body) {
        throw new UnsupportedOperationException("spine: reads " + store);
    }

    /** Uploads bytes that are at hand. */
    public CompletionStage<StoredObject> upload(ObjectName name, byte[] bytes) {
        throw new UnsupportedOperationException("spine: reads");
    }

    /** Writes the object to a new file, checked against size and checksum, and syncs it (not the directory). */
    public CompletionStage<Void> download(StoredObject object, FileStore files, Path file) {
        throw new UnsupportedOperationException("spine: reads");
    }

    /** The whole object, checked. @param bytesMax fails with IllegalArgumentException where the object is larger */
    public CompletionStage<byte[]> read(StoredObject object, int bytesMax) {
        throw new UnsupportedOperationException("spine: reads");
    }

    /** The whole object of a name, checked against what the store knows of it. */
    public CompletionStage<byte[]> read(ObjectName name, int bytesMax) {
        throw new UnsupportedOperationException("spine: reads");
    }

    /** For metrics: since the start, and as of now. */
    public record Counts(
            long uploads, long uploadedBytes, long failedUploads, long downloadedBytes, int running, int waiting) {}

    public Counts counts() {
        throw new UnsupportedOperationException("spine: reads");
    }
}
