package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 at random moments during upserts, patches, deletes and sums: every acknowledged write is in the rows, once, and the changelog
 * replayed gives the rows, in the store and in the lake; no file or object is left that nothing names, and after the disk is lost all is
 * there again from the object store.
 */
class UpsertKillIT {
    private static final int KILLS = 20;
    private static final int WRITERS = 4;
    private static final int KEYS_EACH = 300;
    private static final int COUNTERS = 20;

    /** Of each writer, at least. */
    private static final int REQUESTS_BETWEEN_KILLS = 5;

    private static final String SMALL =
            "\"log.segment-size\":\"64kb\",\"log.local-segments\":\"1\",\"kv.snapshot-interval\":\"1s\","
                    + TieredTables.PROPERTIES;
    private static final String ROWS = "/v1/databases/d/tables/rows";
    private static final String SUMS = "/v1/databases/d/tables/sums";

    @TempDir
    Path directory;

    @Test
    void acknowledgedChangesSurviveTwentyKills() throws Exception {
        long seed = Long.getLong("weir.sim.seed", System.nanoTime());
        System.out.println("UpsertKillIT seed=" + seed + " (replay the kill times with -Dweir.sim.seed=" + seed + ")");
        SplittableRandom random = new SplittableRandom(seed);
        TieredStore remote = new TieredStore(directory);
        KilledStore store = new KilledStore(remote::start);
        createTables(store.running().get());
        List<Writer> writers = new ArrayList<>();
        for (int w = 0; w < WRITERS; w++) {
            writers.add(new Writer(w, random.split(), store.running()));
        }
        List<KilledStore.Writer> load = new ArrayList<>(writers);
        load.add(new TieredTables.Triggers(store.running(), ROWS, 200, random.split()));
        load.add(new TieredTables.Triggers(store.running(), SUMS, 200, random.split()));
        store.load(load, KILLS, REQUESTS_BETWEEN_KILLS, random);
        StoreProcess running = store.running().get();
        check(running, writers);
        checkLake(remote, running);
        awaitSnapshots(running);
        remote.reap(running);
        assertThat(running.terminate()).isLessThan(Duration.ofSeconds(10));
        remote.loseDisk();
        try (StoreProcess again = remote.start()) {
            check(again, writers);
        }
    }

    private static void checkLake(TieredStore remote, StoreProcess store) throws IOException {
        for (String table : List.of(ROWS, SUMS)) {
            TieredTables.awaitAllInLake(store, table);
            assertThat(TieredTables.lakeRows(store, table))
                    .as("rows of %s in the lake are its current rows", table)
                    .isEqualTo(scan(store, table));
            String name = table.substring(table.lastIndexOf('/') + 1);
            TieredTables.Rounds rounds = TieredTables.rounds(store, name);
            System.out.printf(
                    "UpsertKillIT: %s: %d rounds came through of %d begun%n", name, rounds.through(), rounds.epochs());
            assertThat(rounds.epochs()).as("kills met rounds").isGreaterThan(rounds.through());
            TieredTables.awaitNoOrphans(remote.data(), "d", name);
        }
    }

    /** Until each bucket's newest snapshot holds all that was written. */
    private static void awaitSnapshots(StoreProcess store) {
        Awaitility.await().atMost(Duration.ofSeconds(90)).until(() -> {
            for (String table : List.of(ROWS, SUMS)) {
                for (JsonNode bucket : store.get(table + "/buckets").json().path("buckets")) {
                    if (bucket.path("kv_snapshot_offset").asLong(-1)
                            != bucket.path("high_watermark").asLong()) {
                        return false;
                    }
                }
            }
            return true;
        });
    }

    private static void createTables(StoreProcess store) throws IOException {
        created(store, "/v1/databases", "{\"name\":\"d\"}");
        created(
                store,
                "/v1/databases/d/tables",
                "{\"name\":\"rows\",\"buckets\":2,\"primary_key\":[\"id\"],\"columns\":["
                        + "{\"name\":\"id\",\"type\":\"BIGINT\",\"nullable\":false},"
                        + "{\"name\":\"n\",\"type\":\"BIGINT\"},{\"name\":\"text\",\"type\":\"STRING\"}],"
                        + "\"properties\":{" + SMALL + "}}");
        created(
                store,
                "/v1/databases/d/tables",
                "{\"name\":\"sums\",\"buckets\":2,\"primary_key\":[\"id\"],\"columns\":["
                        + "{\"name\":\"id\",\"type\":\"BIGINT\",\"nullable\":false},{\"name\":\"n\",\"type\":\"BIGINT\"}],"
                        + "\"properties\":{\"merge-engine\":\"aggregation\",\"fields.n.agg\":\"sum\"," + SMALL + "}}");
    }

    private static void created(StoreProcess store, String path, String body) throws IOException {
        StoreProcess.Answer answer = store.post(path, "application/json", body);
        assertThat(answer.status()).as(answer.body()).isEqualTo(201);
    }

    private static void check(StoreProcess store, List<Writer> writers) throws IOException {
        Map<Long, JsonNode> expected = new TreeMap<>();
        Map<Long, Long> sums = new TreeMap<>();
        int requests = 0;
        for (Writer writer : writers) {
            expected.putAll(writer.rows);
            writer.sums.forEach((id, n) -> sums.merge(id, n, Long::sum));
            requests += writer.acknowledged();
        }
        System.out.printf("UpsertKillIT: %,d requests acknowledged over %d kills%n", requests, KILLS);
        assertThat(scan(store, ROWS)).as("current rows").isEqualTo(expected);
        assertThat(replayed(store, ROWS)).as("changelog replayed").isEqualTo(expected);
        Map<Long, Long> found = new TreeMap<>();
        scan(store, SUMS).forEach((id, row) -> found.put(id, row.path("n").asLong()));
        assertThat(found).as("sums: each acknowledged request counted once").isEqualTo(sums);
        assertThat(replayed(store, SUMS)).as("sums' changelog replayed").isEqualTo(scan(store, SUMS));
    }

    private static Map<Long, JsonNode> scan(StoreProcess store, String table) throws IOException {
        Map<Long, JsonNode> rows = new TreeMap<>();
        StoreProcess.Answer answer = store.get(table + "/scan?source=hot");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        for (JsonNode row : answer.json().path("rows")) {
            assertThat(rows.put(row.path("id").asLong(), row))
                    .as("one row a key")
                    .isNull();
        }
        return rows;
    }

    /** Each change has to fit the row that the changes before it left. */
    private static Map<Long, JsonNode> replayed(StoreProcess store, String table) throws IOException {
        Map<Long, JsonNode> rows = new HashMap<>();
        String cursor = "earliest";
        while (true) {
            StoreProcess.Answer answer = store.get(table + "/changelog?limit=20000&from=" + cursor);
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            JsonNode page = answer.json();
            for (JsonNode change : page.path("rows")) {
                apply(rows, change.path("_change_type").asText(), row(change));
            }
            if (page.path("rows").isEmpty()) {
                return new TreeMap<>(rows);
            }
            cursor = page.path("next").asText();
        }
    }

    private static JsonNode row(JsonNode change) {
        var row = StoreProcess.JSON.createObjectNode();
        change.properties().forEach(member -> {
            if (!member.getKey().startsWith("_")) {
                row.set(member.getKey(), member.getValue());
            }
        });
        return row;
    }

    private static void apply(Map<Long, JsonNode> rows, String type, JsonNode row) {
        long id = row.path("id").asLong();
        switch (type) {
            case "insert" ->
                assertThat(rows.put(id, row)).as("insert of %s", row).isNull();
            case "update_before" -> assertThat(rows.get(id)).isEqualTo(row);
            case "update_after" ->
                assertThat(rows.put(id, row))
                        .as("update to %s", row)
                        .isNotNull()
                        .isNotEqualTo(row);
            default -> assertThat(rows.remove(id)).isEqualTo(row);
        }
    }

    /** Writes its own keys, and its share of sums that all writers add to. */
    private static final class Writer extends KilledStore.Writer {
        private final String id;
        private final int firstKey;
        private final SplittableRandom random;
        private final AtomicReference<StoreProcess> store;
        private final Map<Long, JsonNode> rows = new HashMap<>();
        private final Map<Long, Long> sums = new HashMap<>();

        Writer(int number, SplittableRandom random, AtomicReference<StoreProcess> store) {
            this.id = "writer-" + number;
            this.firstKey = number * 1_000_000;
            this.random = random;
            this.store = store;
        }

        @Override
        void request(long sequence) throws InterruptedException {
            switch (random.nextInt(4)) {
                case 0 -> add(sequence);
                case 1 -> patch(sequence);
                case 2 -> delete(sequence);
                default -> upsert(sequence);
            }
        }

        private void add(long sequence) throws InterruptedException {
            Map<Long, Long> added = new HashMap<>();
            StringBuilder body = new StringBuilder();
            for (int i = 1 + random.nextInt(30); i > 0; i--) {
                long key = random.nextInt(COUNTERS);
                long n = random.nextInt(1, 100);
                added.merge(key, n, Long::sum);
                body.append("{\"id\":" + key + ",\"n\":" + n + "}\n");
            }
            PatientClient.send(store, "POST", SUMS + "/rows", body.toString(), id, sequence);
            added.forEach((key, n) -> sums.merge(key, n, Long::sum));
        }

        private void upsert(long sequence) throws InterruptedException {
            StringBuilder body = new StringBuilder();
            for (int i = 1 + random.nextInt(50); i > 0; i--) {
                var row = StoreProcess.JSON
                        .createObjectNode()
                        .put("id", key())
                        .put("n", random.nextInt(1_000))
                        .put("text", "x".repeat(random.nextInt(100)));
                rows.put(row.path("id").asLong(), row);
                body.append(row).append('\n');
            }
            PatientClient.send(store, "POST", ROWS + "/rows", body.toString(), id, sequence);
        }

        private void patch(long sequence) throws InterruptedException {
            StringBuilder body = new StringBuilder();
            for (int i = 1 + random.nextInt(50); i > 0; i--) {
                int key = key();
                int n = random.nextInt(1_000);
                body.append("{\"id\":" + key + ",\"n\":" + n + "}\n");
                JsonNode old = rows.get((long) key);
                var row = StoreProcess.JSON.createObjectNode().put("id", key).put("n", n);
                row.set("text", old == null ? row.nullNode() : old.get("text"));
                rows.put((long) key, row);
            }
            PatientClient.send(store, "PATCH", ROWS + "/rows", body.toString(), id, sequence);
        }

        private void delete(long sequence) throws InterruptedException {
            StringBuilder body = new StringBuilder();
            for (int i = 1 + random.nextInt(20); i > 0; i--) {
                int key = key();
                body.append("{\"id\":" + key + "}\n");
                rows.remove((long) key);
            }
            PatientClient.send(store, "POST", ROWS + "/rows:delete", body.toString(), id, sequence);
        }

        /** An int, as the rows are compared with what is read from JSON, where small numbers are ints. */
        private int key() {
            return firstKey + random.nextInt(KEYS_EACH);
        }
    }
}
