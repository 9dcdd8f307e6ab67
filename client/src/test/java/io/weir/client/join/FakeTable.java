package io.weir.client.join;

import io.weir.client.ChangeBatch;
import io.weir.client.ChangelogCursor;
import io.weir.client.Rows;
import io.weir.client.TableDescription;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.ChangeType;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.row.RowBatchBuilder;
import io.weir.codec.row.RowEncoder;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.codec.schema.TypeParser;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;

/** A primary-key table in memory, with a changelog for each bucket. Lookups see what the changelog shows. */
final class FakeTable {
    private record Change(ChangeType type, byte[] row) {}

    private final TableDescription description;
    private final BufferAllocator allocator;
    private final TreeMap<Key, byte[]> rows = new TreeMap<>();
    private final List<List<Change>> logs = new ArrayList<>();

    /** Of each bucket, the first offset that the changelog still holds. */
    private final List<Long> starts = new ArrayList<>();

    private CompletableFuture<Void> changed = new CompletableFuture<>();
    private int writes;

    FakeTable(TableDescription description, BufferAllocator allocator) {
        this.description = description;
        this.allocator = allocator;
        for (int i = 0; i < description.buckets(); i++) {
            logs.add(new ArrayList<>());
            starts.add(0L);
        }
    }

    /** @param columns as {@code "k STRING NOT NULL"} */
    static TableDescription table(
            String name, int id, int buckets, List<String> primaryKey, List<String> bucketKey, String... columns) {
        List<Column> parsed = new ArrayList<>();
        for (String column : columns) {
            String[] parts = column.split(" ", 2);
            boolean required = parts[1].endsWith(" NOT NULL");
            String type = required ? parts[1].substring(0, parts[1].length() - 9) : parts[1];
            parsed.add(new Column(parsed.size() + 1, parts[0], TypeParser.parse(type), !required));
        }
        return new TableDescription(
                "db", name, id, new TableSchema(1, parsed), primaryKey, bucketKey, List.of(), buckets, Map.of());
    }

    TableDescription description() {
        return description;
    }

    synchronized int writes() {
        return writes;
    }

    void upsertJson(String json) {
        upsert(Rows.parse(description.columns(), json, allocator));
    }

    void deleteJson(String json) {
        delete(Rows.parse(description.columns(description.primaryKey()), json, allocator));
    }

    synchronized void upsert(Rows upserts) {
        assertThatColumnsAre(upserts, description.columns());
        EncodedRows merged = upserts.merged(allocator);
        List<Key> keys = KeyEncoder.of(description.columns(), keyOrder()).encode(merged);
        byte[][] encoded = RowEncoder.encode(description.schema(), merged);
        for (int i = 0; i < encoded.length; i++) {
            byte[] old = rows.put(keys.get(i), encoded[i]);
            if (old == null) {
                log(keys.get(i), new Change(ChangeType.INSERT, encoded[i]));
            } else if (!Arrays.equals(old, encoded[i])) {
                log(keys.get(i), new Change(ChangeType.UPDATE_BEFORE, old));
                log(keys.get(i), new Change(ChangeType.UPDATE_AFTER, encoded[i]));
            }
        }
        wake();
    }

    synchronized void delete(Rows deletes) {
        assertThatColumnsAre(deletes, description.columns(description.primaryKey()));
        EncodedRows merged = deletes.merged(allocator);
        for (Key key : KeyEncoder.of(deletes.columns(), keyOrder()).encode(merged)) {
            byte[] old = rows.remove(key);
            if (old != null) {
                log(key, new Change(ChangeType.DELETE, old));
            }
        }
        wake();
    }

    private static void assertThatColumnsAre(Rows rows, List<Column> columns) {
        if (!JoinPlan.names(rows.columns()).equals(JoinPlan.names(columns))) {
            throw new IllegalArgumentException("columns " + JoinPlan.names(rows.columns()));
        }
    }

    private void wake() {
        writes++;
        CompletableFuture<Void> waiting = changed;
        changed = new CompletableFuture<>();
        waiting.completeAsync(() -> null);
    }

    private List<String> keyOrder() {
        List<String> order = new ArrayList<>(description.bucketKey());
        description.primaryKey().stream().filter(c -> !order.contains(c)).forEach(order::add);
        return order;
    }

    private void log(Key key, Change change) {
        Rows one = new Rows(description.columns(), List.of(built(description.columns(), List.of(change.row()))));
        List<Column> bucketKey = description.columns(description.bucketKey());
        Key prefix = KeyEncoder.of(one.columns(), JoinPlan.names(bucketKey))
                .encode(one.merged(allocator))
                .get(0);
        logs.get(Math.floorMod(prefix.hashCode(), logs.size())).add(change);
    }

    private EncodedRows built(List<Column> columns, List<byte[]> encoded) {
        RowBatchBuilder builder = new RowBatchBuilder(description.schema(), columns);
        encoded.forEach(builder::add);
        return builder.build(0);
    }

    synchronized Rows all() {
        return rows.isEmpty()
                ? new Rows(description.columns(), List.of())
                : Rows.of(description.columns(), built(description.columns(), List.copyOf(rows.values())));
    }

    synchronized ChangelogCursor end() {
        ChangelogCursor end = ChangelogCursor.start(description);
        for (int bucket = 0; bucket < logs.size(); bucket++) {
            end = end.moved(bucket, end(bucket));
        }
        return end;
    }

    /** As of now, in pieces of so many rows. */
    synchronized List<Rows> scan(List<String> columns, int rowsMax) {
        List<Column> wanted = description.columns(columns);
        List<byte[]> all = List.copyOf(rows.values());
        List<Rows> pieces = new ArrayList<>();
        for (int from = 0; from < all.size(); from += rowsMax) {
            pieces.add(Rows.of(wanted, built(wanted, all.subList(from, Math.min(all.size(), from + rowsMax)))));
        }
        return pieces;
    }

    synchronized Rows prefix(Rows key, List<String> columns, int limit) {
        List<Column> wanted = description.columns(columns);
        Key prefix = KeyEncoder.of(key.columns(), description.bucketKey())
                .encode(key.merged(allocator))
                .get(0);
        List<byte[]> found = new ArrayList<>();
        for (Map.Entry<Key, byte[]> entry : rows.tailMap(prefix).entrySet()) {
            byte[] bytes = entry.getKey().bytes();
            int length = prefix.bytes().length;
            boolean begins = bytes.length >= length && Arrays.equals(bytes, 0, length, prefix.bytes(), 0, length);
            if (!begins || found.size() == limit) {
                break;
            }
            found.add(entry.getValue());
        }
        return found.isEmpty() ? new Rows(wanted, List.of()) : Rows.of(wanted, built(wanted, found));
    }

    Source<ChangeBatch, NotUsed> changes(ChangelogCursor from, List<String> columns, boolean follow, int rowsMax) {
        List<Source<ChangeBatch, NotUsed>> buckets = new ArrayList<>();
        for (int bucket = 0; bucket < logs.size(); bucket++) {
            buckets.add(bucket(bucket, from, columns, follow, rowsMax));
        }
        return buckets.get(0).mergeAll(buckets.subList(1, buckets.size()), false);
    }

    private Source<ChangeBatch, NotUsed> bucket(
            int bucket, ChangelogCursor from, List<String> columns, boolean follow, int rowsMax) {
        long end = follow ? Long.MAX_VALUE : end(bucket);
        return Source.unfoldAsync(
                from.offset(bucket), (Long offset) -> next(bucket, offset, end, from, columns, rowsMax));
    }

    private synchronized long end(int bucket) {
        return logs.get(bucket).size();
    }

    /** The changelog forgets what it holds by now. */
    synchronized void trim() {
        for (int bucket = 0; bucket < logs.size(); bucket++) {
            starts.set(bucket, end(bucket));
        }
    }

    private synchronized CompletionStage<Optional<Pair<Long, ChangeBatch>>> next(
            int bucket, long offset, long end, ChangelogCursor from, List<String> columns, int rowsMax) {
        List<Change> log = logs.get(bucket);
        if (offset < starts.get(bucket)) {
            return CompletableFuture.failedFuture(
                    new WeirException(ErrorCode.OFFSET_OUT_OF_RANGE, "%d of %d".formatted(offset, log.size())));
        }
        if (offset >= end) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        if (offset >= log.size()) {
            return changed.thenCompose(woken -> next(bucket, offset, end, from, columns, rowsMax));
        }
        int to = (int) Math.min(Math.min(log.size(), end), offset + rowsMax);
        List<Change> part = log.subList((int) offset, to);
        long[] offsets = new long[part.size()];
        Arrays.setAll(offsets, i -> offset + i);
        List<Column> wanted = description.columns(columns);
        ChangeBatch batch = new ChangeBatch(
                bucket,
                part.stream().map(Change::type).toList(),
                offsets,
                wanted,
                built(wanted, part.stream().map(Change::row).toList()),
                from);
        return CompletableFuture.completedFuture(Optional.of(Pair.create((long) to, batch)));
    }
}
