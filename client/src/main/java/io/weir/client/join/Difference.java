package io.weir.client.join;

import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.row.RowEncoder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/**
 * What has to be written so that the output holds the rows it must hold for a join key.
 *
 * @param upserts whole rows of the output, new or changed; null where there are none
 * @param deletes keys of output rows that are gone, the columns of its primary key; null where there are none
 */
record Difference(@Nullable EncodedRows upserts, @Nullable EncodedRows deletes) {
    static final Difference NONE = new Difference(null, null);

    boolean isEmpty() {
        return upserts == null && deletes == null;
    }

    long sizeInBytes() {
        return size(upserts) + size(deletes);
    }

    private static long size(@Nullable EncodedRows rows) {
        return rows == null ? 0 : rows.sizeInBytes();
    }

    /**
     * @param wanted rows that the output must hold; null: none
     * @param present rows that it holds; null: none
     */
    static Difference of(
            JoinPlan plan, @Nullable EncodedRows wanted, @Nullable EncodedRows present, BufferAllocator allocator) {
        Map<Key, byte[]> there = present == null ? Map.of() : byKey(plan, present);
        Map<Key, byte[]> should = wanted == null ? Map.of() : byKey(plan, wanted);
        EncodedRows upserts = wanted == null
                ? null
                : select(plan, wanted, should, (key, row) -> !Arrays.equals(there.get(key), row), allocator);
        EncodedRows gone = present == null
                ? null
                : select(plan, present, there, (key, row) -> !should.containsKey(key), allocator);
        EncodedRows deletes = gone == null
                ? null
                : JoinRows.pick(plan.output().columns(), gone, plan.outputKeyPositions(), allocator);
        return upserts == null && deletes == null ? NONE : new Difference(upserts, deletes);
    }

    private static Map<Key, byte[]> byKey(JoinPlan plan, EncodedRows rows) {
        List<Key> keys = keys(plan, rows);
        byte[][] encoded = RowEncoder.encode(plan.output(), rows);
        Map<Key, byte[]> byKey = new LinkedHashMap<>();
        for (int i = 0; i < encoded.length; i++) {
            byKey.put(keys.get(i), encoded[i]);
        }
        if (byKey.size() != encoded.length) {
            throw new IllegalStateException("two output rows with one key");
        }
        return byKey;
    }

    private static List<Key> keys(JoinPlan plan, EncodedRows rows) {
        return KeyEncoder.of(plan.output().columns(), plan.outputPrimaryKey()).encode(rows);
    }

    /** The rows for which the test holds; null where it holds for none. Map order is row order. */
    private static @Nullable EncodedRows select(
            JoinPlan plan,
            EncodedRows rows,
            Map<Key, byte[]> byKey,
            BiPredicate<Key, byte[]> test,
            BufferAllocator allocator) {
        int[] indexes = new int[rows.rowCount()];
        int selected = 0;
        int row = 0;
        for (Map.Entry<Key, byte[]> entry : byKey.entrySet()) {
            if (test.test(entry.getKey(), entry.getValue())) {
                indexes[selected++] = row;
            }
            row++;
        }
        if (selected == 0) {
            return null;
        }
        return selected == row
                ? rows
                : RecordBatches.select(plan.output().columns(), rows, Arrays.copyOf(indexes, selected), allocator);
    }
}
