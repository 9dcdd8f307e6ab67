package io.weir.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;

/** Reads a table of wide rows back over HTTP in Arrow, with all, half and a tenth of the columns; then narrow rows. */
final class ReadBench {
    private static final int WIDE_REQUESTS = 400;
    private static final int NARROW_REQUESTS = 200;

    private ReadBench() {}

    static void run(Path home, Path work) throws IOException {
        try (Store store = Store.start(home, work)) {
            fill(store, Shape.WIDE, WIDE_REQUESTS, 2_000);
            double full = read(store, Shape.WIDE, 20, "application/vnd.apache.arrow.stream");
            read(store, Shape.WIDE, 10, "application/vnd.apache.arrow.stream");
            double tenth = read(store, Shape.WIDE, 2, "application/vnd.apache.arrow.stream");
            System.out.printf("a tenth of the columns is %.1f times as fast as all of them%n", tenth / full);
            fill(store, Shape.NARROW, NARROW_REQUESTS, 40_000);
            read(store, Shape.NARROW, 5, "application/vnd.apache.arrow.stream");
        }
    }

    private static void fill(Store store, Shape shape, int requests, int rowsPerRequest) throws IOException {
        AppendBench.createTable(store, shape);
        try (RawHttp http = new RawHttp(store.uri())) {
            byte[][] bodies = new byte[8][];
            for (int i = 0; i < bodies.length; i++) {
                bodies[i] = shape.arrow(rowsPerRequest, i);
            }
            for (int i = 0; i < requests; i++) {
                AppendBench.check(http.send(
                        "POST",
                        AppendBench.rowsPath(shape),
                        "application/vnd.apache.arrow.stream",
                        bodies[i % bodies.length]));
            }
        }
    }

    /** @return rows a second of the best of the runs after a warm-up */
    private static double read(Store store, Shape shape, int columns, String accept) throws IOException {
        List<String> names = shape.columns();
        // The last ones: for wide rows these are strings, whose share of the bytes is fair.
        String projection = String.join(",", names.subList(names.size() - columns, names.size()));
        String path = "/v1/databases/bench/tables/" + shape.name() + "/log"
                + (columns == names.size() ? "" : "?columns=" + projection);
        double best = 0;
        ArrowCounter counted = new ArrowCounter(0, 0);
        double cpu = 0;
        double seconds = 0;
        for (int run = 0; run < 6; run++) {
            double cpuBefore = store.cpuSeconds();
            long begin = System.nanoTime();
            try (RawHttp http = new RawHttp(store.uri());
                    InputStream body = http.get(path, accept)) {
                counted = ArrowCounter.drain(body);
            }
            double took = (System.nanoTime() - begin) / 1e9;
            if (run > 0 && counted.rows() / took > best) {
                best = counted.rows() / took;
                seconds = took;
                cpu = store.cpuSeconds() - cpuBefore;
            }
        }
        System.out.printf(
                "read %-6s %3d %% of the columns %,12.0f rows/s  %6.0f MB/s on the wire  (%,d rows, %,d bytes; server CPU %.2f of 2 cores)%n",
                shape.name(),
                100 * columns / names.size(),
                best,
                counted.bytes() / 1e6 / seconds,
                counted.rows(),
                counted.bytes(),
                cpu / seconds);
        return best;
    }
}
