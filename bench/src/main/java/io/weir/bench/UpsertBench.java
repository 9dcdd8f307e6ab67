package io.weir.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Upserts of random keys over a million keys, Arrow, every request acknowledged after its fsync: first each key once (inserts), then
 * random ones of them with other values (updates). With the full changelog image and with the rows after alone.
 */
final class UpsertBench {
    private static final int BUCKETS = 4;
    private static final int CONNECTIONS = 4;
    private static final int ROWS_PER_REQUEST = 5_000;
    private static final int UPDATE_REQUESTS = 800;

    private UpsertBench() {}

    static void run(Path home, Path work) throws IOException, InterruptedException {
        for (String image : List.of("full", "after")) {
            try (Store store = Store.start(home, work)) {
                KeyedRows.createTables(store, BUCKETS, "\"changelog.image\":\"" + image + "\"");
                List<KeyedRows> all = requests(1);
                List<KeyedRows> some = updates();
                measure(store, KeyedRows.WARM_UP, all, all.size());
                measure(store, KeyedRows.WARM_UP, some, UPDATE_REQUESTS / 4);
                fill(store, image, all);
                report("update " + image, measure(store, KeyedRows.TABLE, some, UPDATE_REQUESTS));
            }
        }
    }

    /** Every key once, in random order. */
    static List<KeyedRows> requests(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long[] keys = new long[KeyedRows.KEYS];
        for (int i = 0; i < keys.length; i++) {
            int j = random.nextInt(i + 1);
            keys[i] = keys[j];
            keys[j] = i;
        }
        List<KeyedRows> bodies = new ArrayList<>();
        for (int i = 0; i < keys.length; i += ROWS_PER_REQUEST) {
            bodies.add(KeyedRows.of(java.util.Arrays.copyOfRange(keys, i, i + ROWS_PER_REQUEST), random));
        }
        return bodies;
    }

    static void fill(Store store, String image, List<KeyedRows> all) throws IOException, InterruptedException {
        report("insert " + image, measure(store, KeyedRows.TABLE, all, all.size()));
    }

    private static List<KeyedRows> updates() {
        SplittableRandom random = new SplittableRandom(2);
        List<KeyedRows> bodies = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            long[] keys = new long[ROWS_PER_REQUEST];
            for (int k = 0; k < keys.length; k++) {
                keys[k] = random.nextInt(KeyedRows.KEYS);
            }
            bodies.add(KeyedRows.of(keys, random));
        }
        return bodies;
    }

    private record Run(double rows, double seconds, double serverCpuSeconds) {}

    private static Run measure(Store store, String table, List<KeyedRows> bodies, int requests)
            throws IOException, InterruptedException {
        AtomicLong version = new AtomicLong(System.nanoTime());
        ExecutorService writers = Executors.newFixedThreadPool(CONNECTIONS);
        double cpuBefore = store.cpuSeconds();
        long begin = System.nanoTime();
        List<Future<?>> running = new ArrayList<>();
        for (int w = 0; w < CONNECTIONS; w++) {
            int first = w;
            running.add(writers.submit(() -> {
                try (RawHttp http = new RawHttp(store.uri())) {
                    // A body belongs to one connection, which changes it before each use.
                    for (int i = first; i < requests; i += CONNECTIONS) {
                        byte[] body = bodies.get(i % bodies.size()).withVersion(version.incrementAndGet());
                        AppendBench.check(
                                http.send("POST", table + "/rows", "application/vnd.apache.arrow.stream", body));
                    }
                }
                return null;
            }));
        }
        try {
            for (Future<?> writer : running) {
                writer.get();
            }
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        }
        writers.shutdown();
        double seconds = (System.nanoTime() - begin) / 1e9;
        return new Run((double) requests * ROWS_PER_REQUEST, seconds, store.cpuSeconds() - cpuBefore);
    }

    private static void report(String name, Run run) {
        System.out.printf(
                "%-13s %,10.0f rows/s  %5.0f MB/s of values  (%,.0f rows; server CPU %.2f of 2 cores)%n",
                name,
                run.rows() / run.seconds(),
                run.rows() * KeyedRows.ROW_BYTES / 1e6 / run.seconds(),
                run.rows(),
                run.serverCpuSeconds() / run.seconds());
    }
}
