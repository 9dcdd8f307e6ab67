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

/**
 * Reads buckets as sources of slices. Pulled: a fetch is asked for only when the one before it was taken, with one made in advance,
 * so a slow client holds at most two fetches. A source that is cancelled asks no more.
 */
final class LogReader {
    /** How long a bucket that is on its way to another node is waited for before a read fails. */
    private static final int RETRIES_MAX = 20;

    private static final Duration RETRY_AFTER = Duration.ofMillis(500);
    private static final Duration FOLLOW_WAIT = Duration.ofSeconds(20);
    private static final Duration WAIT_SLICE = Duration.ofSeconds(5);
    private static final int FOLLOW_BYTES_MAX = 1 << 20;
    private static final int FOLLOW_BYTES_MIN = 64 << 10;

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

    /** The state of a bounded read: which bucket is being read, from where, and what may still come. */
    private record Progress(SortedMap<Integer, Long> left, long rows, long bytes) {}

    private static final Progress END = new Progress(new TreeMap<>(), 0, 0);
    private static final long ENDED = -1;

    /** Bucket after bucket, each up to its high watermark in the span, within the query's limits. */
    Source<Slice, NotUsed> bounded(LogQuery query, LogStart.Span span) {
        Progress start = new Progress(new TreeMap<>(span.from()), query.rowsMax(), query.bytesMax());
        return Source.unfoldAsync(start, (Progress progress) -> step(query, span, progress))
                .buffer(1, OverflowStrategy.backpressure());
    }

    private CompletionStage<Optional<Pair<Progress, Slice>>> step(
            LogQuery query, LogStart.Span span, Progress progress) {
        SortedMap<Integer, Long> left = new TreeMap<>(progress.left());
        left.entrySet().removeIf(e -> e.getValue() >= span.to().getOrDefault(e.getKey(), 0L));
        if (left.isEmpty() || progress.rows() <= 0 || progress.bytes() <= 0) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        int bucket = left.firstKey();
        long from = left.getOrDefault(bucket, 0L);
        BucketClient.Range range = new BucketClient.Range(
                from,
                span.to().getOrDefault(bucket, 0L),
                (int) Math.min(fetchBytes, progress.bytes()),
                (int) Math.min(Integer.MAX_VALUE, progress.rows()),
                query.columnIds(),
                query.where(),
                Duration.ZERO);
        return fetch(query, bucket, range, RETRIES_MAX).handle((slice, failure) -> {
            if (failure != null || slice.nextOffset() <= from) {
                Throwable reason = failure == null ? nothingAt(bucket, from) : Problem.unwrapped(failure);
                return Optional.of(Pair.create(END, Slice.failed(bucket, from, reason)));
            }
            left.put(bucket, slice.nextOffset());
            Progress next = new Progress(left, progress.rows() - slice.rows(), progress.bytes() - slice.bytes());
            return Optional.of(Pair.create(next, slice));
        });
    }

    private static WeirException nothingAt(int bucket, long offset) {
        return new WeirException(
                ErrorCode.CORRUPT_DATA,
                "Bucket " + bucket + " has nothing at offset " + offset
                        + ", below its high watermark; T/buckets tells of" + " damage");
    }

    /** All buckets at the same time, each in its own order, for as long as someone listens. */
    Source<Slice, NotUsed> following(LogQuery query, SortedMap<Integer, Long> from) {
        int bytes = Math.max(FOLLOW_BYTES_MIN, Math.min(FOLLOW_BYTES_MAX, 2 * fetchBytes / from.size()));
        List<Source<Slice, NotUsed>> sources = new ArrayList<>();
        from.forEach((bucket, offset) -> sources.add(following(query, bucket, offset, bytes)));
        Source<Slice, NotUsed> merged = sources.get(0);
        return sources.size() == 1 ? merged : merged.mergeAll(sources.subList(1, sources.size()), false);
    }

    private Source<Slice, NotUsed> following(LogQuery query, int bucket, long from, int bytesMax) {
        return Source.unfoldAsync(from, (Long offset) -> {
            if (offset == ENDED) {
                return CompletableFuture.completedFuture(Optional.empty());
            }
            return fetch(query, bucket, unbounded(query, offset, bytesMax, FOLLOW_WAIT), RETRIES_MAX)
                    .handle((slice, failure) -> Optional.of(
                            failure == null
                                    ? Pair.create(slice.nextOffset(), slice)
                                    : Pair.create(ENDED, Slice.failed(bucket, offset, Problem.unwrapped(failure)))));
        });
    }

    private static BucketClient.Range unbounded(LogQuery query, long from, int bytesMax, Duration wait) {
        int rows = (int) Math.min(Integer.MAX_VALUE, query.rowsMax());
        return new BucketClient.Range(from, Long.MAX_VALUE, bytesMax, rows, query.columnIds(), query.where(), wait);
    }

    /**
     * Waits until some bucket has a row for the query, at most for the query's {@code wait}.
     *
     * @return where to read from: past what was looked at and did not match
     */
    CompletionStage<SortedMap<Integer, Long>> awaitRow(LogQuery query, SortedMap<Integer, Long> from) {
        Instant deadline = clock.instant().plus(query.waitAtMost());
        Map<Integer, Long> looked = new ConcurrentHashMap<>(from);
        CompletableFuture<Boolean> found = new CompletableFuture<>();
        List<CompletableFuture<Boolean>> all = new ArrayList<>();
        for (int bucket : from.keySet()) {
            all.add(look(query, bucket, looked, deadline, found).toCompletableFuture());
        }
        return CompletableFuture.anyOf(found, CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)))
                .thenApply(any -> new TreeMap<>(looked));
    }

    /**
     * Looks at one bucket in short turns, until it has a row, another has, or time is up. When another has, a question to this
     * one is still open, but only for the rest of its turn.
     */
    private CompletionStage<Boolean> look(
            LogQuery query, int bucket, Map<Integer, Long> looked, Instant deadline, CompletableFuture<Boolean> found) {
        Duration left = Duration.between(clock.instant(), deadline);
        if (found.isDone() || left.isNegative() || left.isZero()) {
            return CompletableFuture.completedFuture(false);
        }
        Duration turn = left.compareTo(WAIT_SLICE) < 0 ? left : WAIT_SLICE;
        long offset = looked.getOrDefault(bucket, 0L);
        return fetch(query, bucket, unbounded(query, offset, 1, turn), 0).thenCompose(slice -> {
            if (!slice.batches().isEmpty()) {
                found.complete(true);
                return CompletableFuture.completedFuture(true);
            }
            looked.put(bucket, slice.nextOffset());
            return look(query, bucket, looked, deadline, found);
        });
    }

    /** One fetch; a bucket that is between two owners, or slow to start, is asked again. */
    private CompletionStage<Slice> fetch(LogQuery query, int bucket, BucketClient.Range range, int retries) {
        BucketId id = new BucketId(query.table().tableId(), bucket);
        return buckets.fetch(id, range)
                .thenApply((Bucket.Fetched f) -> new Slice(bucket, f.batches(), f.nextOffset()))
                .exceptionallyCompose(failure -> {
                    Throwable cause = Problem.unwrapped(failure);
                    boolean again = retries > 0
                            && cause instanceof WeirException known
                            && known.code().retryable();
                    return again
                            ? Patterns.after(
                                    RETRY_AFTER, system.classicSystem(), () -> fetch(query, bucket, range, retries - 1))
                            : CompletableFuture.failedFuture(cause);
                });
    }

    /** The offsets where a read stands; starts at the span's and moves as slices are sent. Confined to the answer's stream. */
    static final class Positions {
        private final long tableId;
        private final SortedMap<Integer, Long> next;

        Positions(long tableId, Map<Integer, Long> from) {
            this.tableId = tableId;
            this.next = new TreeMap<>(from);
        }

        void moved(int bucket, long nextOffset) {
            next.put(bucket, nextOffset);
        }

        String cursor() {
            return new Cursor(tableId, next).text();
        }
    }
}
