package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.ColumnView;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Which partition and which bucket of it a row belongs to. A bucket is {@code floorMod(hash(bucket key), buckets)}, the hash being
 * MurmurHash3 x86 32 with seed 0 of the key's bytes ({@link KeyBytes}), which is part of the format and never changes. Thread-safe.
 */
public final class RowRouter {
    private final TableSchema schema;
    private final int[] partitionBy;
    private final int[] bucketKey;
    private final int buckets;

    /**
     * @param partitionBy columns whose values pick the partition; none of them null in any row
     * @param bucketKey columns whose hash picks the bucket, or none
     * @throws WeirException COLUMN_NOT_FOUND where the schema lacks a column of the two
     */
    public RowRouter(TableSchema schema, List<String> partitionBy, List<String> bucketKey, int buckets) {
        this.schema = schema;
        this.partitionBy =
                partitionBy.stream().mapToInt(name -> indexOf(schema, name)).toArray();
        this.bucketKey =
                bucketKey.stream().mapToInt(name -> indexOf(schema, name)).toArray();
        this.buckets = buckets;
    }

    private static int indexOf(TableSchema schema, String name) {
        for (int i = 0; i < schema.columns().size(); i++) {
            if (schema.columns().get(i).name().equals(name)) {
                return i;
            }
        }
        throw new WeirException(ErrorCode.COLUMN_NOT_FOUND, "key column '" + name + "' is not in the table");
    }

    /** @param partition the values' texts; empty where the table is not partitioned */
    public record Route(List<String> partition, int bucket) implements Comparable<Route> {
        public Route {
            partition = List.copyOf(partition);
        }

        @Override
        public int compareTo(Route other) {
            int byPartition = Arrays.compare(partition.toArray(String[]::new), other.partition.toArray(String[]::new));
            return byPartition != 0 ? byPartition : Integer.compare(bucket, other.bucket);
        }
    }

    /**
     * Rows by where they go, their order kept; a batch whose rows all go to one place is passed on as it is.
     *
     * @param bucketWithoutKey where rows go that have no bucket key
     * @throws WeirException INVALID_REQUEST where the rows are of more partitions than one request may have
     */
    public SortedMap<Route, List<ChangedRows>> split(
            List<ChangedRows> changes, int bucketWithoutKey, BufferAllocator allocator) {
        SortedMap<Route, List<ChangedRows>> split = new TreeMap<>();
        PartitionTexts partitions = new PartitionTexts(schema, partitionBy);
        for (ChangedRows batch : changes) {
            if (partitionBy.length == 0 && (bucketKey.length == 0 || buckets == 1)) {
                int bucket = bucketKey.length == 0 ? bucketWithoutKey : 0;
                add(split, new Route(List.of(), bucket), batch);
            } else {
                split(batch, bucketWithoutKey, partitions, allocator, split);
            }
        }
        return split;
    }

    private static void add(SortedMap<Route, List<ChangedRows>> split, Route route, ChangedRows rows) {
        split.computeIfAbsent(route, r -> new ArrayList<>()).add(rows);
    }

    private void split(
            ChangedRows batch,
            int bucketWithoutKey,
            PartitionTexts partitions,
            BufferAllocator allocator,
            SortedMap<Route, List<ChangedRows>> split) {
        EncodedRows plain = RecordBatches.decompress(schema.columns(), batch.rows());
        indexesByRoute(plain, bucketWithoutKey, partitions).forEach((route, indexes) -> {
            boolean all = indexes.length == plain.rowCount();
            add(split, route, all ? batch : select(batch, plain, indexes, allocator));
        });
    }

    /** The indexes of the rows, ascending, by where they go; the table has a bucket key. */
    public SortedMap<Route, int[]> indexesByRoute(EncodedRows rows) {
        return indexesByRoute(rows, 0, new PartitionTexts(schema, partitionBy));
    }

    private SortedMap<Route, int[]> indexesByRoute(EncodedRows rows, int bucketWithoutKey, PartitionTexts partitions) {
        List<ColumnView> views = ColumnView.of(schema.columns(), rows);
        int[] bucketOfRow = buckets(views, rows.rowCount(), bucketWithoutKey);
        // A place's number above, the row's below: sorted, the rows of one place stand together and in order.
        long[] places = new long[rows.rowCount()];
        for (int row = 0; row < places.length; row++) {
            long partition = partitionBy.length == 0 ? 0 : partitions.indexOf(views, row);
            places[row] = (partition * buckets + bucketOfRow[row]) << 32 | row;
        }
        Arrays.sort(places);
        SortedMap<Route, int[]> byRoute = new TreeMap<>();
        for (int start = 0; start < places.length; ) {
            long place = places[start] >>> 32;
            int end = start + 1;
            while (end < places.length && places[end] >>> 32 == place) {
                end++;
            }
            List<String> partition = partitionBy.length == 0 ? List.of() : partitions.values((int) (place / buckets));
            byRoute.put(new Route(partition, (int) (place % buckets)), rows(places, start, end));
            start = end;
        }
        return byRoute;
    }

    private static int[] rows(long[] places, int start, int end) {
        int[] rows = new int[end - start];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = (int) places[start + i];
        }
        return rows;
    }

    private ChangedRows select(ChangedRows batch, EncodedRows plain, int[] indexes, BufferAllocator allocator) {
        ByteBuffer present = batch.present();
        return new ChangedRows(
                batch.kind(),
                RecordBatches.select(schema.columns(), plain, indexes, allocator),
                present == null ? null : selectBits(present, batch.rows().rowCount(), indexes));
    }

    private static ByteBuffer selectBits(ByteBuffer present, int rows, int[] indexes) {
        int bytesEach = present.remaining() / rows;
        ByteBuffer selected = ByteBuffer.allocate(bytesEach * indexes.length);
        for (int index : indexes) {
            selected.put(present.slice(present.position() + index * bytesEach, bytesEach));
        }
        return selected.flip();
    }

    private int[] buckets(List<ColumnView> views, int rows, int bucketWithoutKey) {
        int[] bucketOfRow = new int[rows];
        if (bucketKey.length == 0) {
            Arrays.fill(bucketOfRow, bucketWithoutKey);
        } else if (buckets > 1) {
            KeyBytes bytes = new KeyBytes();
            for (int row = 0; row < rows; row++) {
                bytes.clear();
                for (int column : bucketKey) {
                    bytes.add(views.get(column), row);
                }
                bucketOfRow[row] = Math.floorMod(bytes.hash(), buckets);
            }
        }
        return bucketOfRow;
    }

    /**
     * The one bucket for a request of rows without a bucket key: a retry meets the same. Hashes the writer id as a STRING and the
     * sequence as a BIGINT would be, without the null marks.
     */
    public static int bucketOf(String writerId, long sequence, int buckets) {
        KeyBytes bytes = new KeyBytes();
        bytes.addArray(writerId.getBytes(StandardCharsets.UTF_8));
        bytes.addLong(sequence);
        return Math.floorMod(bytes.hash(), buckets);
    }
}
