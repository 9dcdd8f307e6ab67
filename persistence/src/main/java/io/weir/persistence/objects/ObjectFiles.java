package io.weir.persistence.objects;

import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.stream.Materializer;

/**
 * Reads objects as if they were files: by position, blocking. What was read is kept in a cache of bounded size, shared by all objects
 * of a node; only the byte ranges that are missing are fetched (in units of {@value #BLOCK_BYTES}), each by one get however many
 * readers wait for it, and who reads on and on is read ahead for ({@link ReadCursors} tells who does), in gets of up to 1 MiB side by
 * side. Thread-safe.
 *
 * <p>A get that failed was tried as often as the store does, fails those who wait for it, and is forgotten: the next read asks again.
 * Every get ends by the timeout at the latest.
 *
 * <p>Memory: {@code cacheBytes} for what was read and what was fetched ahead, half each, and {@code readsMax} gets of at most 1 MiB on
 * their way, and for each thread that reads 1 MiB.
 */
public final class ObjectFiles {
    static final int BLOCK_BYTES = 4 << 10;

    /** Who was read ahead for within as many times counts as somebody to share the room with. */
    private static final int SHARERS_MAX = 64;

    private final ObjectBlocks blocks;
    private final int readAheadBytes;
    private final Duration timeout;
    private final AtomicLong hits = new AtomicLong();
    private final AtomicLong misses = new AtomicLong();
    private final ArrayDeque<ReadCursors.Cursor> recent = new ArrayDeque<>();
    private final Map<ReadCursors.Cursor, Integer> sharers = new HashMap<>();

    /**
     * @param cacheBytes about how much memory the cache may take
     * @param readAheadBytes most that is fetched ahead of one sequential reader
     * @param readsMax most ranged gets under way at once
     * @param timeout after which a read that still waits fails, and a get ends
     * @param materializer runs the gets; its threads must not be those that read
     */
    public ObjectFiles(
            ObjectStore store,
            long cacheBytes,
            int readAheadBytes,
            int readsMax,
            Duration timeout,
            Materializer materializer) {
        if (cacheBytes < 0 || readAheadBytes < 0 || readsMax < 1) {
            throw new IllegalArgumentException(
                    "cacheBytes=%d readAheadBytes=%d readsMax=%d".formatted(cacheBytes, readAheadBytes, readsMax));
        }
        this.blocks = new ObjectBlocks(store, cacheBytes, readsMax, timeout, materializer);
        this.readAheadBytes = readAheadBytes;
        this.timeout = timeout;
    }

    /**
     * A part of an object, read-only. The store is not asked before the first read.
     *
     * @return reads fail with {@link java.nio.file.NoSuchFileException} where the object is gone, and with
     *     {@link ObjectUnavailableException} where the store does not give it in time
     */
    public StoredFile open(StoredObject object, long start, long length) throws IOException {
        if (start < 0 || length < 0 || length > object.size() - start) {
            throw new IllegalArgumentException("object %s has %d bytes; there is no part start=%d length=%d"
                    .formatted(object.name(), object.size(), start, length));
        }
        return new ObjectFile(this, blocks, object, start, length);
    }

    int readAheadBytes() {
        return readAheadBytes;
    }

    Duration timeout() {
        return timeout;
    }

    void count(boolean waited) {
        (waited ? misses : hits).incrementAndGet();
    }

    /** Most that may be fetched ahead for one reader now: there is room for what all have ahead who read on at this time. */
    long share() {
        synchronized (recent) {
            return Math.min(readAheadBytes, blocks.freshBytesMax() / 2 / Math.max(1, sharers.size()));
        }
    }

    /** Something is fetched ahead for this one. */
    void sharing(ReadCursors.Cursor cursor) {
        synchronized (recent) {
            recent.add(cursor);
            sharers.merge(cursor, 1, Integer::sum);
            if (recent.size() > SHARERS_MAX) {
                sharers.computeIfPresent(recent.remove(), (oldest, times) -> times == 1 ? null : times - 1);
            }
        }
    }

    /** Bytes fetched from the store so far. */
    public long fetchedBytes() {
        return blocks.fetchedBytes.get();
    }

    /** Gets that wait for their turn or are under way. */
    int asked() {
        return blocks.asked();
    }

    /** What is in memory now. */
    long heldBytes() {
        return blocks.heldBytes();
    }

    /** Reads served from the cache, and those that had to wait for the store. */
    public record Counts(long hits, long misses, long requests, long failures) {}

    public Counts counts() {
        return new Counts(hits.get(), misses.get(), blocks.requests.get(), blocks.failures.get());
    }
}
