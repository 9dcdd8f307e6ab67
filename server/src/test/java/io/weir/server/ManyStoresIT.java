package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Two thousand buckets of primary-key tables that are all written to and read: memory and file handles stay bounded. */
@EnabledOnOs(OS.LINUX)
class ManyStoresIT {
    private static final int TABLES = 2;
    private static final int BUCKETS = 1_000;
    private static final int ROWS = 20_000;
    private static final int HEAP_MIB = 512;

    /** The JVM takes some 200 MiB beside its heap; stores that hold as little as these take next to nothing. */
    private static final int BESIDES_MIB = 288;

    /** The default of weir.kv.open-max. */
    private static final long STORES_MAX = 128;

    @TempDir
    Path data;

    @Test
    void twoThousandBucketsStayWithinBounds() throws IOException {
        try (StoreProcess store = StoreProcess.start(data, Map.of())) {
            assertThat(store.post("/v1/databases", "application/json", "{\"name\":\"d\"}")
                            .status())
                    .isEqualTo(201);
            for (int t = 0; t < TABLES; t++) {
                createAndFill(store, "/v1/databases/d/tables", "t" + t);
            }
            for (int t = 0; t < TABLES; t++) {
                String table = "/v1/databases/d/tables/t" + t;
                StoreProcess.Answer count = store.post(
                        table + "/aggregate",
                        "application/json",
                        "{\"aggregates\":{\"rows\":\"count(*)\",\"sum\":\"sum(v)\"}}");
                assertThat(count.json().path("rows").path(0).path("rows").asLong())
                        .as(count.body())
                        .isEqualTo(ROWS);
                assertThat(count.json().path("rows").path(0).path("sum").asLong())
                        .isEqualTo((long) ROWS * (ROWS - 1) / 2);
            }
            long residentMiB = statusKiB(store.pid(), "VmRSS:") >> 10;
            List<String> handles = openFiles(store.pid());
            long stores =
                    handles.stream().filter(file -> file.endsWith("/LOCK")).count();
            System.out.printf(
                    "ManyStoresIT: %,d buckets: %,d MiB resident with a heap of at most %d MiB, %,d open files, %d open"
                            + " stores%n",
                    TABLES * BUCKETS, residentMiB, HEAP_MIB, handles.size(), stores);
            assertThat(stores).as("KV stores, and the journal's two").isBetween(2L, STORES_MAX + 2);
            assertThat(residentMiB).isLessThan(HEAP_MIB + BESIDES_MIB);
        }
    }

    private static void createAndFill(StoreProcess store, String tables, String name) throws IOException {
        String definition = "{\"name\":\"" + name + "\",\"buckets\":" + BUCKETS
                + ",\"primary_key\":[\"id\"],\"columns\":[{\"name\":\"id\",\"type\":\"BIGINT\",\"nullable\":false},"
                + "{\"name\":\"v\",\"type\":\"BIGINT\"},{\"name\":\"text\",\"type\":\"STRING\"}]}";
        assertThat(store.post(tables, "application/json", definition).status()).isEqualTo(201);
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < ROWS; i++) {
            body.append("{\"id\":" + i + ",\"v\":" + i + ",\"text\":\"" + "x".repeat(100) + "\"}\n");
        }
        StoreProcess.Answer answer = store.post(tables + "/" + name + "/rows", "application/x-ndjson", body.toString());
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    }

    /** Some may be closed while they are listed. */
    private static List<String> openFiles(long pid) throws IOException {
        List<String> files = new ArrayList<>();
        try (var handles = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            for (Path handle : handles.toList()) {
                try {
                    files.add(Files.readSymbolicLink(handle).toString());
                } catch (NoSuchFileException closed) {
                    continue;
                }
            }
        }
        return files;
    }

    private static long statusKiB(long pid, String field) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}
