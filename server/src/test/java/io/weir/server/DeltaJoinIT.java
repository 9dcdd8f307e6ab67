package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigFactory;
import io.weir.client.Rows;
import io.weir.client.WeirClient;
import io.weir.client.WeirTable;
import io.weir.client.join.DeltaJoin;
import io.weir.client.join.FileCursorStore;
import io.weir.client.join.JoinKind;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The delta join over a real store, while both sides change and the store or the join is killed; the end is compared with a full join. */
class DeltaJoinIT {
    private static final int KILLS = 8;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String TABLES = "/v1/databases/shop/tables";

    @TempDir
    Path directory;

    @Test
    void outputEqualsTheFullJoinAfterKillsOfTheStoreAndOfTheJoin() throws Exception {
        long seed = Long.getLong("weir.sim.seed", System.nanoTime());
        System.out.println("DeltaJoinIT seed=" + seed + " (replay the kills with -Dweir.sim.seed=" + seed + ")");
        SplittableRandom random = new SplittableRandom(seed);
        StoreProcess store = StoreProcess.start(directory.resolve("data"), Map.of());
        createTables(store);
        URI uri = store.uri();
        Node writers = new Node(uri);
        AtomicInteger written = new AtomicInteger();
        CompletableFuture<Void> stop = new CompletableFuture<>();
        CompletableFuture<Void> writing =
                CompletableFuture.runAsync(() -> change(writers, new SplittableRandom(seed), written, stop));
        Node joiner = new Node(uri);
        joiner.join(directory);
        for (int kill = 0; kill < KILLS; kill++) {
            int until = written.get() + 20 + random.nextInt(150);
            await().atMost(PATIENCE).until(() -> written.get() >= until || writing.isDone());
            if (random.nextBoolean()) {
                store.kill();
                store = StoreProcess.start(
                        directory.resolve("data"), Map.of("WEIR_HTTP_PORT", Integer.toString(uri.getPort())));
            } else {
                joiner.kill();
                joiner = new Node(uri);
                joiner.join(directory);
            }
        }
        stop.complete(null);
        writing.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);

        StoreProcess last = store;
        awaitJoined(last);
        assertThat(rows(last, "inner")).hasSizeGreaterThan(20);
        System.out.printf(
                "DeltaJoinIT: %,d writes, %d rows of the left join%n",
                written.get(), rows(last, "outer").size());
        putsRightWhatComesLate(last);
        joiner.kill();

        writeStale(last);
        assertThat(rows(last, "inner").toString()).contains("gone");
        for (JoinKind kind : JoinKind.values()) {
            Files.delete(directory.resolve("cursors-" + kind));
            writers.join(kind, directory)
                    .catchUp(writers.system)
                    .done()
                    .toCompletableFuture()
                    .get(60, TimeUnit.SECONDS);
        }
        assertThat(rows(last, "inner")).as("begun anew").isEqualTo(fullJoin(last, JoinKind.INNER));
        assertThat(rows(last, "outer")).as("begun anew").isEqualTo(fullJoin(last, JoinKind.LEFT));
        writers.kill();
        last.close();
    }

    /** As the last write of a join that was killed, when nobody changes its key any more. */
    private static void putsRightWhatComesLate(StoreProcess store) throws IOException {
        writeStale(store);
        awaitJoined(store);
    }

    /** Rows of a customer that neither side knows, and of one that they know. */
    private static void writeStale(StoreProcess store) throws IOException {
        for (String output : List.of("inner", "outer")) {
            StoreProcess.Answer answer = store.post(
                    TABLES + "/" + output + "/rows",
                    "application/json",
                    "[{\"customer\":\"gone\",\"id\":1,\"label\":\"l\"},"
                            + "{\"customer\":\"c1\",\"id\":77,\"label\":\"l0\",\"city\":\"old\"}]");
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        }
    }

    private static void awaitJoined(StoreProcess store) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(200)).untilAsserted(() -> {
            assertThat(rows(store, "inner")).isEqualTo(fullJoin(store, JoinKind.INNER));
            assertThat(rows(store, "outer")).isEqualTo(fullJoin(store, JoinKind.LEFT));
        });
    }

    /** What one process of a client has. */
    private static final class Node {
        private final ActorSystem<Void> system = ActorSystem.create(
                Behaviors.empty(),
                "client",
                ConfigFactory.parseString("pekko.actor.provider = local, pekko.fail-mixed-versions = off")
                        .withFallback(ConfigFactory.load()));
        private final BufferAllocator allocator = new RootAllocator();
        private final WeirClient client;

        Node(URI uri) {
            client = WeirClient.create(uri, system, allocator);
        }

        WeirTable table(String name) {
            return client.table("shop", name).toCompletableFuture().join().retryingFor(PATIENCE);
        }

        void join(Path cursors) {
            for (JoinKind kind : JoinKind.values()) {
                join(kind, cursors).run(system);
            }
        }

        DeltaJoin join(JoinKind kind, Path cursors) {
            DeltaJoin.Builder join = kind == JoinKind.LEFT
                    ? DeltaJoin.left(table("orders"), table("customers"), table("outer"))
                    : DeltaJoin.inner(table("orders"), table("customers"), table("inner"));
            return join.cursors(FileCursorStore.of(cursors.resolve("cursors-" + kind), system))
                    .patience(PATIENCE)
                    .build();
        }

        /** In the middle of whatever it does. */
        void kill() {
            system.terminate();
            system.getWhenTerminated().toCompletableFuture().join();
        }
    }

    private static void createTables(StoreProcess store) throws IOException {
        post(store, "/v1/databases", "{\"name\":\"shop\"}");
        String customer = "{\"name\":\"customer\",\"type\":\"STRING\",\"nullable\":false}";
        String id = "{\"name\":\"id\",\"type\":\"BIGINT\",\"nullable\":false}";
        String amount = "{\"name\":\"amount\",\"type\":\"BIGINT\"}";
        String label = "{\"name\":\"label\",\"type\":\"STRING\",\"nullable\":false}";
        String city = "{\"name\":\"city\",\"type\":\"STRING\"}";
        create(store, "orders", "\"customer\",\"id\"", 3, customer, id, amount);
        create(store, "customers", "\"customer\",\"label\"", 2, customer, label, city);
        create(store, "inner", "\"customer\",\"id\",\"label\"", 4, customer, id, label, amount, city);
        create(store, "outer", "\"customer\",\"id\",\"label\"", 2, customer, id, label, amount, city);
    }

    private static void create(StoreProcess store, String name, String key, int buckets, String... columns)
            throws IOException {
        post(
                store,
                TABLES,
                "{\"name\":\"%s\",\"primary_key\":[%s],\"bucket_key\":[\"customer\"],\"buckets\":%d,\"columns\":[%s]}"
                        .formatted(name, key, buckets, String.join(",", columns)));
    }

    private static void post(StoreProcess store, String path, String body) throws IOException {
        StoreProcess.Answer answer = store.post(path, "application/json", body);
        assertThat(answer.status()).as(answer.body()).isEqualTo(201);
    }

    private static void change(
            Node node, SplittableRandom random, AtomicInteger written, CompletableFuture<Void> stop) {
        WeirTable orders = node.table("orders");
        WeirTable customers = node.table("customers");
        while (!stop.isDone()) {
            boolean left = random.nextBoolean();
            WeirTable table = left ? orders : customers;
            boolean delete = random.nextInt(3) == 0;
            List<String> rows = new ArrayList<>();
            for (int i = random.nextInt(5); i >= 0; i--) {
                String key = "\"customer\":\"c%d\",%s"
                        .formatted(
                                random.nextInt(20),
                                left ? "\"id\":" + random.nextInt(5) : "\"label\":\"l" + random.nextInt(3) + "\"");
                String value = left ? "\"amount\":" + random.nextInt(100) : "\"city\":\"x" + random.nextInt(100) + "\"";
                rows.add("{" + key + (delete ? "" : "," + value) + "}");
            }
            String json = "[" + String.join(",", rows) + "]";
            if (delete) {
                Rows keys = table.rows(table.description().primaryKey(), json);
                table.delete(keys).toCompletableFuture().join();
            } else {
                table.upsert(table.rows(json)).toCompletableFuture().join();
            }
            written.incrementAndGet();
        }
    }

    private static List<JsonNode> scan(StoreProcess store, String table) throws IOException {
        StoreProcess.Answer answer = store.get(TABLES + "/" + table + "/scan?limit=10000");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        List<JsonNode> rows = new ArrayList<>();
        answer.json().path("rows").forEach(rows::add);
        return rows;
    }

    private static TreeSet<String> rows(StoreProcess store, String table) throws IOException {
        TreeSet<String> rows = new TreeSet<>();
        scan(store, table).forEach(row -> rows.add(text(row)));
        return rows;
    }

    private static String text(JsonNode row) {
        return String.join(
                " ",
                row.properties().stream()
                        .map(e -> e.getKey() + "=" + e.getValue())
                        .sorted()
                        .toList());
    }

    private static TreeSet<String> fullJoin(StoreProcess store, JoinKind kind) throws IOException {
        TreeSet<String> joined = new TreeSet<>();
        List<JsonNode> customers = scan(store, "customers");
        for (JsonNode order : scan(store, "orders")) {
            List<JsonNode> matches = customers.stream()
                    .filter(c -> c.path("customer").equals(order.path("customer")))
                    .toList();
            for (JsonNode match : matches) {
                ObjectNode row = order.deepCopy();
                joined.add(text(row.setAll((ObjectNode) match)));
            }
            if (matches.isEmpty() && kind == JoinKind.LEFT) {
                ObjectNode row = order.deepCopy();
                joined.add(text(row.put("label", "").putNull("city")));
            }
        }
        return joined;
    }
}
