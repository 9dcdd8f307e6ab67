package io.weir.persistence.kv;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Does something with each of many, a few at a time: so the transfers, which all buckets of a node share, never queue more than that for one
 * bucket.
 */
final class Lanes<T> {
    private static final int COUNT = 4;

    private final Function<T, CompletionStage<?>> each;
    private final Executor executor;

    // Guarded by this.
    private final Queue<T> left;
    private boolean failed;

    private Lanes(Collection<T> all, Function<T, CompletionStage<?>> each, Executor executor) {
        this.left = new ArrayDeque<>(all);
        this.each = each;
        this.executor = executor;
    }

    /** Done when all are; fails with what one failed with, when none is under way any more, and begins no more. */
    static <T> CompletionStage<Void> run(Collection<T> all, Function<T, CompletionStage<?>> each, Executor executor) {
        Lanes<T> lanes = new Lanes<>(all, each, executor);
        List<CompletableFuture<Void>> ends = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            ends.add(lanes.lane().toCompletableFuture());
        }
        return CompletableFuture.allOf(ends.toArray(new CompletableFuture<?>[0]));
    }

    private CompletionStage<Void> lane() {
        T next = next();
        return next == null
                ? CompletableFuture.completedFuture(null)
                : each.apply(next)
                        .whenComplete((done, failure) -> ended(failure))
                        .thenComposeAsync(done -> lane(), executor);
    }

    private synchronized @Nullable T next() {
        return failed ? null : left.poll();
    }

    private synchronized void ended(@Nullable Throwable failure) {
        failed |= failure != null;
    }
}
