package io.weir.persistence.kv;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The stores of a node, of which only so many are open at a time: the one used least recently is closed when another is to be opened, and
 * opened again when it is needed. So memory and file handles stay bounded however many buckets there are. Thread-safe.
 */
public final class KvStores implements AutoCloseable {
    private final KvEngine engine;
    private final int openMax;

    /** @param openMax most stores that are open at once, but for those that are all in use at the same moment */
    public KvStores(KvEngine engine, int openMax) {
        this.engine = engine;
        this.openMax = openMax;
    }

    /**
     * The store of a directory, pinned until the lease is closed; opened where it is closed. Blocks while it opens.
     */
    public Lease use(Path directory) throws IOException {
        throw new UnsupportedOperationException("spine: " + engine + openMax + directory);
    }

    /** Closes the store of a directory, once nobody uses it any more; nothing where it is not open. */
    public void release(Path directory) throws IOException {
        throw new UnsupportedOperationException("spine: " + engine + openMax + directory);
    }

    /** Deletes the store of a directory that was released. */
    public void destroy(Path directory) throws IOException {
        throw new UnsupportedOperationException("spine: " + engine + openMax + directory);
    }

    public int open() {
        throw new UnsupportedOperationException("spine");
    }

    @Override
    public void close() throws IOException {
        throw new UnsupportedOperationException("spine");
    }

    /** The right to use an open store. */
    public interface Lease extends AutoCloseable {
        KvStore store();

        @Override
        void close();
    }
}
