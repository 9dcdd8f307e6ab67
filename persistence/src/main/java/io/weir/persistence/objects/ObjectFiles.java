package io.weir.persistence.objects;

import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.util.concurrent.Executor;

/**
 * Reads objects as if they were files: by position, blocking. What was read is kept in a cache of bounded size, shared by all objects
 * of a node; only the byte ranges that are missing are fetched (in units of {@value #BLOCK_BYTES}), and who reads on and on is read
 * ahead for. Thread-safe.
 */
public final class ObjectFiles {
    static final int BLOCK_BYTES = 4 << 10;

    private final ObjectStore store;

    /**
     * @param cacheBytes about how much memory the cache may take
     * @param readAheadBytes most that is fetched ahead of one sequential reader
     * @param readsMax most ranged gets under way at once
     * @param timeout after which a read that still waits fails
     */
    public ObjectFiles(
            ObjectStore store,
            Executor executor,
            long cacheBytes,
            int readAheadBytes,
            int readsMax,
            java.time.Duration timeout) {
        this.store = store;
    }

    /**
     * A part of an object, read-only.
     *
     * @return reads fail with {@link java.nio.file.NoSuchFileException} where the object is gone, and with
     *     {@link ObjectUnavailableException} where the store does not give it in time
     */
    public StoredFile open(StoredObject object, long start, long length) throws IOException {
        throw new UnsupportedOperationException("spine: reads " + store);
    }

    /** Bytes fetched from the store so far. */
    public long fetchedBytes() {
        throw new UnsupportedOperationException("spine: reads");
    }

    /** Reads served from the cache, and those that had to wait for the store. */
    public record Counts(long hits, long misses, long requests, long failures) {}

    public Counts counts() {
        throw new UnsupportedOperationException("spine: reads");
    }
}
