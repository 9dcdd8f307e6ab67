package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.stream.OverflowStrategy;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/**
 * Reads buckets as sources of slices. Pulled: a fetch is asked for only when the one before it was taken, with one made in advance,
 * so a slow client holds at most two fetches. A source that is cancelled asks no more. A bucket whose partition is dropped meanwhile
 * ends there.
 */
final class LogReader {
    /** How long a bucket that is on its way to another node is waited for before a read fails. */
    static final int RETRIES_MAX = 20;

    private static final Duration RETRY_AFTER = Duration.ofMillis(500);
    private static final Duration WAIT_SLICE = Duration.ofSeconds(5);

    private final BucketClient buckets;
    private final ActorSystem<?> system;
    private final Clock clock;
    private final int fetchBytes;

    LogReader(BucketClient buckets, ActorSystem<?> system, Clock clock, int fetchBytes) {
        this.buckets = buckets;
        this.system = system;
        this.clock = clock;
        this.fetchBytes = fetchBytes;
    }

    /**
     * What is asked of the buckets.
     *
     * @param rowsMax {@link Long#MAX_VALUE} where there is no limit
     * @param bytesMax likewise
     */
    record Wanted(List<Integer> columnIds, @Nullable String where, long rowsMax, long bytesMax) {}

    /** The state of a bounded read: the bucket that is being read, from where, and what may still come. */
    private record Progress(int bucket, long from, long rows, long bytes) {}

    /** Bucket after bucket, each up to its high watermark in the span, within the limits. */
    Source<Slice, NotUsed> bounded(Wanted wanted, Span span) {
        List<Map.Entry<BucketId, Bounds>> all = List.copyOf(span.bounds().entrySet());
        Progress start = new Progress(0, from(all, 0), wanted.rowsMax(), wanted.bytesMax());
        return Source.unfoldAsync(start, (Progress progress) -> step(wanted, all, progress))
                .buffer(1, OverflowStrategy.backpressure());
    }

    private static long from(List<Map.Entry<BucketId, Bounds>> all, int bucket) {
        return bucket < all.size() ? all.get(bucket).getValue().from() : 0;
    }

    private CompletionStage<Optional<Pair<Progress, Slice>>> step(
            Wanted wanted, List<Map.Entry<BucketId, Bounds>> all, Progress progress) {
        int at = progress.bucket();
        long from = progress.from();
        while (at < all.size() && from >= all.get(at).getValue().to()) {
            from = from(all, ++at);
        }
        if (at >= all.size() || progress.rows() <= 0 || progress.bytes() <= 0) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        BucketId bucket = all.get(at).getKey();
        Bounds bounds = all.get(at).getValue();
        BucketClient.Range range = new BucketClient.Range(
                from,
                bounds.to(),
                (int) Math.min(fetchBytes, progress.bytes()),
                (int) Math.min(Integer.MAX_VALUE, progress.rows()),
                wanted.columnIds(),
                wanted.where(),
                Duration.ZERO);
        Progress now = new Progress(at, from, progress.rows(), progress.bytes());
        return fetch(bucket, bounds.part().name(), range, RETRIES_MAX)
                .handle((slice, failure) -> Optional.of(next(now, bucket, bounds, slice, failure)));
    }

    private static Pair<Progress, Slice> next(
            Progress now, BucketId bucket, Bounds bounds, @Nullable Slice slice, @Nullable Throwable failure) {
        if (slice == null && failure != null && isDropped(bucket, failure)) {
            Slice none = new Slice(bucket, bounds.part().name(), List.of(), now.from());
            return Pair.create(new Progress(now.bucket(), Long.MAX_VALUE, now.rows(), now.bytes()), none);
        }
        if (slice == null || slice.nextOffset() <= now.from()) {
            Throwable reason = failure == null ? nothingAt(bucket, bounds, now.from()) : Problem.unwrapped(failure);
            return Pair.create(new Progress(Integer.MAX_VALUE, 0, 0, 0), Slice.failed(bucket, now.from(), reason));
        }
        return Pair.create(
                new Progress(now.bucket(), slice.nextOffset(), now.rows() - slice.rows(), now.bytes() - slice.bytes()),
                slice);
    }

    private static WeirException nothingAt(BucketId bucket, Bounds bounds, long offset) {
        return new WeirException(
                ErrorCode.CORRUPT_DATA,
                "The " + text(bucket, bounds.part().name()) + " has nothing at offset " + offset
                        + ", below its high watermark; T/buckets tells of damage");
    }

    static String text(BucketId bucket, @Nullable String partition) {
        return "bucket " + bucket.bucket() + (partition == null ? "" : " of partition '" + partition + "'");
    }

    /** All buckets at the same time, each in its own order, for as long as someone listens; those of {@code later} as they come. */
    Source<Slice, NotUsed> following(Wanted wanted, Span span, Source<Span, NotUsed> later) {
        return new Following(this, wanted, fetchBytes).slices(span, later);
    }

    /**
     * Waits until some bucket has a row for the reader, at most for {@code wait}.
     *
     * @return where to read from: past what was looked at and did not match
     */
    CompletionStage<SortedMap<BucketId, Long>> awaitRow(Wanted wanted, Span span, Duration wait) {
        Instant deadline = clock.instant().plus(wait);
        Map<BucketId, Long> looked = new ConcurrentHashMap<>(span.from());
        CompletableFuture<Boolean> found = new CompletableFuture<>();
        List<CompletableFuture<Boolean>> all = new ArrayList<>();
        for (BucketId bucket : span.bounds().keySet()) {
            all.add(look(wanted, bucket, looked, deadline, found).toCompletableFuture());
        }
        return CompletableFuture.anyOf(found, CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)))
                .thenApply(any -> new TreeMap<>(looked));
    }

    /**
     * Looks at one bucket in short turns, until it has a row, another has, or time is up. When another has, a question to this
     * one is still open, but only for the rest of its turn.
     */
    private CompletionStage<Boolean> look(
            Wanted wanted,
            BucketId bucket,
            Map<BucketId, Long> looked,
            Instant deadline,
            CompletableFuture<Boolean> found) {
        Duration left = Duration.between(clock.instant(), deadline);
        if (found.isDone() || left.isNegative() || left.isZero()) {
            return CompletableFuture.completedFuture(false);
        }
        Duration turn = left.compareTo(WAIT_SLICE) < 0 ? left : WAIT_SLICE;
        long offset = looked.getOrDefault(bucket, 0L);
        BucketClient.Range range =
                new BucketClient.Range(offset, Long.MAX_VALUE, 1, 1, wanted.columnIds(), wanted.where(), turn);
        return fetch(bucket, null, range, 0).thenCompose(slice -> {
            if (!slice.batches().isEmpty()) {
                found.complete(true);
                return CompletableFuture.completedFuture(true);
            }
            looked.put(bucket, slice.nextOffset());
            return look(wanted, bucket, looked, deadline, found);
        });
    }

    /**
     * One fetch; a bucket that is between two owners, or slow to start, is asked again. One that takes its time to refuse, as where the
     * object store does not answer, is asked so much less often.
     */
    CompletionStage<Slice> fetch(BucketId bucket, @Nullable String partition, BucketClient.Range range, int retries) {
        return fetch(bucket, partition, range, retries, clock.instant().plus(RETRY_AFTER.multipliedBy(retries)));
    }

    private CompletionStage<Slice> fetch(
            BucketId bucket, @Nullable String partition, BucketClient.Range range, int retries, Instant until) {
        return buckets.fetch(bucket, range)
                .thenApply((Bucket.Fetched f) -> new Slice(bucket, partition, f.batches(), f.nextOffset()))
                .exceptionallyCompose(failure -> {
                    Throwable cause = Problem.unwrapped(failure);
                    boolean again = retries > 0
                            && clock.instant().isBefore(until)
                            && cause instanceof WeirException known
                            && known.code().retryable();
                    return again
                            ? Patterns.after(
                                    RETRY_AFTER,
                                    system.classicSystem(),
                                    () -> fetch(bucket, partition, range, retries - 1, until))
                            : CompletableFuture.failedFuture(cause);
                });
    }

    /** Whether the bucket is gone with its partition, so that a read of others goes on. */
    static boolean isDropped(BucketId bucket, Throwable failure) {
        return bucket.partitionId() != 0
                && Problem.unwrapped(failure) instanceof WeirException known
                && known.code() == ErrorCode.PARTITION_NOT_FOUND;
    }
}
