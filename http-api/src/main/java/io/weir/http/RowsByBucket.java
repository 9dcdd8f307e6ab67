package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.batch.Compression;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.ingest.BucketRouter;
import io.weir.codec.ingest.DecodeLimits;
import io.weir.codec.ingest.RowDecoder;
import io.weir.codec.ingest.RowFormat;
import io.weir.codec.schema.Column;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.BufferAllocator;

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

    /** All rows of the body, checked against the table's current schema; an empty map where it holds none. */
    SortedMap<Integer, List<EncodedRows>> decode(WriteRequest write, TableInfo table, ByteBuffer body) {
        List<EncodedRows> rows =
                RowDecoder.decode(write.format(), body, table.schema(), DecodeLimits.DEFAULT, allocator);
        if (rows.isEmpty()) {
            return new TreeMap<>();
        }
        SortedMap<Integer, List<EncodedRows>> byBucket = split(table, rows, write.writer());
        boolean fromText = write.format() == RowFormat.JSON || write.format() == RowFormat.NDJSON;
        if (fromText || !table.bucketKey().isEmpty()) {
            byBucket.replaceAll((bucket, parts) -> compressed(parts, compression(table)));
        }
        return byBucket;
    }

    private SortedMap<Integer, List<EncodedRows>> split(
            TableInfo table, List<EncodedRows> rows, Bucket.@org.jspecify.annotations.Nullable WriterSequence writer) {
        if (!table.bucketKey().isEmpty()) {
            return BucketRouter.split(table.schema(), table.bucketKey(), table.buckets(), rows, allocator);
        }
        int bucket = writer == null
                ? Math.floorMod(turn.getAndIncrement(), table.buckets())
                : BucketRouter.bucketOf(writer.writerId(), writer.sequence(), table.buckets());
        SortedMap<Integer, List<EncodedRows>> one = new TreeMap<>();
        one.put(bucket, rows);
        return one;
    }

    private static List<EncodedRows> compressed(List<EncodedRows> parts, Compression compression) {
        return parts.stream()
                .map(rows -> rows.sizeInBytes() < COMPRESS_FROM_BYTES || compression == Compression.NONE
                        ? rows
                        : RecordBatches.compress(rows, compression))
                .toList();
    }

    private static Compression compression(TableInfo table) {
        return Compression.valueOf(
                table.properties().getOrDefault("log.compression", "zstd").toUpperCase(Locale.ROOT));
    }

    /** Bytes that the rows take on the heap. */
    static long bytes(SortedMap<Integer, List<EncodedRows>> rows) {
        return rows.values().stream()
                .flatMap(Collection::stream)
                .mapToLong(EncodedRows::sizeInBytes)
                .sum();
    }

    static long count(SortedMap<Integer, List<EncodedRows>> rows) {
        return rows.values().stream()
                .flatMap(Collection::stream)
                .mapToLong(EncodedRows::rowCount)
                .sum();
    }
}
