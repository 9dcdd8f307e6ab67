package io.weir.codec.ingest;

import io.weir.codec.batch.EncodedRows;
import io.weir.codec.schema.TableSchema;
import java.util.List;
import java.util.SortedMap;
import org.apache.arrow.memory.BufferAllocator;

/** Which bucket a row belongs to: {@code hash(bucket key) mod buckets}. The hash is part of the format and never changes. */
public final class BucketRouter {
    private BucketRouter() {}

    /** Rows by bucket, their order within a bucket kept. */
    public static SortedMap<Integer, List<EncodedRows>> split(
            TableSchema schema,
            List<String> bucketKey,
            int buckets,
            List<EncodedRows> rows,
            BufferAllocator allocator) {
        throw new UnsupportedOperationException("spine: " + schema + bucketKey + buckets + rows + allocator);
    }

    /** The one bucket for a request of rows without a bucket key: a retry meets the same. */
    public static int bucketOf(String writerId, long sequence, int buckets) {
        throw new UnsupportedOperationException("spine: " + writerId + sequence + buckets);
    }
}
