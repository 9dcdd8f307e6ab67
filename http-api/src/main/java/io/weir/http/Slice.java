package io.weir.http;

import io.weir.actors.bucket.Bucket;
import java.util.List;

/**
 * What one fetch brought.
 *
 * @param batches in offset order, perhaps none
 * @param nextOffset where the bucket's reader goes on
 */
record Slice(int bucket, List<Bucket.FetchedRows> batches, long nextOffset) {
    long rows() {
        return batches.stream().mapToLong(b -> b.rows().rowCount()).sum();
    }

    long bytes() {
        return batches.stream().mapToLong(b -> b.rows().sizeInBytes()).sum();
    }

    static long offset(Bucket.FetchedRows rows, int row) {
        return rows.baseOffset()
                + (rows.offsets() == null ? row : rows.offsets().at(row));
    }
}
