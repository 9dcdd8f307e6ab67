package io.weir.actors.bucket;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/** Runs tasks on threads of another executor, so many at once at most; the others wait in order. */
final class BoundedExecutor implements Executor {
    private final Executor threads;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private int free;

    BoundedExecutor(Executor threads, int atOnce) {
        this.threads = threads;
        this.free = atOnce;
    }

    @Override
    public void execute(Runnable task) {
        synchronized (waiting) {
            if (free == 0) {
                waiting.add(task);
                return;
            }
            free--;
        }
        run(task);
    }

    private void run(Runnable task) {
        threads.execute(() -> {
            try {
                task.run();
            } finally {
                next();
            }
        });
    }

    private void next() {
        Runnable next;
        synchronized (waiting) {
            next = waiting.poll();
            if (next == null) {
                free++;
            }
        }
        if (next != null) {
            run(next);
        }
    }
}
