package io.weir.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;

/**
 * From the moment a row was due to be sent to the moment a tail of the table has it, at 1,000 single-row requests a second. The
 * schedule does not wait for slow answers, so a stall is charged to every row that it delays.
 */
final class LatencyBench {
    private static final int ROWS_PER_SECOND = 1_000;
    private static final int CONNECTIONS = 8;
    private static final int WARM_ROWS = 15_000;
    private static final int ROWS = 60_000;

    private LatencyBench() {}

    static void run(Path home, Path work) throws IOException, InterruptedException {
        try (Store store = Store.start(home, work)) {
            try (RawHttp http = new RawHttp(store.uri())) {
                AppendBench.check(
                        http.send("POST", "/v1/databases", "application/json", ascii("{\"name\":\"bench\"}")));
                AppendBench.check(http.send(
                        "POST",
                        "/v1/databases/bench/tables",
                        "application/json",
                        ascii("{\"name\":\"latency\",\"buckets\":1,\"columns\":["
                                + "{\"name\":\"due\",\"type\":\"BIGINT\"},{\"name\":\"text\",\"type\":\"STRING\"}]}")));
            }
            ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS + 1);
            Future<long[]> tail = threads.submit(() -> tail(store));
            Thread.sleep(1000);
            long begin = System.nanoTime() + 100_000_000;
            List<Future<?>> writers = new ArrayList<>();
            for (int c = 0; c < CONNECTIONS; c++) {
                int first = c;
                writers.add(threads.submit(() -> {
                    write(store, first, begin);
                    return null;
                }));
            }
            try {
                for (Future<?> writer : writers) {
                    writer.get();
                }
                long[] nanos = tail.get();
                Arrays.sort(nanos);
                System.out.printf(
                        "end to end at %,d rows/s: p50 %.2f ms, p90 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, max %.1f ms (%,d rows)%n",
                        ROWS_PER_SECOND,
                        at(nanos, 0.50),
                        at(nanos, 0.90),
                        at(nanos, 0.99),
                        at(nanos, 0.999),
                        nanos[nanos.length - 1] / 1e6,
                        nanos.length);
            } catch (ExecutionException e) {
                throw new IOException(e.getCause());
            }
            threads.shutdown();
        }
    }

    private static double at(long[] sorted, double share) {
        return sorted[(int) (share * (sorted.length - 1))] / 1e6;
    }

    private static void write(Store store, int first, long begin) throws IOException {
        String text = "x".repeat(80);
        try (RawHttp http = new RawHttp(store.uri())) {
            for (int i = first; i < WARM_ROWS + ROWS; i += CONNECTIONS) {
                long due = begin + i * (1_000_000_000L / ROWS_PER_SECOND);
                for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                byte[] row = ascii("{\"due\":" + due + ",\"text\":\"" + text + "\"}");
                AppendBench.check(
                        http.send("POST", "/v1/databases/bench/tables/latency/rows", "application/json", row));
            }
        }
    }

    private static long[] tail(Store store) throws IOException {
        long[] nanos = new long[ROWS];
        try (RawHttp http = new RawHttp(store.uri());
                InputStream body = http.get(
                        "/v1/databases/bench/tables/latency/log?follow=true&columns=due&limit=" + (WARM_ROWS + ROWS),
                        "application/x-ndjson");
                BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.US_ASCII))) {
            for (int i = 0; i < WARM_ROWS + ROWS; i++) {
                String line = lines.readLine();
                if (line == null || !line.startsWith("{\"due\":")) {
                    throw new IOException("unexpected line in the tail: " + line);
                }
                long due = Long.parseLong(line.substring(7, line.indexOf('}')));
                if (i >= WARM_ROWS) {
                    nanos[i - WARM_ROWS] = System.nanoTime() - due;
                }
            }
        }
        return nanos;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
