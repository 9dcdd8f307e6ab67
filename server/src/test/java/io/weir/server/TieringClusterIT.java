package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rounds in a cluster of several processes, with a catalog, a warehouse and an object store that all of them reach: the buckets of a table
 * are on several nodes and its worker is on one. That node is killed within a round, writers wait for it, and a worker on another node goes on.
 */
class TieringClusterIT {
    private static final int BUCKETS = 6;
    private static final int ROWS = 40;
    private static final int KEYS = 150;
    private static final String TABLES = "/v1/databases/d/tables";
    private static final String LOG = TABLES + "/log";
    private static final String KEYED = TABLES + "/keyed";

    @TempDir
    Path directory;

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void aWorkerOnAnotherNodeGoesOnWhereAKilledOneWas() throws Exception {
        // Where two lose each other, the one with the lower address goes on.
        List<Integer> ports = ports(3);
        try (StoreProcess a = start("a", ports, 0, "storage");
                StoreProcess b = start("b", ports, 1, "tiering")) {
            ClusterIT.awaitMembers(a, 2);
            createTables(a);
            Load load = new Load(a);
            load.write(10);
            assertThat(leaders(a, LOG)).contains(address(ports, 0), address(ports, 1));
            assertThat(leaders(a, KEYED)).contains(address(ports, 0), address(ports, 1));
            awaitSnapshots(a);
            enable(a);
            CompletableFuture<Void> writing = load.writeUntilTold();
            awaitRoundUnderWay(a);
            b.kill();

            // What is in the lake can be read without the lost node.
            assertThat(rows(a, LOG, "lake")).isNotEmpty().allSatisfy((id, v) -> assertThat(v)
                    .isEqualTo(id / ROWS));
            assertThat(rows(a, KEYED, "lake")).isNotEmpty();

            // The same address again: its former self has to be out of the cluster first.
            ClusterIT.awaitMembers(a, 1);
            try (StoreProcess again = start("b", ports, 1, "storage");
                    StoreProcess c = start("c", ports, 2, "tiering")) {
                ClusterIT.awaitMembers(a, 3);
                load.awaitProgress(5);
                load.stop(writing);
                for (String table : List.of(LOG, KEYED)) {
                    TieredTables.awaitAllInLake(again, table);
                }
                assertThat(aliveWorkers(c)).containsExactly(address(ports, 2));
                for (StoreProcess node : List.of(a, again, c)) {
                    for (String source : List.of("lake", "union")) {
                        assertThat(rows(node, LOG, source)).as(source).isEqualTo(load.log);
                        assertThat(rows(node, KEYED, source)).as(source).isEqualTo(load.keyed);
                    }
                }
                System.out.printf(
                        "TieringClusterIT: %,d rows, %s, %s%n",
                        load.log.size(), TieredTables.rounds(a, "log"), TieredTables.rounds(a, "keyed"));
            }
        }
    }

    private StoreProcess start(String name, List<Integer> ports, int number, String role) {
        Map<String, String> settings = new TreeMap<>(ClusterIT.settings(ports.get(number), address(ports, 0)));
        settings.put("WEIR_ROLES", role);
        settings.put("WEIR_OBJECT_STORE", directory.resolve("objects").toUri().toString());
        settings.put("WEIR_LAKE_WAREHOUSE", directory.resolve("lake").toUri().toString());
        return StoreProcess.start(
                directory.resolve(name),
                settings,
                "weir.lake.catalog.type=jdbc",
                "weir.lake.catalog.uri=jdbc:sqlite:" + directory.resolve("catalog.db"),
                "weir.lake.catalog.jdbc.schema-version=V1",
                "weir.lake.catalog.jdbc.busy_timeout=30000",
                "weir.tiering.heartbeat=200ms",
                "weir.tiering.liveness-window=3s",
                "weir.cluster.stable-after=1s",
                "weir.http.write-timeout=5s");
    }

    private static List<Integer> ports(int count) throws IOException {
        List<Integer> ports = new ArrayList<>();
        while (ports.size() < count) {
            int port = ClusterIT.freePort();
            if (!ports.contains(port)) {
                ports.add(port);
            }
        }
        return ports.stream().sorted().toList();
    }

    private static String address(List<Integer> ports, int number) {
        return "127.0.0.1:" + ports.get(number);
    }

    private static void createTables(StoreProcess store) throws IOException {
        store.post("/v1/databases", "application/json", "{\"name\":\"d\"}");
        String columns =
                "\"columns\":[{\"name\":\"id\",\"type\":\"BIGINT\",\"nullable\":false},{\"name\":\"v\",\"type\":\"BIGINT\"}]";
        for (String table : List.of(
                "\"name\":\"log\",\"bucket_key\":[\"id\"]",
                "\"name\":\"keyed\",\"primary_key\":[\"id\"],\"properties\":{\"kv.snapshot-interval\":\"1s\"}")) {
            StoreProcess.Answer answer =
                    store.post(TABLES, "application/json", "{%s,\"buckets\":%d,%s}".formatted(table, BUCKETS, columns));
            assertThat(answer.status()).as(answer.body()).isEqualTo(201);
        }
    }

    /** So that the first round reads each bucket's, wherever it was taken. */
    private static void awaitSnapshots(StoreProcess store) {
        Awaitility.await().atMost(Duration.ofSeconds(40)).untilAsserted(() -> buckets(store, KEYED)
                .forEach(bucket -> assertThat(bucket.path("kv_snapshot_offset").asLong())
                        .as(bucket.toString())
                        .isPositive()));
    }

    private static void enable(StoreProcess store) throws IOException {
        for (String table : List.of(LOG, KEYED)) {
            StoreProcess.Answer answer = store.send(
                    "PATCH", table, "application/json", "{\"set_properties\":{" + TieredTables.PROPERTIES + "}}");
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        }
    }

    /** Both tables had a round, and one of them is in another. */
    private static void awaitRoundUnderWay(StoreProcess store) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(40))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> {
                    boolean through = true;
                    boolean underWay = false;
                    for (JsonNode table : store.get("/v1/tiering").json().path("tables")) {
                        through &= table.path("rounds").asLong() > 0;
                        underWay |= table.path("state").asText().equals("TIERING");
                    }
                    return through && underWay;
                });
    }

    private static List<String> aliveWorkers(StoreProcess store) throws IOException {
        List<String> nodes = new ArrayList<>();
        store.get("/v1/tiering").json().path("workers").forEach(worker -> {
            if (worker.path("alive").asBoolean()) {
                nodes.add(worker.path("node").asText());
            }
        });
        return nodes;
    }

    private static List<String> leaders(StoreProcess store, String table) throws IOException {
        List<String> nodes = new ArrayList<>();
        buckets(store, table)
                .forEach(bucket -> nodes.add(bucket.path("leader_node").asText()));
        return nodes;
    }

    private static JsonNode buckets(StoreProcess store, String table) throws IOException {
        return store.get(table + "/buckets").json().path("buckets");
    }

    /** Value by id, no id twice. Asks again while buckets are between owners. */
    private static Map<Long, Long> rows(StoreProcess store, String table, String source) {
        StoreProcess.Answer answer = Awaitility.await()
                .atMost(Duration.ofSeconds(40))
                .until(() -> store.get(table + "/scan?source=" + source), scanned -> {
                    assertThat(scanned.status()).as(scanned.body()).isIn(200, 503);
                    return scanned.status() == 200;
                });
        Map<Long, Long> rows = new TreeMap<>();
        answer.json().path("rows").forEach(row -> assertThat(
                        rows.put(row.path("id").asLong(), row.path("v").asLong()))
                .as("once: %s", row)
                .isNull());
        return rows;
    }

    /** Writes both tables through one node, each request until it is acknowledged, and knows what they have to hold. */
    private static final class Load {
        private final Map<Long, Long> log = new TreeMap<>();
        private final Map<Long, Long> keyed = new TreeMap<>();
        private final AtomicReference<StoreProcess> store;
        private volatile long acknowledged;
        private volatile boolean stopped;

        Load(StoreProcess store) {
            this.store = new AtomicReference<>(store);
        }

        void write(int requests) throws InterruptedException {
            for (int i = 0; i < requests; i++) {
                request(acknowledged + 1);
            }
        }

        CompletableFuture<Void> writeUntilTold() {
            return CompletableFuture.runAsync(() -> {
                try {
                    while (!stopped) {
                        request(acknowledged + 1);
                        TimeUnit.MILLISECONDS.sleep(20);
                    }
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
        }

        void awaitProgress(int requests) {
            long before = acknowledged;
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> acknowledged >= before + requests);
        }

        void stop(CompletableFuture<Void> writing) throws Exception {
            stopped = true;
            writing.get(60, TimeUnit.SECONDS);
        }

        /** New rows of the log; of the other new values of some keys, and every third time some that are gone. */
        private void request(long sequence) throws InterruptedException {
            StringBuilder added = new StringBuilder();
            StringBuilder changed = new StringBuilder();
            StringBuilder gone = new StringBuilder();
            for (long id = sequence * ROWS; id < (sequence + 1) * ROWS; id++) {
                added.append("{\"id\":%d,\"v\":%d}\n".formatted(id, sequence));
                changed.append("{\"id\":%d,\"v\":%d}\n".formatted(id % KEYS, sequence));
                gone.append("{\"id\":%d}\n".formatted((id + 2 * ROWS) % KEYS));
            }
            PatientClient.send(store, "POST", LOG + "/rows", added.toString(), "log", sequence);
            PatientClient.send(store, "POST", KEYED + "/rows", changed.toString(), "keyed", sequence);
            if (sequence % 3 == 0) {
                PatientClient.send(store, "POST", KEYED + "/rows:delete", gone.toString(), "gone", sequence);
            }
            for (long id = sequence * ROWS; id < (sequence + 1) * ROWS; id++) {
                log.put(id, sequence);
                keyed.put(id % KEYS, sequence);
            }
            for (long id = sequence * ROWS; sequence % 3 == 0 && id < (sequence + 1) * ROWS; id++) {
                keyed.remove((id + 2 * ROWS) % KEYS);
            }
            acknowledged = sequence;
        }
    }
}
