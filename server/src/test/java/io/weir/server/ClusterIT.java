package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes in two processes: buckets of one are served through the other's HTTP, and survive an orderly leave. */
class ClusterIT {
    private static final int BUCKETS = 16;
    private static final String TABLE = "/v1/databases/d/tables/t";

    @TempDir
    Path data;

    @Test
    void bucketsOfANodeThatLeavesAreTakenOverWithAllTheirRows() throws Exception {
        int portA = freePort();
        int portB = freePort();
        String seeds = "127.0.0.1:" + portA;
        try (StoreProcess a = StoreProcess.start(data.resolve("a"), settings(portA, seeds));
                StoreProcess b = StoreProcess.start(data.resolve("b"), settings(portB, seeds))) {
            awaitMembers(a, 2);
            createTable(a);
            for (int sequence = 1; sequence <= 10; sequence++) {
                assertThat(write(a, sequence).json().path("rows").asInt()).isEqualTo(40);
            }
            assertThat(leaders(a)).contains("127.0.0.1:" + portA, "127.0.0.1:" + portB);
            TreeSet<Integer> before = ids(a);
            assertThat(before).hasSize(400);
            assertThat(ids(b)).isEqualTo(before);
            String lastAnswer = write(a, 10).body();

            System.out.println("ClusterIT: node B left in " + b.terminate().toMillis() + " ms");
            awaitMembers(a, 1);

            assertThat(ids(a)).isEqualTo(before);
            assertThat(write(a, 10).json().path("buckets"))
                    .as("writers are remembered by the new owner")
                    .isEqualTo(StoreProcess.JSON.readTree(lastAnswer).path("buckets"));
            assertThat(write(a, 11).status()).isEqualTo(200);
            assertThat(ids(a)).hasSize(440);
            assertThat(leaders(a)).containsExactly("127.0.0.1:" + portA);
        }
    }

    static Map<String, String> settings(int port, String seeds) {
        return Map.of(
                "WEIR_CLUSTER_HOST", "127.0.0.1", "WEIR_CLUSTER_PORT", Integer.toString(port), "WEIR_SEEDS", seeds);
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    static void awaitMembers(StoreProcess store, int count) {
        Awaitility.await().atMost(Duration.ofSeconds(40)).untilAsserted(() -> {
            AtomicInteger up = new AtomicInteger();
            store.get("/v1/cluster").json().path("members").forEach(member -> {
                if (member.path("state").asText().equals("up")) {
                    up.incrementAndGet();
                }
            });
            assertThat(up).hasValue(count);
        });
    }

    private static void createTable(StoreProcess store) throws IOException {
        store.post("/v1/databases", "application/json", "{\"name\":\"d\"}");
        String definition = "{\"name\":\"t\",\"buckets\":" + BUCKETS
                + ",\"bucket_key\":[\"id\"],\"columns\":[{\"name\":\"id\",\"type\":\"INT\",\"nullable\":false}]}";
        assertThat(store.post("/v1/databases/d/tables", "application/json", definition)
                        .status())
                .isEqualTo(201);
    }

    /** Writes ids [40 (s - 1), 40 s), again and again until no bucket is between owners. */
    private static StoreProcess.Answer write(StoreProcess store, int sequence) {
        StringBuilder rows = new StringBuilder();
        for (int id = 40 * (sequence - 1); id < 40 * sequence; id++) {
            rows.append("{\"id\":").append(id).append("}\n");
        }
        return Awaitility.await()
                .atMost(Duration.ofSeconds(40))
                .until(
                        () -> store.post(
                                TABLE + "/rows",
                                "application/x-ndjson",
                                rows.toString(),
                                "Weir-Writer-Id",
                                "cluster-test",
                                "Weir-Writer-Sequence",
                                Integer.toString(sequence)),
                        answer -> {
                            assertThat(answer.status()).as(answer.body()).isIn(200, 503);
                            return answer.status() == 200;
                        });
    }

    private static TreeSet<Integer> ids(StoreProcess store) {
        TreeSet<Integer> ids = new TreeSet<>();
        JsonNode rows = Awaitility.await()
                .atMost(Duration.ofSeconds(40))
                .until(() -> store.get(TABLE + "/log"), answer -> answer.status() == 200)
                .json()
                .path("rows");
        rows.forEach(row -> assertThat(ids.add(row.path("id").asInt()))
                .as("row %s is there once", row)
                .isTrue());
        return ids;
    }

    private static TreeSet<String> leaders(StoreProcess store) throws IOException {
        TreeSet<String> nodes = new TreeSet<>();
        store.get(TABLE + "/buckets")
                .json()
                .path("buckets")
                .forEach(bucket -> nodes.add(bucket.path("leader_node").asText()));
        return nodes;
    }
}
