package io.weir.actors.bucket;

import io.weir.actors.catalog.TableInfo;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.row.RowBatchBuilder;
import io.weir.codec.row.RowVersions;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.kv.KvCursor;
import io.weir.persistence.kv.KvEngine;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.kv.KvSnapshots;
import io.weir.persistence.kv.KvStore;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.kv.KvView;
import io.weir.persistence.objects.RemoteTier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a bucket's KV snapshot, for somebody who is not the bucket: the snapshot's files are downloaded to a scratch directory, and
 * read there in the order of keys. Blocking; used by one thread at a time.
 */
public final class KvSnapshotRows implements AutoCloseable {
    /** Most rows at once, however small they are. */
    private static final int ROWS_MAX = 65_536;

    private final FileStore files;
    private final Path scratch;
    private final TableInfo table;
    private final RowVersions versions;
    private final int bytesMax;

    /** What is open, to be closed from the last one on. */
    private final List<AutoCloseable> open = new ArrayList<>();

    private final KvCursor rows;

    /**
     * @param engine opens the copy of the store
     * @param scratch a directory of its own, which does not last
     * @param bytesMax about how much {@link #next} gives at once
     * @throws IOException where the object store does not give the files now, or the disk has no room for them
     * @throws WeirException CORRUPT_DATA where the snapshot is damaged or gone
     */
    public KvSnapshotRows(
            RemoteTier tier,
            FileStore files,
            KvEngine engine,
            KvSnapshot snapshot,
            BucketId bucket,
            TableInfo table,
            Path scratch,
            int bytesMax)
            throws IOException {
        this.files = files;
        this.scratch = scratch;
        this.table = table;
        this.versions = new RowVersions(table.schemas());
        this.bytesMax = bytesMax;
        boolean whole = false;
        try {
            files.createDirectories(scratch);
            new KvSnapshots(tier, files, bucket.entityId(), scratch).restore(snapshot, () -> {});
            KvStore store = engine.open(scratch.resolve(KvStores.DIRECTORY));
            open.add(store);
            KvView view = store.view();
            open.add(view);
            this.rows = RowStore.from(view, RowStore.ROWS_START);
            open.add(rows);
            whole = true;
        } finally {
            if (!whole) {
                close();
            }
        }
    }

    /**
     * The next rows, in the table's current schema; null at the end.
     *
     * @throws WeirException CORRUPT_DATA where the snapshot is damaged
     */
    public @Nullable EncodedRows next() {
        RowBatchBuilder batch =
                new RowBatchBuilder(table.schema(), table.schema().columns());
        try {
            while (batch.rowCount() < ROWS_MAX && (batch.rowCount() % 64 != 0 || batch.sizeInBytes() < bytesMax)) {
                if (!RowStore.next(rows)) {
                    break;
                }
                batch.add(versions.upgrade(rows.value()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a KV snapshot cannot be read: " + e.getMessage(), e);
        }
        return batch.rowCount() == 0 ? null : batch.build(table.schema().schemaId());
    }

    /** Closes the copy and deletes it; what cannot be deleted is left to who cleans scratch directories at the next start. */
    @Override
    public void close() {
        Exception failure = null;
        for (int i = open.size() - 1; i >= 0; i--) {
            try {
                open.get(i).close();
            } catch (Exception e) {
                failure = e;
            }
        }
        open.clear();
        try {
            files.deleteTree(scratch);
        } catch (IOException e) {
            failure = e;
        }
        if (failure != null) {
            throw new IllegalStateException("scratch directory " + scratch + " is left: " + failure, failure);
        }
    }
}
