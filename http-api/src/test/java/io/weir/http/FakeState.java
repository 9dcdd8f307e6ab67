package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.ErrorCode;
import io.weir.codec.batch.ChangeType;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.merge.MergeEngine;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.row.RowBatchBuilder;
import io.weir.codec.row.RowEncoder;
import io.weir.codec.row.RowVersions;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.arrow.memory.BufferAllocator;

/** The KV state of a {@link FakeBucket}: the last row of each key wins. */
final class FakeState {
    /** Rows for the log, with what each of them did. */
    record Logged(EncodedRows rows, ByteBuffer types) {}

    private final BufferAllocator allocator;
    private final ConcurrentSkipListMap<Key, byte[]> rows;
    private final Map<Long, Queue<EncodedRows>> scans = new HashMap<>();
    private long lastScan;

    FakeState(BufferAllocator allocator, ConcurrentSkipListMap<Key, byte[]> rows) {
        this.allocator = allocator;
        this.rows = rows;
    }

    int openScans() {
        return scans.size();
    }

    /** Changes the rows as the table's merge engine does, in order. */
    static List<Logged> apply(TableInfo table, List<ChangedRows> changes, SortedMap<Key, byte[]> rows) {
        MergeEngine engine = MergeEngine.of(
                table.schema(),
                table.primaryKey(),
                TableProperties.from(table.properties()).merge());
        List<byte[]> logged = new ArrayList<>();
        ByteArrayOutputStream types = new ByteArrayOutputStream();
        for (ChangedRows change : changes) {
            EncodedRows plain = RecordBatches.decompress(table.schema().columns(), change.rows());
            byte[][] encoded = RowEncoder.encode(table.schema(), plain);
            List<Key> keys = keys(table, plain);
            for (int i = 0; i < encoded.length; i++) {
                byte[] old = rows.get(keys.get(i));
                boolean delete = change.kind() == ChangeKind.DELETE;
                byte[] now = delete ? null : engine.merge(old, encoded[i], change.present(i));
                if (delete) {
                    rows.remove(keys.get(i));
                } else {
                    rows.put(keys.get(i), now);
                }
                log(old, now, logged, types);
            }
        }
        if (logged.isEmpty()) {
            return List.of();
        }
        RowBatchBuilder batch =
                new RowBatchBuilder(table.schema(), table.schema().columns());
        logged.forEach(batch::add);
        return List.of(new Logged(batch.build(table.schema().schemaId()), ByteBuffer.wrap(types.toByteArray())));
    }

    private static void log(byte[] old, byte[] now, List<byte[]> logged, ByteArrayOutputStream types) {
        if (Arrays.equals(old, now)) {
            return;
        }
        if (old != null) {
            logged.add(old);
            types.write((now == null ? ChangeType.DELETE : ChangeType.UPDATE_BEFORE).code());
        }
        if (now != null) {
            logged.add(now);
            types.write((old == null ? ChangeType.INSERT : ChangeType.UPDATE_AFTER).code());
        }
    }

    private static List<Key> keys(TableInfo table, EncodedRows rows) {
        return KeyEncoder.of(table.schema().columns(), table.keyOrder()).encode(rows);
    }

    Bucket.LookedUp lookup(Bucket.Lookup lookup) {
        List<byte[]> found = new ArrayList<>();
        lookup.keys().forEach(key -> found.add(rows.get(key)));
        return new Bucket.LookedUp(found);
    }

    Bucket.LookedUp insertIfMissing(TableInfo table, EncodedRows wanted, List<Logged> log) {
        byte[][] encoded = RowEncoder.encode(table.schema(), wanted);
        List<Key> keys = keys(table, wanted);
        List<byte[]> found = new ArrayList<>();
        for (int i = 0; i < encoded.length; i++) {
            if (!rows.containsKey(keys.get(i))) {
                EncodedRows one = RecordBatches.slice(table.schema().columns(), wanted, i, i + 1);
                log.addAll(apply(table, List.of(new ChangedRows(ChangeKind.UPSERT, one, null)), rows));
            }
            found.add(rows.get(keys.get(i)));
        }
        return new Bucket.LookedUp(found);
    }

    /** Never more than three rows at once, so that readers have to ask again. */
    Bucket.PrefixRows prefix(Bucket.PrefixLookup asked) {
        byte[] prefix = asked.prefix().bytes();
        List<byte[]> found = new ArrayList<>();
        Key last = null;
        boolean more = false;
        for (Map.Entry<Key, byte[]> e : rows.tailMap(asked.prefix(), true).entrySet()) {
            byte[] key = e.getKey().bytes();
            boolean begins =
                    key.length >= prefix.length && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
            if (!begins || (asked.after() != null && e.getKey().compareTo(asked.after()) <= 0)) {
                continue;
            }
            if (found.size() == Math.min(3, asked.rowsMax())) {
                more = true;
                break;
            }
            found.add(e.getValue());
            last = e.getKey();
        }
        return new Bucket.PrefixRows(found, more ? last : null);
    }

    /** Two rows a batch. */
    Bucket.ScanOpened open(TableInfo table, Bucket.OpenScan asked, long offset) {
        List<Column> wanted = asked.columnIds().isEmpty()
                ? table.schema().columns()
                : asked.columnIds().stream()
                        .map(id -> table.schema().columnById(id).orElseThrow())
                        .toList();
        RowVersions versions = new RowVersions(table.schemas());
        Queue<EncodedRows> batches = new ArrayDeque<>();
        List<byte[]> all = rows.values().stream()
                .map(versions::upgrade)
                .filter(row -> passes(table.schema(), row, asked.where()))
                .toList();
        for (int i = 0; i < all.size(); i += 2) {
            RowBatchBuilder batch = new RowBatchBuilder(table.schema(), wanted);
            all.subList(i, Math.min(all.size(), i + 2)).forEach(batch::add);
            batches.add(batch.build(0));
        }
        scans.put(++lastScan, batches);
        return new Bucket.ScanOpened(lastScan, offset);
    }

    private boolean passes(TableSchema schema, byte[] row, String where) {
        if (where == null) {
            return true;
        }
        RowBatchBuilder one = new RowBatchBuilder(schema, schema.columns());
        one.add(row);
        BitSet[] passing = new BitSet[1];
        RecordBatches.load(
                schema.columns(),
                one.build(0),
                allocator,
                root -> passing[0] = Predicate.parse(where, schema).matches(schema.columns(), root));
        return passing[0].get(0);
    }

    Bucket.ScanReply read(long scanId) {
        Queue<EncodedRows> batches = scans.get(scanId);
        if (batches == null) {
            return new Bucket.Refused(ErrorCode.SCAN_EXPIRED, "no such scan.");
        }
        EncodedRows next = batches.poll();
        if (batches.isEmpty()) {
            scans.remove(scanId);
        }
        return new Bucket.ScanRead(next == null ? List.of() : List.of(next), batches.isEmpty());
    }

    void close(long scanId) {
        scans.remove(scanId);
    }
}
