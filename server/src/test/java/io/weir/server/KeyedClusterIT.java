package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Primary-key tables on two nodes in two processes: either node's HTTP answers for all buckets, so that every question and every answer
 * there is passes between nodes; the rows, and what numbers them, survive an orderly leave.
 */
class KeyedClusterIT {
    private static final int USERS = 60;
    private static final String TABLES = "/v1/databases/d/tables";
    private static final String ITEMS = TABLES + "/items";
    private static final String NAMES = TABLES + "/names";
    private static final String DAYS = TABLES + "/days";

    @TempDir
    Path data;

    @Test
    void rowsAreServedByEitherNodeAndMoveWithTheirBuckets() throws Exception {
        int portA = ClusterIT.freePort();
        int portB = ClusterIT.freePort();
        String seeds = "127.0.0.1:" + portA;
        try (StoreProcess a = StoreProcess.start(data.resolve("a"), ClusterIT.settings(portA, seeds));
                StoreProcess b = StoreProcess.start(data.resolve("b"), ClusterIT.settings(portB, seeds))) {
            ClusterIT.awaitMembers(a, 2);
            createTables(a);
            write(a, b);
            for (String table : List.of(ITEMS, NAMES, DAYS)) {
                assertThat(leaders(a, table)).as(table).containsExactlyInAnyOrder(seeds, "127.0.0.1:" + portB);
            }
            checkItems(a);
            checkItems(b);
            Map<String, JsonNode> before = scans(a);
            assertThat(scans(b)).isEqualTo(before);
            Set<Long> numbers = checkNames(a, b);

            System.out.println("KeyedClusterIT: node B left in " + b.terminate().toMillis() + " ms");
            ClusterIT.awaitMembers(a, 1);

            assertThat(scans(a)).isEqualTo(before);
            checkItems(a);
            assertThat(leaders(a, ITEMS)).containsExactly(seeds);
            send(a, "PATCH", ITEMS + "/rows", "[{\"user\":\"u1\",\"n\":1,\"text\":\"after\"}]");
            assertThat(lookup(a, ITEMS, "{\"keys\":[{\"user\":\"u1\",\"n\":1}]}")
                            .toString())
                    .isEqualTo("[{\"user\":\"u1\",\"n\":1,\"score\":101,\"text\":\"after\"}]");
            JsonNode more = lookup(a, NAMES, names("late"));
            more.forEach(row -> assertThat(numbers.add(row.path("uid").asLong()))
                    .as("a new number: %s", row)
                    .isTrue());
            assertThat(numbers).hasSize(2 * USERS);
        }
    }

    private static void createTables(StoreProcess store) throws IOException {
        created(store, "/v1/databases", "{\"name\":\"d\"}");
        String user = "{\"name\":\"user\",\"type\":\"STRING\",\"nullable\":false}";
        String n = "{\"name\":\"n\",\"type\":\"INT\",\"nullable\":false}";
        String rest = "{\"name\":\"score\",\"type\":\"BIGINT\"},{\"name\":\"text\",\"type\":\"STRING\"}";
        created(
                store,
                TABLES,
                "{\"name\":\"items\",\"buckets\":12,\"primary_key\":[\"user\",\"n\"],\"bucket_key\":[\"user\"],\"columns\":[%s,%s,%s]}"
                        .formatted(user, n, rest));
        created(
                store,
                TABLES,
                "{\"name\":\"names\",\"buckets\":12,\"primary_key\":[\"user\"],\"columns\":[%s,{\"name\":\"uid\",\"type\":\"BIGINT\"}],"
                                .formatted(user)
                        + "\"properties\":{\"auto-increment.column\":\"uid\",\"auto-increment.cache-size\":\"7\"}}");
        created(
                store,
                TABLES,
                "{\"name\":\"days\",\"buckets\":4,\"primary_key\":[\"user\",\"day\"],\"partition_by\":[\"day\"],"
                        + "\"columns\":[%s,{\"name\":\"day\",\"type\":\"STRING\",\"nullable\":false},%s]}"
                                .formatted(user, rest));
    }

    private static void created(StoreProcess store, String path, String body) throws IOException {
        StoreProcess.Answer answer = store.post(path, "application/json", body);
        assertThat(answer.status()).as(answer.body()).isEqualTo(201);
    }

    /** Three rows a user, of which one is changed through the other node and one is deleted there. */
    private static void write(StoreProcess a, StoreProcess b) {
        List<String> items = new ArrayList<>();
        List<String> changes = new ArrayList<>();
        List<String> gone = new ArrayList<>();
        List<String> days = new ArrayList<>();
        for (int u = 0; u < USERS; u++) {
            for (int n = 0; n < 3; n++) {
                items.add("{\"user\":\"u%d\",\"n\":%d,\"score\":%d,\"text\":\"first\"}".formatted(u, n, n));
                days.add("{\"user\":\"u%d\",\"day\":\"2026-11-2%d\",\"score\":%d}".formatted(u, n, n));
            }
            changes.add("{\"user\":\"u%d\",\"n\":1,\"score\":%d}".formatted(u, 100 + u));
            gone.add("{\"user\":\"u%d\",\"n\":2}".formatted(u));
        }
        send(a, "POST", ITEMS + "/rows", items.toString());
        send(b, "PATCH", ITEMS + "/rows", changes.toString());
        send(b, "POST", ITEMS + "/rows:delete", gone.toString());
        send(b, "POST", DAYS + "/rows", days.toString());
        // The same names through both at once: each has one number.
        CompletableFuture<JsonNode> there = CompletableFuture.supplyAsync(() -> lookup(b, NAMES, names("u")));
        lookup(a, NAMES, names("u"));
        there.join();
    }

    private static String names(String prefix) {
        List<String> keys = new ArrayList<>();
        for (int u = 0; u < USERS; u++) {
            keys.add("{\"user\":\"%s%d\"}".formatted(prefix, u));
        }
        return "{\"keys\":" + keys + ",\"insert_if_missing\":true}";
    }

    private static void checkItems(StoreProcess store) {
        List<String> keys = new ArrayList<>();
        for (int u = 0; u < USERS; u++) {
            keys.add("{\"user\":\"u%d\",\"n\":1}".formatted(u));
            String prefix = "{\"prefix\":{\"user\":\"u%d\"},\"columns\":[\"n\",\"score\"]}".formatted(u);
            JsonNode rows = send(store, "POST", ITEMS + "/rows:prefix", prefix).path("rows");
            assertThat(rows.toString()).isEqualTo("[{\"n\":0,\"score\":0},{\"n\":1,\"score\":%d}]".formatted(100 + u));
        }
        keys.add("{\"user\":\"u1\",\"n\":2}");
        JsonNode rows = lookup(store, ITEMS, "{\"keys\":" + keys + ",\"columns\":[\"score\",\"text\"]}");
        assertThat(rows).hasSize(USERS + 1);
        for (int u = 0; u < USERS; u++) {
            assertThat(rows.path(u).toString()).isEqualTo("{\"score\":%d,\"text\":\"first\"}".formatted(100 + u));
        }
        assertThat(rows.path(USERS).isNull()).as("deleted").isTrue();
        assertThat(replayed(store)).isEqualTo(scan(store, ITEMS));
        assertThat(get(store, DAYS + "/scan?partition=2026-11-21").path("rows")).hasSize(USERS);
    }

    private static Set<Long> checkNames(StoreProcess a, StoreProcess b) {
        Map<String, JsonNode> names = scan(a, NAMES);
        assertThat(names).hasSize(USERS);
        assertThat(scan(b, NAMES)).isEqualTo(names);
        Set<Long> numbers = new HashSet<>();
        names.values().forEach(row -> assertThat(numbers.add(row.path("uid").asLong()))
                .as("one number a name: %s", row)
                .isTrue());
        return numbers;
    }

    private static Map<String, JsonNode> scans(StoreProcess store) {
        Map<String, JsonNode> all = new TreeMap<>();
        for (String table : List.of(ITEMS, NAMES, DAYS)) {
            scan(store, table).forEach((key, row) -> all.put(table + " " + key, row));
        }
        return all;
    }

    private static Map<String, JsonNode> scan(StoreProcess store, String table) {
        Map<String, JsonNode> rows = new TreeMap<>();
        get(store, table + "/scan").path("rows").forEach(row -> assertThat(rows.put(key(row), row))
                .as("one row a key")
                .isNull());
        return rows;
    }

    private static String key(JsonNode row) {
        return row.path("user").asText() + " " + row.path("n").asText() + " "
                + row.path("day").asText();
    }

    private static Map<String, JsonNode> replayed(StoreProcess store) {
        Map<String, JsonNode> rows = new TreeMap<>();
        for (JsonNode change : get(store, ITEMS + "/changelog?limit=20000").path("rows")) {
            String type = change.path("_change_type").asText();
            var row = StoreProcess.JSON.createObjectNode();
            change.properties().stream()
                    .filter(member -> !member.getKey().startsWith("_"))
                    .forEach(member -> row.set(member.getKey(), member.getValue()));
            if (type.equals("delete")) {
                rows.remove(key(row));
            } else if (!type.equals("update_before")) {
                rows.put(key(row), row);
            }
        }
        return rows;
    }

    private static JsonNode lookup(StoreProcess store, String table, String body) {
        return send(store, "POST", table + "/rows:lookup", body).path("rows");
    }

    private static JsonNode get(StoreProcess store, String path) {
        return answered(() -> store.get(path));
    }

    private static JsonNode send(StoreProcess store, String method, String path, String body) {
        return answered(() -> store.send(method, path, "application/json", body));
    }

    private interface Ask {
        StoreProcess.Answer ask() throws IOException;
    }

    /** Asks again while buckets are between owners. */
    private static JsonNode answered(Ask ask) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(40))
                .until(ask::ask, answer -> {
                    assertThat(answer.status()).as(answer.body()).isIn(200, 503);
                    return answer.status() == 200;
                })
                .json();
    }

    private static TreeSet<String> leaders(StoreProcess store, String table) {
        TreeSet<String> nodes = new TreeSet<>();
        get(store, table + "/buckets")
                .path("buckets")
                .forEach(bucket -> nodes.add(bucket.path("leader_node").asText()));
        return nodes;
    }
}
