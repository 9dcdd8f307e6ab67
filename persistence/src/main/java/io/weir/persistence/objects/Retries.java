package io.weir.persistence.objects;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;

/** Tries again what failed with {@link ObjectStoreException.Retryable}, a bounded number of times, after growing pauses with jitter. */
final class Retries {
    private final int attempts;
    private final Duration min;
    private final Duration max;
    private final RandomGenerator random;
    private final Function<Duration, Executor> later;

    /** @param later an executor that starts its task after the pause */
    Retries(S3StoreSettings settings, RandomGenerator random, Function<Duration, Executor> later) {
        this.attempts = settings.attempts();
        this.min = settings.backoffMin();
        this.max = settings.backoffMax();
        this.random = random;
        this.later = later;
    }

    int attempts() {
        return attempts;
    }

    /** @param failures how many attempts failed so far, 1 or more */
    Duration pause(int failures) {
        long full = Math.min(max.toNanos(), min.toNanos() << Math.min(failures - 1, 20));
        double part;
        synchronized (random) {
            part = random.nextDouble();
        }
        return Duration.ofNanos((long) (full * (0.5 + part / 2)));
    }

    /** @param attempt given 1, 2, and so on; fails with an {@link ObjectStoreException} */
    <T> CompletionStage<T> run(IntFunction<CompletionStage<T>> attempt) {
        CompletableFuture<T> result = new CompletableFuture<>();
        tryOnce(attempt, 1, result);
        return result;
    }

    private <T> void tryOnce(IntFunction<CompletionStage<T>> attempt, int number, CompletableFuture<T> result) {
        var unused = attempt.apply(number).whenComplete((value, failure) -> {
            if (failure == null) {
                result.complete(value);
                return;
            }
            Throwable cause = Conditions.unwrapped(failure);
            if (cause instanceof ObjectStoreException.Retryable && number < attempts) {
                later.apply(pause(number)).execute(() -> tryOnce(attempt, number + 1, result));
            } else {
                result.completeExceptionally(cause);
            }
        });
    }
}
