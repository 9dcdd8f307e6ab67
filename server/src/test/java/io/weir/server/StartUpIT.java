package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store with many tables starts, answers for all of them, and stops in order. */
class StartUpIT {
    private static final int TABLES = 100;
    private static final int BUCKETS = 4;

    @TempDir
    Path data;

    @Test
    void servesAHundredTablesAfterARestart() throws Exception {
        try (StoreProcess store = StoreProcess.start(data, Map.of())) {
            store.post("/v1/databases", "application/json", "{\"name\":\"d\"}");
            for (int t = 0; t < TABLES; t++) {
                String definition = "{\"name\":\"t" + t + "\",\"buckets\":" + BUCKETS
                        + ",\"bucket_key\":[\"id\"],\"columns\":[{\"name\":\"id\",\"type\":\"INT\"}]}";
                assertThat(store.post("/v1/databases/d/tables", "application/json", definition)
                                .status())
                        .isEqualTo(201);
                assertThat(store.post(
                                        rows(t),
                                        "application/x-ndjson",
                                        "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n{\"id\":5}")
                                .status())
                        .isEqualTo(200);
            }
            Duration stop = store.terminate();
            System.out.println("StartUpIT: stopped in " + stop.toMillis() + " ms");
            assertThat(stop).isLessThan(Duration.ofSeconds(10));
        }
        long begin = System.nanoTime();
        try (StoreProcess store = StoreProcess.start(data, Map.of())) {
            System.out.printf(
                    "StartUpIT: started with %d tables of %d buckets in %d ms%n",
                    TABLES, BUCKETS, (System.nanoTime() - begin) / 1_000_000);
            for (int t = 0; t < TABLES; t++) {
                assertThat(store.get("/v1/databases/d/tables/t" + t + "/log")
                                .json()
                                .path("rows"))
                        .hasSize(5);
            }
        }
    }

    private static String rows(int table) {
        return "/v1/databases/d/tables/t" + table + "/rows";
    }
}
