package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * What one fetch brought.
 *
 * @param partition the name of the bucket's partition, or null
 * @param batches in offset order, perhaps none
 * @param nextOffset where the bucket's reader goes on
 * @param failure why there is nothing more, or null. It travels as an element, because a failure of a stream overtakes the
 *     elements before it, and those rows are good.
 */
record Slice(
        BucketId bucket,
        @Nullable String partition,
        List<Bucket.FetchedRows> batches,
        long nextOffset,
        @Nullable Throwable failure) {
    Slice(BucketId bucket, @Nullable String partition, List<Bucket.FetchedRows> batches, long nextOffset) {
        this(bucket, partition, batches, nextOffset, null);
    }

    static Slice failed(BucketId bucket, long nextOffset, Throwable failure) {
        return new Slice(bucket, null, List.of(), nextOffset, failure);
    }

    /** The same place with other rows. */
    Slice with(List<Bucket.FetchedRows> other, long otherNextOffset) {
        return new Slice(bucket, partition, other, otherNextOffset, failure);
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

    static long lastOffset(Bucket.FetchedRows rows) {
        return offset(rows, rows.rows().rowCount() - 1);
    }
}
