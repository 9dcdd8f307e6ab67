package io.weir.persistence.kv;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.iq80.leveldb.DB;
import org.iq80.leveldb.DBIterator;
import org.iq80.leveldb.ReadOptions;
import org.iq80.leveldb.Snapshot;
import org.jspecify.annotations.Nullable;

/** A LevelDB snapshot. Closing it closes its cursors. */
final class LevelDbView implements KvView {
    private static final byte[] NOTHING = {};

    private final LevelDbStore store;
    private final DB db;
    private final Snapshot snapshot;
    private final List<Cursor> cursors = new ArrayList<>();
    private boolean closed;

    LevelDbView(LevelDbStore store, DB db, Snapshot snapshot) {
        this.store = store;
        this.db = db;
        this.snapshot = snapshot;
    }

    private void check() {
        if (closed) {
            throw new IllegalStateException("the view is closed");
        }
    }

    /** Reads are checked: a scan reads each block once, so the checksum costs little. What is read once is not worth the cache. */
    private ReadOptions readOptions() {
        return new ReadOptions().snapshot(snapshot).verifyChecksums(true).fillCache(false);
    }

    @Override
    public synchronized byte @Nullable [] get(byte[] key) throws IOException {
        check();
        store.enter();
        try {
            return db.get(key, readOptions());
        } catch (RuntimeException e) {
            throw store.failure("read", e);
        } finally {
            store.exit();
        }
    }

    @Override
    public synchronized KvCursor from(byte[] key) throws IOException {
        check();
        store.enter();
        try {
            Cursor cursor = new Cursor(db.iterator(readOptions()));
            cursors.add(cursor);
            cursor.seek(key);
            return cursor;
        } catch (RuntimeException e) {
            throw store.failure("scan", e);
        } finally {
            store.exit();
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        store.enter();
        try {
            for (Cursor cursor : List.copyOf(cursors)) {
                cursor.close();
            }
            closed = true;
            snapshot.close();
            store.viewClosed();
        } catch (IOException | RuntimeException e) {
            throw store.failure("close a view", e);
        } finally {
            store.exit();
        }
    }

    private final class Cursor implements KvCursor {
        private final DBIterator entries;
        private byte[] key = NOTHING;
        private byte[] value = NOTHING;
        private boolean ended;

        Cursor(DBIterator entries) {
            this.entries = entries;
        }

        void seek(byte[] from) {
            entries.seek(from);
        }

        @Override
        public boolean next() throws IOException {
            synchronized (LevelDbView.this) {
                if (ended) {
                    throw new IllegalStateException("the cursor is closed");
                }
                store.enter();
                try {
                    if (!entries.hasNext()) {
                        return false;
                    }
                    Map.Entry<byte[], byte[]> entry = entries.next();
                    key = entry.getKey();
                    value = entry.getValue();
                    return true;
                } catch (NoSuchElementException e) {
                    return false;
                } catch (RuntimeException e) {
                    throw store.failure("scan", e);
                } finally {
                    store.exit();
                }
            }
        }

        @Override
        public byte[] key() {
            return key;
        }

        @Override
        public byte[] value() {
            return value;
        }

        @Override
        public void close() throws IOException {
            synchronized (LevelDbView.this) {
                if (ended) {
                    return;
                }
                ended = true;
                cursors.remove(this);
                store.enter();
                try {
                    entries.close();
                } catch (IOException | RuntimeException e) {
                    throw store.failure("close a cursor", e);
                } finally {
                    store.exit();
                }
            }
        }
    }
}
