package io.weir.actors.bucket;

import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.row.RowBatchBuilder;
import io.weir.codec.row.RowVersions;
import io.weir.codec.schema.Column;
import io.weir.persistence.kv.KvCursor;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.kv.KvView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The current rows of a bucket at one offset, read piece by piece in key order. One reader at a time; {@link #close} by any thread. */
final class Scan {
    private static final Logger LOG = LoggerFactory.getLogger(Scan.class);

    /** A read whose predicate matches little gives up its thread after so many bytes looked at. */
    private static final long EXAMINED_BYTES_MAX = 16 << 20;

    private static final int BATCH_BYTES = 1 << 20;
    private static final int PROBED_ROWS_MAX = 1024;

    private final RowVersions versions;
    private final List<Column> wanted;
    private final @Nullable Predicate predicate;
    private final BufferAllocator allocator;
    private KvStores.@Nullable Lease lease;
    private @Nullable KvView view;
    private @Nullable KvCursor cursor;

    /** @throws WeirException COLUMN_NOT_FOUND, INVALID_PREDICATE */
    Scan(TableInfo table, List<Integer> columnIds, @Nullable String where, BufferAllocator allocator) {
        this.versions = new RowVersions(table.schemas());
        this.wanted = LogReader.wanted(table.schema(), columnIds);
        this.predicate = where == null ? null : Predicate.parse(where, table.schema());
        this.allocator = allocator;
    }

    /** Pins the store as it is now. On failure the lease is closed. */
    synchronized void open(KvStores.Lease pinned) throws IOException {
        lease = pinned;
        try {
            KvView now = new RowStore(pinned.store()).view();
            view = now;
            cursor = RowStore.from(now, RowStore.ROWS_START);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** @throws WeirException SCAN_EXPIRED where it was closed */
    synchronized Bucket.ScanRead read(int bytesMax) throws IOException {
        KvCursor from = cursor;
        if (from == null) {
            throw expired();
        }
        RowBatchBuilder batch = new RowBatchBuilder(versions.current(), wanted);
        List<EncodedRows> batches = new ArrayList<>();
        long bytes = 0;
        long examined = 0;
        boolean end = false;
        while (!end && examined < EXAMINED_BYTES_MAX && bytes + batch.sizeInBytes() < bytesMax) {
            List<byte[]> rows = new ArrayList<>();
            long piece = 0;
            long room = Math.min(BATCH_BYTES, bytesMax - bytes - batch.sizeInBytes());
            while (!end && rows.size() < PROBED_ROWS_MAX && piece < room) {
                if (RowStore.next(from)) {
                    byte[] row = from.value();
                    rows.add(upgraded(row));
                    piece += row.length;
                } else {
                    end = true;
                }
            }
            examined += piece;
            addMatching(rows, batch);
            if (batch.sizeInBytes() >= BATCH_BYTES) {
                bytes += batch.sizeInBytes();
                batches.add(batch.build(0));
            }
        }
        if (batch.rowCount() > 0) {
            batches.add(batch.build(0));
        }
        return new Bucket.ScanRead(batches, end);
    }

    private byte[] upgraded(byte[] row) {
        try {
            return versions.upgrade(row);
        } catch (WeirException e) {
            throw RowStore.damaged(e);
        }
    }

    private void addMatching(List<byte[]> rows, RowBatchBuilder batch) {
        Predicate where = predicate;
        if (where == null || rows.isEmpty()) {
            rows.forEach(batch::add);
            return;
        }
        RowBatchBuilder probe = new RowBatchBuilder(versions.current(), where.columns());
        rows.forEach(probe::add);
        BitSet[] result = new BitSet[1];
        RecordBatches.load(
                where.columns(), probe.build(0), allocator, root -> result[0] = where.matches(where.columns(), root));
        result[0].stream().filter(row -> row < rows.size()).forEach(row -> batch.add(rows.get(row)));
    }

    static WeirException expired() {
        return new WeirException(
                ErrorCode.SCAN_EXPIRED,
                "the scan is not open: it was read to its end, closed, or not read for too long");
    }

    /** Waits for a read that is going on. */
    synchronized void close() {
        List<AutoCloseable> inOrder = new ArrayList<>();
        Stream.of(cursor, view, lease).filter(Objects::nonNull).forEach(inOrder::add);
        lease = null;
        view = null;
        cursor = null;
        for (AutoCloseable part : inOrder) {
            try {
                part.close();
            } catch (Exception e) {
                LOG.warn("a scan was not closed cleanly", e);
            }
        }
    }
}
