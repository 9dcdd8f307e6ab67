package io.weir.http;

import io.weir.actors.bucket.Bucket;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * What one fetch brought.
 *
 * @param batches in offset order, perhaps none
 * @param nextOffset where the bucket's reader goes on
 * @param failure why there is nothing more, or null. It travels as an element, because a failure of a stream overtakes the
 *     elements before it, and those rows are good.
 */
record Slice(
        int bucket,
        List<Bucket.FetchedRows> batches,
        long nextOffset,
        @Nullable Throwable failure) {
    Slice(int bucket, List<Bucket.FetchedRows> batches, long nextOffset) {
        this(bucket, batches, nextOffset, null);
    }

    static Slice failed(int bucket, long nextOffset, Throwable failure) {
        return new Slice(bucket, List.of(), nextOffset, failure);
    }

    /** @throws CompletionException with the failure, where this is one */
    void orThrow() {
        if (failure != null) {
            throw new CompletionException(failure);
        }
    }

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
