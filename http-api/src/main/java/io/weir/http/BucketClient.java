package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.row.Key;
import io.weir.sharding.WeirCluster;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Asks buckets; a refusal becomes the exception it stands for. */
final class BucketClient {
    /** Questions that a bucket answers from memory, or after it has recovered its log. */
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(15);

    private final WeirCluster cluster;
    private final Duration writeTimeout;

    BucketClient(WeirCluster cluster, Duration writeTimeout) {
        this.cluster = cluster;
        this.writeTimeout = writeTimeout;
    }

    CompletionStage<Bucket.Appended> append(
            BucketId bucket, List<EncodedRows> rows, Bucket.@Nullable WriterSequence writer) {
        return cluster.<Bucket.AppendReply>askBucket(
                        bucket, replyTo -> new Bucket.Append(rows, writer, replyTo), writeTimeout)
                .thenApply(reply -> expect(Bucket.Appended.class, reply));
    }

    CompletionStage<Bucket.Appended> upsert(
            BucketId bucket, List<ChangedRows> changes, Bucket.@Nullable WriterSequence writer) {
        return cluster.<Bucket.AppendReply>askBucket(
                        bucket, replyTo -> new Bucket.Upsert(changes, writer, false, replyTo), writeTimeout)
                .thenApply(reply -> expect(Bucket.Appended.class, reply));
    }

    /** What {@link #upsert} would answer; nothing is done. */
    CompletionStage<Bucket.Appended> check(
            BucketId bucket, List<ChangedRows> changes, Bucket.@Nullable WriterSequence writer) {
        return cluster.<Bucket.AppendReply>askBucket(
                        bucket, replyTo -> new Bucket.Upsert(changes, writer, true, replyTo), ANSWER_WITHIN)
                .thenApply(reply -> expect(Bucket.Appended.class, reply));
    }

    CompletionStage<Bucket.Description> describe(BucketId bucket) {
        return cluster.<Bucket.DescribeReply>askBucket(bucket, Bucket.Describe::new, ANSWER_WITHIN)
                .thenApply(reply -> expect(Bucket.Description.class, reply));
    }

    CompletionStage<Long> locate(BucketId bucket, long timestampMs) {
        return cluster.<Bucket.LocateReply>askBucket(
                        bucket, replyTo -> new Bucket.Locate(timestampMs, replyTo), ANSWER_WITHIN)
                .thenApply(reply -> expect(Bucket.Located.class, reply).offset());
    }

    /** A fetch without its place to answer to. */
    record Range(
            long fromOffset,
            long toOffset,
            int bytesMax,
            int rowsMax,
            List<Integer> columnIds,
            @Nullable String where,
            Duration waitAtMost) {}

    CompletionStage<Bucket.Fetched> fetch(BucketId bucket, Range range) {
        return cluster.<Bucket.FetchReply>askBucket(
                        bucket,
                        replyTo -> new Bucket.Fetch(
                                range.fromOffset(),
                                range.toOffset(),
                                range.bytesMax(),
                                range.rowsMax(),
                                range.columnIds(),
                                range.where(),
                                range.waitAtMost(),
                                replyTo),
                        range.waitAtMost().plus(ANSWER_WITHIN))
                .thenApply(reply -> expect(Bucket.Fetched.class, reply));
    }

    /** Encoded rows in the order of the keys; null where there is none. */
    CompletionStage<List<byte @Nullable []>> lookup(BucketId bucket, List<Key> keys) {
        return cluster.<Bucket.LookupReply>askBucket(bucket, replyTo -> new Bucket.Lookup(keys, replyTo), ANSWER_WITHIN)
                .thenApply(reply -> expect(Bucket.LookedUp.class, reply).rows());
    }

    CompletionStage<List<byte @Nullable []>> insertIfMissing(BucketId bucket, EncodedRows rows) {
        return cluster.<Bucket.LookupReply>askBucket(
                        bucket, replyTo -> new Bucket.InsertIfMissing(rows, replyTo), writeTimeout)
                .thenApply(reply -> expect(Bucket.LookedUp.class, reply).rows());
    }

    CompletionStage<Bucket.PrefixRows> prefix(
            BucketId bucket, Key prefix, @Nullable Key after, int rowsMax, int bytesMax) {
        return cluster.<Bucket.PrefixReply>askBucket(
                        bucket,
                        replyTo -> new Bucket.PrefixLookup(prefix, after, rowsMax, bytesMax, replyTo),
                        ANSWER_WITHIN)
                .thenApply(reply -> expect(Bucket.PrefixRows.class, reply));
    }

    CompletionStage<Bucket.ScanOpened> openScan(BucketId bucket, List<Integer> columnIds, @Nullable String where) {
        return cluster.<Bucket.ScanReply>askBucket(
                        bucket, replyTo -> new Bucket.OpenScan(columnIds, where, replyTo), ANSWER_WITHIN)
                .thenApply(reply -> expect(Bucket.ScanOpened.class, reply));
    }

    CompletionStage<Bucket.ScanRead> readScan(BucketId bucket, long scanId, int bytesMax) {
        return cluster.<Bucket.ScanReply>askBucket(
                        bucket, replyTo -> new Bucket.ReadScan(scanId, bytesMax, replyTo), ANSWER_WITHIN)
                .thenApply(reply -> expect(Bucket.ScanRead.class, reply));
    }

    void closeScan(BucketId bucket, long scanId) {
        cluster.tell(bucket, new Bucket.CloseScan(scanId));
    }

    private static <R> R expect(Class<R> kind, Object reply) {
        if (reply instanceof Bucket.Refused refused) {
            throw new WeirException(refused.code(), refused.detail());
        }
        if (!kind.isInstance(reply)) {
            throw new WeirException(ErrorCode.INTERNAL, "A bucket answered " + reply + " instead of " + kind);
        }
        return kind.cast(reply);
    }
}
