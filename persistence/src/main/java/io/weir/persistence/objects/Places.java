package io.weir.persistence.objects;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** So many at a time, the others in the order in which they came. Work begins on the executor; what waits is for the callers to bound. */
final class Places {
    private final int max;
    private final Executor executor;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int running;

    Places(int max, Executor executor) {
        if (max < 1) {
            throw new IllegalArgumentException("places=" + max);
        }
        this.max = max;
        this.executor = executor;
    }

    synchronized int running() {
        return running;
    }

    synchronized int waiting() {
        return waiting.size();
    }

    /** @param work its place is free again when its stage has completed */
    <T> CompletionStage<T> run(Callable<CompletionStage<T>> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Runnable task = () -> {
            var unused = begin(work).whenComplete((value, failure) -> {
                leave();
                if (failure == null) {
                    result.complete(value);
                } else {
                    result.completeExceptionally(Conditions.unwrapped(failure));
                }
            });
        };
        synchronized (this) {
            if (running == max) {
                waiting.add(task);
                return result;
            }
            running++;
        }
        executor.execute(task);
        return result;
    }

    private static <T> CompletionStage<T> begin(Callable<CompletionStage<T>> work) {
        try {
            return work.call();
        } catch (Exception e) {
            return Conditions.failed(e);
        }
    }

    private void leave() {
        Runnable next;
        synchronized (this) {
            next = waiting.poll();
            if (next == null) {
                running--;
                return;
            }
        }
        executor.execute(next);
    }
}
