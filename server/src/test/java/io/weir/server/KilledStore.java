package io.weir.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.awaitility.Awaitility;

/** A store that is killed and started again at random moments while writers load it. */
final class KilledStore {
    private final Supplier<StoreProcess> starts;
    private final AtomicReference<StoreProcess> running;

    KilledStore(Supplier<StoreProcess> starts) {
        this.starts = starts;
        this.running = new AtomicReference<>(starts.get());
    }

    /** The process that runs now. */
    AtomicReference<StoreProcess> running() {
        return running;
    }

    /** Sends request after request, each until it is acknowledged. */
    abstract static class Writer implements Runnable {
        private volatile int acknowledged;
        private volatile boolean stopped;
        private volatile Throwable failure;

        /** Returns when it is acknowledged. */
        abstract void request(long sequence) throws Exception;

        int acknowledged() {
            return acknowledged;
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate")
        public final void run() {
            try {
                for (long sequence = 1; !stopped; sequence++) {
                    request(sequence);
                    acknowledged++;
                }
            } catch (Throwable e) {
                failure = e;
            }
        }

        private void rethrow() {
            if (failure != null) {
                throw new AssertionError(failure);
            }
        }
    }

    /** @param progress requests of each writer that are acknowledged between two kills, at least; then up to 400 ms more */
    void load(List<? extends Writer> loading, int kills, int progress, SplittableRandom random) throws Exception {
        List<Writer> writers = List.copyOf(loading);
        ExecutorService threads = Executors.newFixedThreadPool(writers.size());
        List<Future<?>> futures = new ArrayList<>();
        writers.forEach(writer -> futures.add(threads.submit(writer)));
        for (int kill = 1; kill <= kills; kill++) {
            awaitProgress(writers, progress);
            TimeUnit.MILLISECONDS.sleep(random.nextInt(400));
            running.get().kill();
            running.set(starts.get());
        }
        awaitProgress(writers, progress);
        writers.forEach(writer -> writer.stopped = true);
        for (Future<?> future : futures) {
            future.get(60, TimeUnit.SECONDS);
        }
        threads.shutdown();
        writers.forEach(Writer::rethrow);
    }

    private static void awaitProgress(List<Writer> writers, int progress) {
        List<Integer> before = writers.stream().map(Writer::acknowledged).toList();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
            for (int w = 0; w < writers.size(); w++) {
                writers.get(w).rethrow();
                if (writers.get(w).acknowledged() < before.get(w) + progress) {
                    return false;
                }
            }
            return true;
        });
    }
}
