package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.batch.ChangeType;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.row.RowBatchBuilder;
import io.weir.codec.row.RowEncoder;
import io.weir.codec.row.RowVersions;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.Lake;
import io.weir.lake.LakeScan;
import io.weir.lake.LakeSnapshot;
import io.weir.lake.LakeState;
import io.weir.lake.LakeTable;
import io.weir.lake.LakeTableSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A lake in memory, which takes rows from the buckets of a {@link FakeCluster} when it is told to. */
final class FakeLake implements Lake {
    private final FakeCluster cluster;
    private final Map<Long, Content> tables = new ConcurrentHashMap<>();
    final AtomicInteger openScans = new AtomicInteger();
    final AtomicInteger scans = new AtomicInteger();

    /** Before each call of a reader, and after a snapshot was pinned. */
    volatile Runnable between = () -> {};

    /** What the last scan was asked for. */
    volatile List<String> scannedColumns = List.of();

    volatile String scannedWhere;
    volatile Optional<List<String>> scannedPartition = Optional.empty();

    /** Thrown by the call of that number that asks for rows. */
    volatile RuntimeException failure;

    volatile int failAfter = Integer.MAX_VALUE;

    FakeLake(FakeCluster cluster) {
        this.cluster = cluster;
    }

    /** @param row encoded in some version of the table's schema */
    private record Row(List<String> partition, byte[] row) {}

    /** Never changed. Rows are by key, or by bucket and offset. */
    private record Content(TableInfo table, LakeState state, Map<Object, Row> rows) {}

    /** Moves a bucket's rows up to that offset here, as a round would, or further rounds would. */
    synchronized void tier(TableInfo table, BucketId id, List<String> partition, long to) {
        Content before = tables.getOrDefault(table.tableId(), new Content(table, LakeState.EMPTY, Map.of()));
        long from = before.state().offsets().getOrDefault(id.entityId(), 0L);
        Map<Object, Row> rows = new LinkedHashMap<>(before.rows());
        while (from < to) {
            from = tier(table, id, partition, from, to, rows);
        }
        Map<String, Long> offsets = new HashMap<>(before.state().offsets());
        offsets.put(id.entityId(), to);
        long snapshotId = before.state().snapshotId() + 2;
        LakeState state = new LakeState(before.state().epoch() + 1, offsets, snapshotId, 1, rows.size());
        tables.put(table.tableId(), new Content(table, state, rows));
    }

    private long tier(TableInfo table, BucketId id, List<String> partition, long from, long to, Map<Object, Row> rows) {
        Bucket.FetchReply reply = cluster.<Bucket.FetchReply>askBucket(
                        id,
                        replyTo -> new Bucket.Fetch(
                                from,
                                to,
                                1 << 20,
                                Integer.MAX_VALUE,
                                TableColumns.ids(table.schema().columns()),
                                null,
                                Duration.ZERO,
                                replyTo),
                        Duration.ofSeconds(5))
                .toCompletableFuture()
                .join();
        Bucket.Fetched fetched = (Bucket.Fetched) reply;
        for (Bucket.FetchedRows batch : fetched.batches()) {
            byte[][] encoded = RowEncoder.encode(table.schema(), batch.rows());
            List<Key> keys = table.hasPrimaryKey()
                    ? KeyEncoder.of(table.schema().columns(), table.keyOrder()).encode(batch.rows())
                    : List.of();
            for (int i = 0; i < encoded.length; i++) {
                put(id, partition, batch, i, encoded[i], keys.isEmpty() ? null : keys.get(i), rows);
            }
        }
        return fetched.nextOffset();
    }

    private static void put(
            BucketId id,
            List<String> partition,
            Bucket.FetchedRows batch,
            int i,
            byte[] row,
            Key key,
            Map<Object, Row> rows) {
        if (key == null) {
            rows.put(List.of(id, Slice.offset(batch, i)), new Row(partition, row));
            return;
        }
        ChangeType type = batch.changeTypes() == null
                ? ChangeType.INSERT
                : ChangeType.of(batch.changeTypes().get(batch.changeTypes().position() + i));
        if (type == ChangeType.DELETE) {
            rows.remove(key);
        } else if (type != ChangeType.UPDATE_BEFORE) {
            rows.put(key, new Row(partition, row));
        }
    }

    long offset(BucketId id) {
        Content content = tables.get(id.tableId());
        return content == null ? 0 : content.state().offsets().getOrDefault(id.entityId(), 0L);
    }

    @Override
    public Optional<LakeSnapshot> snapshot(LakeTableSpec spec) {
        between.run();
        Content content = tables.get(spec.tableId());
        between.run();
        return Optional.ofNullable(content).map(Pinned::new);
    }

    private final class Pinned implements LakeSnapshot {
        private final Content content;

        Pinned(Content content) {
            this.content = content;
        }

        @Override
        public LakeState state() {
            return content.state();
        }

        @Override
        public LakeScan scan(List<Column> columns, Predicate where, Optional<List<String>> partition, int batchBytes) {
            between.run();
            scannedColumns = columns.stream().map(Column::name).toList();
            scannedWhere = where == null ? null : where.toString();
            scannedPartition = partition;
            TableInfo table = ((Catalog.Table) cluster.askCatalog(replyTo ->
                                    new Catalog.GetTableById(content.table().tableId(), 0, replyTo))
                            .toCompletableFuture()
                            .join())
                    .info();
            List<byte[]> rows = content.rows().values().stream()
                    .filter(row -> partition.isEmpty() || partition.get().equals(row.partition()))
                    .map(Row::row)
                    .toList();
            openScans.incrementAndGet();
            scans.incrementAndGet();
            return new Scan(table, columns, where, rows.iterator());
        }
    }

    /** Batches of up to three rows; some have none. */
    private final class Scan implements LakeScan {
        private final TableSchema schema;
        private final RowVersions versions;
        private final RowSelection selection;
        private final Predicate where;
        private final Iterator<byte[]> rows;
        private boolean closed;
        private int calls;

        Scan(TableInfo table, List<Column> columns, Predicate where, Iterator<byte[]> rows) {
            this.schema = table.schema();
            this.versions = new RowVersions(table.schemas());
            this.selection = new RowSelection(schema.columns(), columns, cluster.allocator());
            this.where = where;
            this.rows = rows;
        }

        @Override
        public EncodedRows next() {
            between.run();
            if (closed) {
                throw new IllegalStateException("read after it was closed");
            }
            if (failure != null && calls >= failAfter) {
                throw failure;
            }
            if (!rows.hasNext()) {
                return null;
            }
            List<byte[]> some = new ArrayList<>();
            while (rows.hasNext() && some.size() < calls % 4) {
                some.add(rows.next());
            }
            calls++;
            RowBatchBuilder builder = new RowBatchBuilder(schema, schema.columns());
            some.forEach(row -> builder.add(versions.upgrade(row)));
            return selection.filter(builder.build(0), where);
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                openScans.decrementAndGet();
            }
        }
    }

    @Override
    public LakeTable open(LakeTableSpec spec) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void check(TableSchema checked) {}

    @Override
    public String describe() {
        return "memory";
    }

    @Override
    public void close() {}
}
