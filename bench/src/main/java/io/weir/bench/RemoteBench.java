package io.weir.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A table that is larger than what its segments may take on the local disk, on an S3 server: what the disk holds while it is loaded,
 * how long the uploads take, and reads of all of it beside reads of a table that is local.
 */
final class RemoteBench {
    private static final String ARROW = "application/vnd.apache.arrow.stream";
    private static final Duration PATIENCE = Duration.ofMinutes(20);
    private static final int RUNS = 2;

    /** Two of twenty columns. */
    private static final List<String> TENTH = List.of("s14", "s15");

    private RemoteBench() {}

    /** Sizes from system properties, so that a small run takes seconds. */
    record Size(int requests, int buckets, String segment, int localSegments) {
        static Size fromProperties(long megabytes) {
            long bytes = Long.getLong("weir.bench.remote.mb", megabytes) << 20;
            return new Size(
                    (int) Math.max(1, bytes / ((long) WideRows.ROWS * WideRows.rowBytes())),
                    Integer.getInteger("weir.bench.remote.buckets", 1),
                    System.getProperty("weir.bench.remote.segment", "64mb"),
                    Integer.getInteger("weir.bench.remote.local-segments", 2));
        }

        double megabytes() {
            return (double) requests * WideRows.ROWS * WideRows.rowBytes() / 1e6;
        }

        String properties(int keptLocal) {
            return "\"log.segment-size\":\"" + segment + "\",\"log.local-segments\":" + keptLocal;
        }
    }

    static void run(Path home, Path work) throws IOException, InterruptedException {
        Size size = Size.fromProperties(2048);
        Files.createDirectories(work);
        Path s3Directory = Files.createTempDirectory(work, "s3-");
        try (S3Process s3 = S3Process.start(s3Directory);
                Store store = Store.start(home, Files.createTempDirectory(work, "weir-bench-"), s3.environment());
                WideRows far = new WideRows("far");
                WideRows near = new WideRows("near")) {
            far.createTable(store, size.buckets(), size.properties(size.localSegments()));
            near.createTable(store, size.buckets(), size.properties(100_000));
            load(store, far, size);
            load(store, near, size);
            double remote = read(store, far, size);
            double local = read(store, near, size);
            System.out.printf("the remote read is %.2f times as fast as the local one%n", remote / local);
            project(store, far);
            project(store, near);
        } finally {
            Store.delete(s3Directory);
        }
    }

    private static void load(Store store, WideRows rows, Size size) throws IOException, InterruptedException {
        long uploadedBefore = StoreWatch.metric(store, "weir_remote_uploaded_bytes_total");
        try (DiskUse disk = new DiskUse(store.directory())) {
            long begin = System.nanoTime();
            rows.load(store, size.requests());
            double seconds = (System.nanoTime() - begin) / 1e9;
            long waiting = StoreWatch.sum(store, rows.path(), "upload_backlog_bytes");
            double drained = awaitDrained(store, rows.path());
            System.out.printf(
                    "load %s: %,.0f MB in %.1f s (%.0f MB/s of values, one connection); backlog then %,d MB, drained in %.1f s;"
                            + " uploaded %,d MB in all%n",
                    rows.path(),
                    size.megabytes(),
                    seconds,
                    size.megabytes() / seconds,
                    waiting / 1_000_000,
                    drained,
                    (StoreWatch.metric(store, "weir_remote_uploaded_bytes_total") - uploadedBefore) / 1_000_000);
            System.out.printf(
                    "  the store's data directory: at most %,d MB, at the end %,d MB; over time: %s%n",
                    disk.max() / 1_000_000, StoreWatch.bytesOnDisk(store.directory()) / 1_000_000, disk.course());
        }
    }

    /** @return seconds until nothing waits to be uploaded */
    static double awaitDrained(Store store, String table) throws IOException, InterruptedException {
        return StoreWatch.await(
                "all sealed segments of " + table + " are on the object store",
                PATIENCE,
                () -> StoreWatch.sum(store, table, "upload_backlog_segments") == 0);
    }

    /** Everything from offset 0, bucket by bucket, each row checked. @return MB/s of the best run */
    private static double read(Store store, WideRows rows, Size size) throws IOException {
        double best = 0;
        for (int run = 0; run < RUNS; run++) {
            long fetchedBefore = StoreWatch.metric(store, "weir_remote_fetched_bytes_total");
            double cpuBefore = store.cpuSeconds();
            long begin = System.nanoTime();
            long found = readAll(store, rows);
            double seconds = (System.nanoTime() - begin) / 1e9;
            if (found != (long) size.requests() * WideRows.ROWS) {
                throw new IOException(found + " rows were read of " + (long) size.requests() * WideRows.ROWS);
            }
            best = Math.max(best, size.megabytes() / seconds);
            System.out.printf(
                    "read %s: %,d rows, each right and in order, %.1f s, %.0f MB/s of values; fetched %,d MB from S3"
                            + " (server CPU %.2f of 2 cores)%n",
                    rows.path(),
                    found,
                    seconds,
                    size.megabytes() / seconds,
                    (StoreWatch.metric(store, "weir_remote_fetched_bytes_total") - fetchedBefore) / 1_000_000,
                    (store.cpuSeconds() - cpuBefore) / seconds);
        }
        return best;
    }

    static long readAll(Store store, WideRows rows) throws IOException {
        WideRows.Check check = rows.new Check();
        for (JsonNode bucket : StoreWatch.buckets(store, rows.path())) {
            try (RawHttp http = new RawHttp(store.uri());
                    InputStream body = http.get(
                            rows.path() + "/log?bucket=" + bucket.path("bucket").asInt(), ARROW)) {
                check.bucket(body);
            }
        }
        return check.rows();
    }

    /** Two of the twenty columns; what that moves from S3, of the rows that are only there. */
    private static void project(Store store, WideRows rows) throws IOException {
        long rowsRemote = 0;
        double bytesRemote = 0;
        for (JsonNode bucket : StoreWatch.buckets(store, rows.path())) {
            long only = bucket.path("hot_offset").asLong();
            rowsRemote += only;
            bytesRemote += bucket.path("remote_bytes").asDouble()
                    * only
                    / Math.max(1, bucket.path("remote_offset").asLong());
        }
        long fetchedBefore = StoreWatch.metric(store, "weir_remote_fetched_bytes_total");
        long requestsBefore = StoreWatch.metric(store, "weir_remote_fetch_requests_total");
        long begin = System.nanoTime();
        ArrowCounter counted;
        try (RawHttp http = new RawHttp(store.uri());
                InputStream body = http.get(rows.path() + "/log?columns=" + String.join(",", TENTH), ARROW)) {
            counted = ArrowCounter.drain(body);
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        long fetched = StoreWatch.metric(store, "weir_remote_fetched_bytes_total") - fetchedBefore;
        System.out.printf(
                "project %s: 2 of 20 columns (%.1f %% of the values' bytes), %,d rows, %,.0f rows/s, %.1f s;"
                        + " of %,d rows that are only on S3 fetched %,d of %,.0f MB (%.1f %%) in %,d requests%n",
                rows.path(),
                100.0 * TENTH.size() * Shape.WIDE.stringBytes() / WideRows.rowBytes(),
                counted.rows(),
                counted.rows() / seconds,
                seconds,
                rowsRemote,
                fetched / 1_000_000,
                bytesRemote / 1e6,
                bytesRemote == 0 ? 0 : 100 * fetched / bytesRemote,
                StoreWatch.metric(store, "weir_remote_fetch_requests_total") - requestsBefore);
    }
}
