package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.TableSchema;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * Which bucket a row belongs to: {@code floorMod(hash(bucket key), buckets)}, the hash being MurmurHash3 x86 32 with seed 0 of the
 * key's bytes ({@link KeyBytes}). The hash is part of the format and never changes.
 */
public final class BucketRouter {
    private BucketRouter() {}

    /**
     * Rows by bucket, their order within a bucket kept; a batch whose rows all belong to one bucket is passed on as it is.
     *
     * @throws WeirException COLUMN_NOT_FOUND where the schema lacks a column of the key
     */
    public static SortedMap<Integer, List<EncodedRows>> split(
            TableSchema schema,
            List<String> bucketKey,
            int buckets,
            List<EncodedRows> rows,
            BufferAllocator allocator) {
        int[] key = bucketKey.stream().mapToInt(name -> indexOf(schema, name)).toArray();
        SortedMap<Integer, List<EncodedRows>> byBucket = new TreeMap<>();
        for (EncodedRows batch : rows) {
            int[] bucketOfRow = bucketsOf(schema, key, buckets, batch, allocator);
            splitBatch(schema, batch, bucketOfRow, allocator, byBucket);
        }
        return byBucket;
    }

    private static int indexOf(TableSchema schema, String name) {
        for (int i = 0; i < schema.columns().size(); i++) {
            if (schema.columns().get(i).name().equals(name)) {
                return i;
            }
        }
        throw new WeirException(ErrorCode.COLUMN_NOT_FOUND, "bucket key column '" + name + "' is not in the table");
    }

    private static int[] bucketsOf(
            TableSchema schema, int[] key, int buckets, EncodedRows batch, BufferAllocator allocator) {
        int[] bucketOfRow = new int[batch.rowCount()];
        if (buckets > 1) {
            RecordBatches.load(
                    schema.columns(), batch, allocator, root -> fillBuckets(root, key, buckets, bucketOfRow));
        }
        return bucketOfRow;
    }

    private static void fillBuckets(VectorSchemaRoot root, int[] key, int buckets, int[] bucketOfRow) {
        KeyBytes bytes = new KeyBytes();
        for (int row = 0; row < bucketOfRow.length; row++) {
            bytes.clear();
            for (int column : key) {
                FieldVector vector = root.getVector(column);
                bytes.add(vector, row);
            }
            bucketOfRow[row] = Math.floorMod(bytes.hash(), buckets);
        }
    }

    private static void splitBatch(
            TableSchema schema,
            EncodedRows batch,
            int[] bucketOfRow,
            BufferAllocator allocator,
            SortedMap<Integer, List<EncodedRows>> byBucket) {
        SortedMap<Integer, List<Integer>> rowsOf = new TreeMap<>();
        for (int row = 0; row < bucketOfRow.length; row++) {
            rowsOf.computeIfAbsent(bucketOfRow[row], b -> new ArrayList<>()).add(row);
        }
        rowsOf.forEach((bucket, indexes) -> {
            EncodedRows part = indexes.size() == batch.rowCount()
                    ? batch
                    : RecordBatches.select(
                            schema.columns(),
                            batch,
                            indexes.stream().mapToInt(Integer::intValue).toArray(),
                            allocator);
            byBucket.computeIfAbsent(bucket, b -> new ArrayList<>()).add(part);
        });
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
