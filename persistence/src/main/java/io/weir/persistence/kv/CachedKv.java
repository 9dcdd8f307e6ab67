package io.weir.persistence.kv;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.weir.codec.row.Key;
import io.weir.persistence.file.DiskFullException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the values that were read and written last in memory, for all stores of a node together: a lookup in LevelDB costs a few
 * microseconds, one here a fraction of one. What is known to be absent is kept too. Views and scans go to the store.
 */
public final class CachedKv implements KvEngine {
    /** About what an entry takes besides its key's and its value's bytes. */
    static final int ENTRY_BYTES = 200;

    private static final byte[] ABSENT = new byte[0];

    private final KvEngine engine;
    private final Cache<Entry, byte[]> values;

    /** @param bytesMax about how much memory the cache may take */
    public CachedKv(KvEngine engine, long bytesMax) {
        this.engine = engine;
        // Work is done by those who read and write: another pool would only add a thread that nobody bounds.
        this.values = Caffeine.newBuilder()
                .maximumWeight(bytesMax)
                .weigher((Entry key, byte[] value) -> key.bytes.length + value.length + ENTRY_BYTES)
                .evictionListener(CachedKv::evicted)
                .executor(Runnable::run)
                .build();
    }

    private static void evicted(@Nullable Entry key, byte @Nullable [] value, RemovalCause cause) {
        if (key != null) {
            key.store.complete = false;
        }
    }

    @Override
    public String name() {
        return engine.name();
    }

    @Override
    public KvStore open(Path directory) throws IOException {
        return new CachedStore(engine.open(directory), values);
    }

    @Override
    public void destroy(Path directory) throws IOException {
        engine.destroy(directory);
    }

    /** A key of one opening of a store: what another opening left behind is never found. */
    private static final class Entry {
        private final CachedStore store;
        private final int generation;
        private final byte[] bytes;
        private final int hash;

        private Entry(CachedStore store, int generation, byte[] bytes) {
            this.store = store;
            this.generation = generation;
            this.bytes = bytes;
            this.hash = Key.hash(bytes) + 31 * (System.identityHashCode(store) + generation);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Entry that
                    && hash == that.hash
                    && store == that.store
                    && generation == that.generation
                    && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    /**
     * A reader puts what it read into the cache only where no write began since before it read: {@link #writes} is odd while one is
     * under way. A write puts its values there after the store has them, and before its caller goes on.
     */
    private static final class CachedStore implements KvStore {
        private final KvStore store;
        private final Cache<Entry, byte[]> values;
        private final AtomicLong writes = new AtomicLong();
        private final AtomicInteger generation = new AtomicInteger();

        /** Whether the cache holds all that the store does, so that what is not in the one is not in the other. */
        private volatile boolean complete;

        private CachedStore(KvStore store, Cache<Entry, byte[]> values) throws IOException {
            this.store = store;
            this.values = values;
            try (KvView view = store.view();
                    KvCursor first = view.from(new byte[0])) {
                complete = !first.next();
            } catch (IOException | RuntimeException e) {
                store.close();
                throw e;
            }
        }

        @Override
        public byte @Nullable [] get(byte[] key) throws IOException {
            Entry entry = new Entry(this, generation.get(), key);
            byte[] known = values.getIfPresent(entry);
            if (known != null) {
                return known == ABSENT ? null : known;
            }
            if (complete) {
                return null;
            }
            long before = writes.get();
            byte[] read = store.get(key);
            if ((before & 1) == 0) {
                byte[] value = read == null ? ABSENT : read;
                values.asMap()
                        .compute(entry, (any, newer) -> newer != null ? newer : writes.get() == before ? value : null);
            }
            return read;
        }

        @Override
        public void write(KvBatch batch) throws IOException {
            writes.incrementAndGet();
            boolean written = false;
            try {
                store.write(batch);
                for (int i = 0; i < batch.size(); i++) {
                    byte[] value = batch.value(i);
                    values.put(new Entry(this, generation.get(), batch.key(i)), value == null ? ABSENT : value);
                }
                written = true;
            } finally {
                if (!written) {
                    // Perhaps it was applied, perhaps not: nothing that is known here counts any more.
                    complete = false;
                    generation.incrementAndGet();
                }
                writes.incrementAndGet();
            }
        }

        @Override
        public void ensureRoom(long bytes) throws DiskFullException {
            store.ensureRoom(bytes);
        }

        @Override
        public KvView view() throws IOException {
            return store.view();
        }

        @Override
        public void sync() throws IOException {
            store.sync();
        }

        @Override
        public List<String> copyTo(Path directory) throws IOException {
            return store.copyTo(directory);
        }

        @Override
        public long sizeInBytes() throws IOException {
            return store.sizeInBytes();
        }

        @Override
        public void close() throws IOException {
            store.close();
            complete = false;
            generation.incrementAndGet();
        }
    }
}
