package io.weir.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * A store that lost its disk but for the journal: how long until a log table and a primary-key table answer as before. All rows were on the
 * object store when it stopped.
 */
final class RestoreBench {
    private static final int BUCKETS = 4;
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    /** What of the data directory stays. */
    private static final Set<String> JOURNAL = Set.of("journal", "snapshots");

    private RestoreBench() {}

    static void run(Path home, Path work) throws IOException, InterruptedException {
        RemoteBench.Size size = RemoteBench.Size.fromProperties(1024);
        Files.createDirectories(work);
        Path s3Directory = Files.createTempDirectory(work, "s3-");
        Path data = Files.createTempDirectory(work, "weir-bench-");
        try (S3Process s3 = S3Process.start(s3Directory);
                WideRows rows = new WideRows("far")) {
            State before;
            Store first = Store.start(home, data, s3.environment());
            try {
                fill(first, rows, size);
                before = State.of(first, rows);
            } finally {
                first.stop();
            }
            System.out.printf(
                    "before: %,d rows of the log on S3 in %,d MB; %,d keys; the data directory has %,d MB and is deleted but for the journal%n",
                    before.logRows,
                    before.logBytes / 1_000_000,
                    KeyedRows.KEYS,
                    StoreWatch.bytesOnDisk(data) / 1_000_000);
            deleteAllButTheJournal(data);
            restore(home, data, s3.environment(), rows, before);
        } finally {
            Store.delete(data);
            Store.delete(s3Directory);
        }
    }

    private static void fill(Store store, WideRows rows, RemoteBench.Size size)
            throws IOException, InterruptedException {
        KeyedRows.createTables(store, BUCKETS, "\"kv.snapshot-interval\":\"5s\"," + size.properties(1));
        rows.createTable(store, size.buckets(), size.properties(size.localSegments()));
        rows.load(store, size.requests());
        long version = 0;
        for (KeyedRows keyed : UpsertBench.requests(1)) {
            try (RawHttp http = new RawHttp(store.uri())) {
                AppendBench.check(http.send(
                        "POST",
                        KeyedRows.TABLE + "/rows",
                        "application/vnd.apache.arrow.stream",
                        keyed.withVersion(++version)));
            }
        }
        double drained = RemoteBench.awaitDrained(store, rows.path());
        double snapshots = StoreWatch.await(
                "each bucket's newest KV snapshot holds all rows",
                PATIENCE,
                () -> StoreWatch.buckets(store, KeyedRows.TABLE).stream()
                        .allMatch(bucket -> bucket.path("kv_snapshot_offset").asLong()
                                == bucket.path("high_watermark").asLong()));
        System.out.printf("all is on S3 %.1f s after the last write%n", drained + snapshots);
    }

    /** What a restored store has to answer. */
    private record State(long logRows, long logBytes, String sums, String looked) {
        static State of(Store store, WideRows rows) throws IOException {
            return new State(
                    StoreWatch.sum(store, rows.path(), "remote_offset"),
                    StoreWatch.sum(store, rows.path(), "remote_bytes"),
                    sums(store),
                    lookUp(store));
        }
    }

    private static String sums(Store store) throws IOException {
        return post(
                store,
                "/aggregate",
                "{\"aggregates\":{\"n\":\"count(*)\",\"ids\":\"sum(id)\",\"versions\":\"sum(version)\",\"bs\":\"max(b)\"}}");
    }

    private static String lookUp(Store store) throws IOException {
        SplittableRandom random = new SplittableRandom(7);
        String keys = LongStream.generate(() -> random.nextInt(KeyedRows.KEYS))
                .limit(1_000)
                .mapToObj(key -> "{\"id\":" + key + "}")
                .collect(Collectors.joining(","));
        return post(store, "/rows:lookup", "{\"keys\":[" + keys + "]}");
    }

    private static String post(Store store, String path, String json) throws IOException {
        try (RawHttp http = new RawHttp(store.uri())) {
            RawHttp.Answer answer = http.send(
                    "POST", KeyedRows.TABLE + path, "application/json", json.getBytes(StandardCharsets.US_ASCII));
            AppendBench.check(answer);
            return answer.body();
        }
    }

    private static void deleteAllButTheJournal(Path data) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(data)) {
            for (Path file : files) {
                if (!JOURNAL.contains(file.getFileName().toString())) {
                    Store.delete(file);
                }
            }
        }
    }

    private static void restore(Path home, Path data, Map<String, String> environment, WideRows rows, State before)
            throws IOException {
        long begin = System.nanoTime();
        Store store = Store.start(home, data, environment);
        try {
            say(begin, "ready");
            require(lookUp(store).equals(before.looked), "1,000 rows looked up are as before");
            say(begin, "1,000 rows of the primary-key table looked up, as before");
            require(sums(store).equals(before.sums), "count and sums over all keys are as before");
            say(begin, "count and sums over all its rows as before");
            List<JsonNode> buckets = StoreWatch.buckets(store, rows.path());
            say(begin, "the log table's " + buckets.size() + " buckets lead");
            require(
                    RemoteBench.readAll(store, rows) == before.logRows,
                    "the log has the rows that were uploaded, which are " + before.logRows);
            say(begin, "all rows of the log read, each right and in order");
            System.out.printf(
                    "downloaded %,d MB, fetched %,d MB%n",
                    StoreWatch.metric(store, "weir_remote_downloaded_bytes_total") / 1_000_000,
                    StoreWatch.metric(store, "weir_remote_fetched_bytes_total") / 1_000_000);
        } finally {
            store.stop();
        }
    }

    private static void require(boolean holds, String what) throws IOException {
        if (!holds) {
            throw new IOException("after the restore this does not hold: " + what);
        }
    }

    private static void say(long begin, String what) {
        System.out.printf("after %5.1f s: %s%n", (System.nanoTime() - begin) / 1e9, what);
    }
}
