package io.weir.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * One tiering worker's rounds into Iceberg on the local disk, with nothing else going on: log rounds of narrow and of wide rows, each after a
 * first round that warms up, and a primary-key table's first round, from its KV snapshots, and one that updates a tenth of its keys.
 */
final class TieringBench {
    private static final String TABLES = "/v1/databases/bench/tables/";
    private static final int BUCKETS = 4;
    private static final int WARM_REQUESTS = 10;
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final ObjectMapper JSON = new ObjectMapper();

    private TieringBench() {}

    static void run(Path home, Path work) throws IOException, InterruptedException {
        log(home, work, Shape.NARROW, 40_000, 100);
        log(home, work, Shape.WIDE, 2_000, 100);
        keyed(home, work);
    }

    private static void log(Path home, Path work, Shape shape, int rowsPerRequest, int requests)
            throws IOException, InterruptedException {
        try (Store store = Store.start(home, work)) {
            AppendBench.createTable(store, shape);
            byte[] body = shape.arrow(rowsPerRequest, 1);
            write(store, shape, body, WARM_REQUESTS);
            enable(store, shape.name());
            awaitRound(store, shape.name(), 0);
            write(store, shape, body, requests);
            round(store, "log " + shape.name(), shape.name(), shape.rowBytes());
        }
    }

    private static void write(Store store, Shape shape, byte[] body, int requests) throws IOException {
        try (RawHttp http = new RawHttp(store.uri())) {
            for (int i = 0; i < requests; i++) {
                AppendBench.check(
                        http.send("POST", AppendBench.rowsPath(shape), "application/vnd.apache.arrow.stream", body));
            }
        }
    }

    private static void keyed(Path home, Path work) throws IOException, InterruptedException {
        try (Store store = Store.start(home, work)) {
            KeyedRows.createTables(store, BUCKETS, "\"kv.snapshot-interval\":\"5s\",\"log.segment-size\":\"64mb\"");
            long version = 0;
            for (KeyedRows rows : UpsertBench.requests(1)) {
                upsert(store, rows.withVersion(++version));
            }
            StoreWatch.await(
                    "each bucket's newest KV snapshot holds all rows",
                    PATIENCE,
                    () -> StoreWatch.buckets(store, KeyedRows.TABLE).stream()
                            .allMatch(
                                    bucket -> bucket.path("kv_snapshot_offset").asLong()
                                            == bucket.path("high_watermark").asLong()));
            enable(store, "keyed");
            report("first keyed", awaitRound(store, "keyed", 0), KeyedRows.ROW_BYTES, store);
            for (KeyedRows rows : UpsertBench.requests(2).subList(0, 20)) {
                upsert(store, rows.withVersion(++version));
            }
            round(store, "update keyed", "keyed", KeyedRows.ROW_BYTES);
        }
    }

    private static void upsert(Store store, byte[] body) throws IOException {
        try (RawHttp http = new RawHttp(store.uri())) {
            AppendBench.check(
                    http.send("POST", KeyedRows.TABLE + "/rows", "application/vnd.apache.arrow.stream", body));
        }
    }

    private static void enable(Store store, String table) throws IOException {
        try (RawHttp http = new RawHttp(store.uri())) {
            AppendBench.check(http.send(
                    "PATCH",
                    TABLES + table,
                    "application/json",
                    ("{\"set_properties\":{\"datalake.enabled\":\"true\",\"datalake.freshness\":\"30d\","
                                    + "\"datalake.maintenance\":\"0\"}}")
                            .getBytes(StandardCharsets.US_ASCII)));
        }
    }

    private static void round(Store store, String what, String table, int rowBytes)
            throws IOException, InterruptedException {
        long before = status(store, table).path("rounds").asLong();
        try (RawHttp http = new RawHttp(store.uri())) {
            AppendBench.check(http.send("POST", TABLES + table + "/tiering:trigger", "application/json", new byte[0]));
        }
        report(what, awaitRound(store, table, before), rowBytes, store);
    }

    private static JsonNode awaitRound(Store store, String table, long before)
            throws IOException, InterruptedException {
        StoreWatch.await(
                "a round of " + table + " is through",
                PATIENCE,
                () -> status(store, table).path("rounds").asLong() > before);
        return status(store, table);
    }

    private static JsonNode status(Store store, String table) throws IOException {
        try (RawHttp http = new RawHttp(store.uri());
                InputStream body = http.get("/v1/tiering", "application/json")) {
            for (JsonNode one : JSON.readTree(body.readAllBytes()).path("tables")) {
                if (one.path("table").asText().equals(table)) {
                    return one;
                }
            }
        }
        return JSON.valueToTree(Map.of());
    }

    private static void report(String what, JsonNode table, int rowBytes, Store store) throws IOException {
        double seconds = table.path("last_duration_ms").asLong() / 1e3;
        long rows = table.path("last_rows").asLong();
        System.out.printf(
                "tiering %-13s %,10.0f rows/s  %5.0f MB/s of values  (%,d rows in %.1f s; %,d MB of Parquet; peak memory of the store %,d MiB)%n",
                what,
                rows / seconds,
                rows * (double) rowBytes / 1e6 / seconds,
                rows,
                seconds,
                table.path("last_bytes").asLong() / 1_000_000,
                store.peakMemoryBytes() >> 20);
    }
}
