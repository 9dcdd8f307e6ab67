package io.weir.http;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A number of permits that are waited for without a thread, first come, first served. Thread-safe. */
final class Permits {
    private final Queue<CompletableFuture<Boolean>> waiting = new ArrayDeque<>();
    private int free;

    Permits(int count) {
        this.free = count;
    }

    synchronized CompletionStage<Boolean> acquire() {
        CompletableFuture<Boolean> permit = new CompletableFuture<>();
        if (free > 0) {
            free--;
            permit.complete(true);
        } else {
            waiting.add(permit);
        }
        return permit;
    }

    void release() {
        CompletableFuture<Boolean> next = freed();
        if (next != null) {
            next.complete(true); // outside the lock: what hangs on it runs here
        }
    }

    private synchronized @Nullable CompletableFuture<Boolean> freed() {
        if (waiting.isEmpty()) {
            free++;
            return null;
        }
        return waiting.remove();
    }
}
