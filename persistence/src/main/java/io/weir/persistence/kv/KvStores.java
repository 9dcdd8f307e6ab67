package io.weir.persistence.kv;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stores of a node, of which only so many are open at a time: the one used least recently is closed when another is to be opened, and
 * opened again when it is needed. So memory and file handles stay bounded however many buckets there are. Thread-safe.
 *
 * <p>Stores open and close outside the lock: who waits, waits for one directory only.
 */
public final class KvStores implements AutoCloseable {
    /** Name of a store's directory in the directory of its bucket. */
    public static final String DIRECTORY = "kv";

    private static final Logger LOG = LoggerFactory.getLogger(KvStores.class);

    private enum Phase {
        /** Somebody opens or closes it, and will wake those who wait. */
        BUSY,
        OPEN,
        /** Not in the table any more; who waited for it looks again. */
        GONE
    }

    /** A directory that is open, or on its way there or back. Guarded by the lock. */
    private static final class Entry {
        final Path directory;
        Phase phase = Phase.BUSY;

        @Nullable
        KvStore store;

        int leases;

        Entry(Path directory) {
            this.directory = directory;
        }
    }

    private final KvEngine engine;
    private final int openMax;
    private final Object lock = new Object();
    /** Least recently used first. */
    private final Map<Path, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

    private boolean closed;

    /** @param openMax most stores that are open at once, but for those that are all in use at the same moment */
    public KvStores(KvEngine engine, int openMax) {
        if (openMax < 1) {
            throw new IllegalArgumentException("at least one store has to be open: " + openMax);
        }
        this.engine = engine;
        this.openMax = openMax;
    }

    /**
     * The store of a directory, pinned until the lease is closed; opened where it is closed. Blocks while it opens.
     *
     * @throws IllegalStateException after {@link #close}
     */
    public Lease use(Path directory) throws IOException {
        Path place = place(directory);
        boolean roomMade = true;
        while (true) {
            Entry mine;
            Entry idle;
            synchronized (lock) {
                Entry there = settled(place);
                if (closed) {
                    throw new IllegalStateException("the KV stores of this node are closed");
                }
                if (there != null && there.store != null) {
                    there.leases++;
                    return new Pin(there, there.store);
                }
                // Counted before it is open, so that several that open at once do not go past the limit together.
                idle = roomMade && entries.size() >= openMax ? takeIdle() : null;
                mine = new Entry(place);
                if (idle == null) {
                    entries.put(place, mine);
                }
            }
            if (idle == null) {
                return openFirst(mine);
            }
            // Room is made before another opens; the directory may be opened meanwhile, hence from the beginning.
            roomMade = shutQuietly(idle);
        }
    }

    private Lease openFirst(Entry mine) throws IOException {
        KvStore store = null;
        try {
            store = engine.open(mine.directory);
            return new Pin(mine, store);
        } finally {
            synchronized (lock) {
                if (store == null) {
                    remove(mine);
                } else {
                    mine.store = store;
                    mine.leases = 1;
                    mine.phase = Phase.OPEN;
                }
                lock.notifyAll();
            }
        }
    }

    /** The entry of a directory when nobody opens or closes it any more, or null. Holds the lock. */
    private @Nullable Entry settled(Path place) {
        Entry entry = entries.get(place);
        while (entry != null && entry.phase == Phase.BUSY) {
            awaitChange();
            entry = entries.get(place);
        }
        return entry;
    }

    /** Those who call it look again afterwards. */
    @SuppressWarnings("WaitNotInLoop")
    private void awaitChange() {
        try {
            lock.wait();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for a KV store", e);
        }
    }

    private void remove(Entry entry) {
        entry.phase = Phase.GONE;
        entries.remove(entry.directory);
    }

    /** The least recently used store that nobody uses, marked busy; null where all are in use. Holds the lock. */
    private @Nullable Entry takeIdle() {
        for (Entry entry : entries.values()) {
            if (entry.phase == Phase.OPEN && entry.leases == 0) {
                entry.phase = Phase.BUSY;
                return entry;
            }
        }
        return null;
    }

    /** Closes a store that this thread has marked busy. */
    private void shut(Entry entry) throws IOException {
        boolean gone = true;
        try {
            if (entry.store != null) {
                entry.store.close();
            }
        } catch (IllegalStateException e) {
            // A view outlived its lease. The store is still open, so it stays in the table, but last in the row.
            gone = false;
            throw e;
        } finally {
            synchronized (lock) {
                if (gone) {
                    remove(entry);
                } else {
                    entry.phase = Phase.OPEN;
                    entries.remove(entry.directory);
                    entries.put(entry.directory, entry);
                }
                lock.notifyAll();
            }
        }
    }

    /** Closes the store of a directory, once nobody uses it any more; nothing where it is not open. Blocks until then. */
    public void release(Path directory) throws IOException {
        Path place = place(directory);
        Entry entry;
        synchronized (lock) {
            entry = settled(place);
            while (entry != null && entry.leases > 0) {
                awaitChange();
                entry = settled(place);
            }
            if (entry == null) {
                return;
            }
            entry.phase = Phase.BUSY;
        }
        shut(entry);
    }

    /**
     * Deletes the store of a directory that was released.
     *
     * @throws IllegalStateException where it is open
     */
    public void destroy(Path directory) throws IOException {
        Path place = place(directory);
        Entry guard = new Entry(place);
        synchronized (lock) {
            if (settled(place) != null) {
                throw new IllegalStateException("a KV store is destroyed that was not released: " + place);
            }
            entries.put(place, guard);
        }
        try {
            engine.destroy(place);
        } finally {
            synchronized (lock) {
                remove(guard);
                lock.notifyAll();
            }
        }
    }

    /** Stores that are open, or being opened or closed. */
    public int open() {
        synchronized (lock) {
            return entries.size();
        }
    }

    /** Closes all stores; waits for those in use. What fails to close is logged and the others are closed all the same. */
    @Override
    public void close() throws IOException {
        List<Path> left;
        synchronized (lock) {
            closed = true;
            left = new ArrayList<>(entries.keySet());
        }
        IOException failure = null;
        for (Path directory : left) {
            try {
                release(directory);
            } catch (IOException e) {
                failure = e;
            } catch (RuntimeException e) {
                LOG.warn("KV store not closed directory={} cause={}", directory, e.toString());
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** True for the files of a closed store that a copy of it needs: LevelDB's own notes and its lock hold nothing that has to last. */
    public static boolean belongsToState(String name) {
        return !name.equals("LOCK") && !name.equals("LOG") && !name.equals("LOG.old");
    }

    private static Path place(Path directory) {
        return directory.toAbsolutePath().normalize();
    }

    private final class Pin implements Lease {
        private final Entry entry;
        private final KvStore store;
        private final AtomicBoolean ended = new AtomicBoolean();

        Pin(Entry entry, KvStore store) {
            this.entry = entry;
            this.store = store;
        }

        @Override
        public KvStore store() {
            if (ended.get()) {
                throw new IllegalStateException("the lease of a KV store has ended: " + entry.directory);
            }
            return store;
        }

        @Override
        public void close() {
            if (!ended.compareAndSet(false, true)) {
                return;
            }
            Entry tooMany = null;
            synchronized (lock) {
                entry.leases--;
                if (entry.leases == 0) {
                    lock.notifyAll();
                    tooMany = entries.size() > openMax ? takeIdle() : null;
                }
            }
            if (tooMany != null) {
                shutQuietly(tooMany);
            }
        }
    }

    /** @return false where it could not be closed, which is logged: it is not the fault of the store that needs its place */
    private boolean shutQuietly(Entry entry) {
        try {
            shut(entry);
            return true;
        } catch (IOException | RuntimeException e) {
            LOG.warn("KV store not closed directory={} cause={}", entry.directory, e.toString());
            return false;
        }
    }

    /** The right to use an open store. */
    public interface Lease extends AutoCloseable {
        KvStore store();

        @Override
        void close();
    }
}
