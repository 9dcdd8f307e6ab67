package io.weir.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** Appends over HTTP, every request acknowledged after its fsync: wide and narrow rows, Arrow and NDJSON. */
final class AppendBench {
    static final int BUCKETS = 4;
    private static final int WARM_SECONDS = 8;
    private static final int SECONDS = 15;

    private AppendBench() {}

    static void run(Path home, Path work) throws IOException, InterruptedException {
        measure(home, work, Shape.WIDE, "Arrow", 2_000, 4);
        measure(home, work, Shape.NARROW, "Arrow", 40_000, 4);
        measure(home, work, Shape.WIDE, "NDJSON", 2_000, 4);
        measure(home, work, Shape.NARROW, "NDJSON", 10_000, 4);
    }

    private static void measure(Path home, Path work, Shape shape, String format, int rowsPerRequest, int connections)
            throws IOException, InterruptedException {
        double disk = DiskBench.megabytesPerSecond(work, 4);
        List<byte[]> bodies = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            bodies.add(format.equals("Arrow") ? shape.arrow(rowsPerRequest, i) : shape.ndjson(rowsPerRequest, i));
        }
        try (Store store = Store.start(home, work)) {
            createTable(store, shape);
            AtomicLong requests = new AtomicLong();
            ExecutorService writers = Executors.newFixedThreadPool(connections);
            long end = System.nanoTime() + (WARM_SECONDS + SECONDS) * 1_000_000_000L;
            List<Future<?>> running = new ArrayList<>();
            for (int w = 0; w < connections; w++) {
                int first = w;
                running.add(writers.submit(() -> {
                    write(store, shape, format, bodies, first, end, requests);
                    return null;
                }));
            }
            Thread.sleep(WARM_SECONDS * 1000L);
            long requestsBefore = requests.get();
            double cpuBefore = store.cpuSeconds();
            long begin = System.nanoTime();
            for (Future<?> writer : running) {
                await(writer);
            }
            writers.shutdown();
            double seconds = (System.nanoTime() - begin) / 1e9;
            double rows = (double) (requests.get() - requestsBefore) * rowsPerRequest;
            System.out.printf(
                    "append %-6s %-6s %,10.0f rows/s  %6.0f MB/s of values  (%.0f %% of the disk's %.0f MB/s; server CPU %.2f of 2 cores)%n",
                    shape.name(),
                    format,
                    rows / seconds,
                    rows * shape.rowBytes() / 1e6 / seconds,
                    100 * rows * shape.rowBytes() / 1e6 / seconds / disk,
                    disk,
                    (store.cpuSeconds() - cpuBefore) / seconds);
        }
    }

    static void createTable(Store store, Shape shape) throws IOException {
        try (RawHttp http = new RawHttp(store.uri())) {
            RawHttp.Answer database = http.send(
                    "POST",
                    "/v1/databases",
                    "application/json",
                    "{\"name\":\"bench\"}".getBytes(StandardCharsets.US_ASCII));
            if (database.status() != 409) {
                check(database);
            }
            check(http.send("POST", "/v1/databases/bench/tables", "application/json", shape.definition(BUCKETS)));
        }
    }

    private static void write(
            Store store, Shape shape, String format, List<byte[]> bodies, int first, long endNanos, AtomicLong requests)
            throws IOException {
        String type = format.equals("Arrow") ? "application/vnd.apache.arrow.stream" : "application/x-ndjson";
        try (RawHttp http = new RawHttp(store.uri())) {
            for (int i = first; System.nanoTime() < endNanos; i++) {
                check(http.send("POST", rowsPath(shape), type, bodies.get(i % bodies.size())));
                requests.incrementAndGet();
            }
        }
    }

    static String rowsPath(Shape shape) {
        return "/v1/databases/bench/tables/" + shape.name() + "/rows";
    }

    static void check(RawHttp.Answer answer) throws IOException {
        if (answer.status() / 100 != 2) {
            throw new IOException(answer.status() + " " + answer.body());
        }
    }

    private static void await(Future<?> future) throws IOException, InterruptedException {
        try {
            future.get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        }
    }
}
