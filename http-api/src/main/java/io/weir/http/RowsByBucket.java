package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.batch.Compression;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.ingest.ChangeRules;
import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.ingest.DecodeLimits;
import io.weir.codec.ingest.RowDecoder;
import io.weir.codec.ingest.RowFormat;
import io.weir.codec.ingest.RowRouter;
import io.weir.codec.merge.BitmapKind;
import io.weir.codec.schema.Column;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/** From a request's bytes to checked rows for each bucket. Takes CPU; stores nothing. Thread-safe. */
final class RowsByBucket {
    /** Rows smaller than this are left as they are: the bucket merges small appends, and compresses what it merged. */
    private static final int COMPRESS_FROM_BYTES = 16 << 10;

    private final BufferAllocator allocator;
    private final AtomicInteger turn = new AtomicInteger();

    RowsByBucket(BufferAllocator allocator) {
        this.allocator = allocator;
    }

    List<Column> infer(WriteRequest write, ByteBuffer body) {
        return RowDecoder.infer(write.format(), body, DecodeLimits.DEFAULT, allocator);
    }

    /** All rows of the body, checked against the table's current schema. */
    RoutedRows decode(WriteRequest write, TableInfo table, ByteBuffer body) {
        return table.hasPrimaryKey() ? changes(write, table, body) : appends(write, table, body);
    }

    private RoutedRows appends(WriteRequest write, TableInfo table, ByteBuffer body) {
        List<EncodedRows> rows =
                RowDecoder.decode(write.format(), body, table.schema(), DecodeLimits.DEFAULT, allocator);
        List<ChangedRows> changes = rows.stream()
                .map(batch -> new ChangedRows(ChangeKind.UPSERT, batch, null))
                .toList();
        SortedMap<RowRouter.Route, List<ChangedRows>> split = split(write, table, changes);
        boolean fromText = write.format() == RowFormat.JSON || write.format() == RowFormat.NDJSON;
        if (fromText || !table.bucketKey().isEmpty() || table.isPartitioned()) {
            split.replaceAll((route, parts) -> compressed(parts, compression(table)));
        }
        return new RoutedRows(split, count(changes), false);
    }

    private RoutedRows changes(WriteRequest write, TableInfo table, ByteBuffer body) {
        ChangeRules rules = rules(table);
        List<ChangedRows> changes = RowDecoder.decodeChanges(
                write.kind(), write.format(), body, table.schema(), rules, DecodeLimits.DEFAULT, allocator);
        return new RoutedRows(split(write, table, changes), count(changes), lackColumns(table, rules, changes));
    }

    /** What the table asks of rows that are written to it. */
    static ChangeRules rules(TableInfo table) {
        TableProperties properties = TableProperties.from(table.properties());
        Map<String, BitmapKind> bitmaps = new HashMap<>();
        for (Column column : table.schema().columns()) {
            properties.merge().bitmap(column.name()).ifPresent(kind -> bitmaps.put(column.name(), kind));
        }
        return new ChangeRules(
                Set.copyOf(table.primaryKey()),
                properties
                        .autoIncrement()
                        .map(TableProperties.AutoIncrement::column)
                        .orElse(null),
                bitmaps);
    }

    private SortedMap<RowRouter.Route, List<ChangedRows>> split(
            WriteRequest write, TableInfo table, List<ChangedRows> changes) {
        return new RowRouter(table.schema(), table.partitionBy(), table.bucketKey(), table.buckets())
                .split(changes, bucketWithoutKey(table, write.writer()), allocator);
    }

    private int bucketWithoutKey(TableInfo table, Bucket.@Nullable WriterSequence writer) {
        if (!table.bucketKey().isEmpty()) {
            return 0;
        }
        return writer == null
                ? Math.floorMod(turn.getAndIncrement(), table.buckets())
                : RowRouter.bucketOf(writer.writerId(), writer.sequence(), table.buckets());
    }

    /** Whether some row of a patch does not set a column that a new row could not be without. */
    private static boolean lackColumns(TableInfo table, ChangeRules rules, List<ChangedRows> changes) {
        List<Column> columns = table.schema().columns();
        byte[] needed = new byte[(columns.size() + 7) / 8];
        for (int i = 0; i < columns.size(); i++) {
            Column column = columns.get(i);
            if (!column.nullable() && !column.name().equals(rules.generated())) {
                needed[i >> 3] |= (byte) (1 << (i & 7));
            }
        }
        return changes.stream().anyMatch(batch -> lacksSome(batch.present(), needed));
    }

    private static boolean lacksSome(@Nullable ByteBuffer present, byte[] needed) {
        if (present == null) {
            return false;
        }
        for (int at = present.position(), i = 0; at < present.limit(); at++, i = i + 1 == needed.length ? 0 : i + 1) {
            if ((needed[i] & ~present.get(at)) != 0) {
                return true;
            }
        }
        return false;
    }

    private static List<ChangedRows> compressed(List<ChangedRows> parts, Compression compression) {
        return parts.stream()
                .map(part -> part.rows().sizeInBytes() < COMPRESS_FROM_BYTES || compression == Compression.NONE
                        ? part
                        : new ChangedRows(part.kind(), RecordBatches.compress(part.rows(), compression), null))
                .toList();
    }

    private static Compression compression(TableInfo table) {
        return Compression.valueOf(
                table.properties().getOrDefault("log.compression", "zstd").toUpperCase(Locale.ROOT));
    }

    private static long count(List<ChangedRows> changes) {
        return changes.stream().mapToLong(batch -> batch.rows().rowCount()).sum();
    }
}
