package io.weir.http;

import io.weir.actors.bucket.BucketId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/**
 * The tail of many buckets at the same time. With few of them, each has a fetch waiting that brings what commits. With many, what all
 * of those could bring at once would not fit the heap: there, each bucket waits for one row as a sign, and fetches what there is
 * only when it is one of few that do.
 */
final class Following {
    private static final Duration WAIT = Duration.ofSeconds(20);
    private static final int BYTES_MAX = 1 << 20;
    private static final int BYTES_MIN = 64 << 10;

    /** Buckets that may each hold fetched rows. */
    private static final int HOLDING_MAX = 64;

    /** More than a table may have; the merge grows as it is used. */
    private static final int BREADTH = 1 << 20;

    private static final long ENDED = -1;

    private final LogReader reader;
    private final LogReader.Wanted wanted;
    private final int fetchBytes;
    private final Permits permits = new Permits(HOLDING_MAX);

    /** Each answer has its own. */
    Following(LogReader reader, LogReader.Wanted wanted, int fetchBytes) {
        this.reader = reader;
        this.wanted = wanted;
        this.fetchBytes = fetchBytes;
    }

    Source<Slice, NotUsed> slices(Span span, Source<Span, NotUsed> later) {
        int known = Math.max(1, span.bounds().size());
        int bytes = Math.max(BYTES_MIN, Math.min(BYTES_MAX, 2 * fetchBytes / known));
        boolean many = known > HOLDING_MAX;
        List<Source<Slice, NotUsed>> first = new ArrayList<>();
        span.bounds().forEach((id, bounds) -> first.add(many ? sparing(id, bounds) : waiting(id, bounds, bytes)));
        // What comes later may be any number of buckets.
        Source<Source<Slice, NotUsed>, NotUsed> rest = later.mapConcat(
                        s -> s.bounds().entrySet())
                .map((Map.Entry<BucketId, Bounds> e) -> sparing(e.getKey(), e.getValue()));
        return Source.from(first).concat(rest).flatMapMerge(BREADTH, source -> source);
    }

    private Source<Slice, NotUsed> waiting(BucketId id, Bounds bounds, int bytesMax) {
        return Source.unfoldAsync(
                bounds.from(),
                (Long offset) -> offset == ENDED
                        ? CompletableFuture.completedFuture(Optional.empty())
                        : fetch(id, bounds, offset, bytesMax, rowsMax(), WAIT)
                                .handle((slice, failure) -> step(id, offset, slice, failure)));
    }

    /** While this source holds a slice that was not taken, it has a permit, which it gives back when asked for the next. */
    private Source<Slice, NotUsed> sparing(BucketId id, Bounds bounds) {
        boolean[] holds = {false};
        return Source.unfoldAsync(bounds.from(), (Long offset) -> {
            if (holds[0]) {
                holds[0] = false;
                permits.release();
            }
            return offset == ENDED
                    ? CompletableFuture.completedFuture(Optional.empty())
                    : sparingStep(id, bounds, offset, holds);
        });
    }

    private CompletionStage<Optional<Pair<Long, Slice>>> sparingStep(
            BucketId id, Bounds bounds, long offset, boolean[] holds) {
        return fetch(id, bounds, offset, 1, 1, WAIT)
                .thenCompose(sign -> {
                    if (sign.batches().isEmpty()) {
                        return CompletableFuture.completedFuture(sign);
                    }
                    return permits.acquire().thenCompose(held -> {
                        holds[0] = true;
                        return fetch(id, bounds, offset, BYTES_MIN, rowsMax(), Duration.ZERO);
                    });
                })
                .handle((slice, failure) -> {
                    Optional<Pair<Long, Slice>> step = step(id, offset, slice, failure);
                    if (step.isEmpty() && holds[0]) {
                        holds[0] = false;
                        permits.release();
                    }
                    return step;
                });
    }

    private int rowsMax() {
        return (int) Math.min(Integer.MAX_VALUE, wanted.rowsMax());
    }

    private CompletionStage<Slice> fetch(
            BucketId id, Bounds bounds, long offset, int bytesMax, int rowsMax, Duration wait) {
        BucketClient.Range range = new BucketClient.Range(
                offset, Long.MAX_VALUE, bytesMax, rowsMax, wanted.columnIds(), wanted.where(), wait);
        return reader.fetch(id, bounds.part().name(), range, LogReader.RETRIES_MAX);
    }

    private static Optional<Pair<Long, Slice>> step(
            BucketId id, long offset, @Nullable Slice slice, @Nullable Throwable failure) {
        if (slice != null) {
            return Optional.of(Pair.create(slice.nextOffset(), slice));
        }
        if (failure != null && LogReader.isDropped(id, failure)) {
            return Optional.empty();
        }
        Throwable reason = failure == null ? new IllegalStateException("no slice") : Problem.unwrapped(failure);
        return Optional.of(Pair.create(ENDED, Slice.failed(id, offset, reason)));
    }
}
