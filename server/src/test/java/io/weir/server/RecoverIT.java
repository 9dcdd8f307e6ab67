package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weir.persistence.objects.RemoteNames;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 and nothing left but the object store: {@code weir recover} finds what was uploaded, of both kinds of tables. */
class RecoverIT {
    private static final String TABLES = "/v1/databases/d/tables";
    private static final String LOG = TABLES + "/events";
    private static final String KEYED = TABLES + "/stock";
    private static final int REQUESTS = 40;
    private static final int ROWS = 200;

    @TempDir
    Path directory;

    @Test
    void storeIsRecoveredFromItsObjectStoreAlone() throws Exception {
        TieredStore remote = new TieredStore(directory);
        List<String> logged;
        List<String> keyed;
        long uploaded = 0;
        try (StoreProcess store = remote.start()) {
            fill(store);
            awaitCopies(remote, store);
            for (JsonNode bucket : buckets(store, LOG)) {
                uploaded += bucket.path("remote_offset").asLong();
            }
            logged = rows(store, LOG + "/log?metadata=true&limit=100000");
            keyed = rows(store, KEYED + "/scan");
            store.kill();
        }
        remote.loseDiskAndJournal();
        long begin = System.nanoTime();
        System.out.println(recover(remote));
        try (StoreProcess store = remote.start()) {
            List<String> found = rows(store, LOG + "/log?metadata=true&limit=100000");
            assertThat(logged).containsAll(found);
            assertThat(found).hasSize((int) uploaded).doesNotHaveDuplicates();
            assertThat(rows(store, KEYED + "/scan")).containsExactlyInAnyOrderElementsOf(keyed);
            System.out.printf(
                    "RecoverIT: recovered and read after %.1f s: %,d of %,d rows of a log, all %,d rows of a primary-key table%n",
                    (System.nanoTime() - begin) / 1e9, found.size(), logged.size(), keyed.size());
            append(store, LOG, "{\"id\":-1,\"n\":1}");
            append(store, KEYED, "{\"id\":-1,\"n\":1}");
            assertThat(store.get(KEYED + "/rows/-1").status()).isEqualTo(200);
            remote.reap(store);
        }
    }

    private static void fill(StoreProcess store) throws IOException {
        String columns =
                "\"columns\":[{\"name\":\"id\",\"type\":\"BIGINT\",\"nullable\":false},{\"name\":\"n\",\"type\":\"BIGINT\"}],"
                        + "\"properties\":{\"log.segment-size\":\"64kb\",\"log.local-segments\":\"1\",\"kv.snapshot-interval\":\"1s\"}}";
        created(store, "/v1/databases", "{\"name\":\"d\"}");
        created(
                store,
                TABLES,
                "{\"name\":\"events\",\"buckets\":2," + columns.replace(",\"kv.snapshot-interval\":\"1s\"", ""));
        created(store, TABLES, "{\"name\":\"stock\",\"buckets\":2,\"primary_key\":[\"id\"]," + columns);
        for (int request = 0; request < REQUESTS; request++) {
            StringBuilder rows = new StringBuilder();
            for (int row = 0; row < ROWS; row++) {
                rows.append("{\"id\":" + (request * 37 + row) + ",\"n\":" + request * 1_000_003L * row + "}\n");
            }
            append(store, LOG, rows.toString());
            append(store, KEYED, rows.toString());
        }
    }

    private static void created(StoreProcess store, String path, String body) throws IOException {
        StoreProcess.Answer answer = store.post(path, "application/json", body);
        assertThat(answer.status()).as(answer.body()).isEqualTo(201);
    }

    private static void append(StoreProcess store, String table, String rows) throws IOException {
        StoreProcess.Answer answer = store.post(table + "/rows", "application/x-ndjson", rows);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    }

    /** Until all is uploaded that will be, and the copies of the manifests in the object store say so. */
    private static void awaitCopies(TieredStore remote, StoreProcess store) {
        TieredStore.awaitUploads(store, LOG);
        Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            for (JsonNode bucket : buckets(store, LOG)) {
                assertThat(bucket.path("remote_offset").asLong()).isPositive();
                JsonNode copy = newestCopy(remote, "1-" + bucket.path("bucket").asInt());
                assertThat(copy.path("remote_end")).isEqualTo(bucket.path("remote_offset"));
            }
            for (JsonNode bucket : buckets(store, KEYED)) {
                assertThat(bucket.path("kv_snapshot_offset")).isEqualTo(bucket.path("high_watermark"));
                JsonNode copy = newestCopy(remote, "2-" + bucket.path("bucket").asInt());
                assertThat(copy.path("snapshots").findValues("offset")).contains(bucket.path("kv_snapshot_offset"));
            }
        });
    }

    private static JsonNode newestCopy(TieredStore remote, String bucket) throws IOException {
        try (Stream<Path> copies = Files.list(remote.objects().resolve(RemoteNames.manifestPrefix(bucket)))) {
            Path newest = copies.filter(file -> file.toString().endsWith(".json"))
                    .max(Comparator.naturalOrder())
                    .orElseThrow();
            return StoreProcess.JSON.readTree(Files.readString(newest));
        }
    }

    private static JsonNode buckets(StoreProcess store, String table) throws IOException {
        return store.get(table + "/buckets").json().path("buckets");
    }

    /** The rows as they are answered, which has to be all of them. */
    private static List<String> rows(StoreProcess store, String path) throws IOException {
        StoreProcess.Answer answer = store.get(path);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        List<String> rows = new ArrayList<>();
        answer.json().path("rows").forEach(row -> rows.add(row.toString()));
        return rows;
    }

    private static String recover(TieredStore remote) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("./weir", "recover")
                .directory(Path.of("..").toFile())
                .redirectErrorStream(true);
        builder.environment().put("WEIR_DATA_DIR", remote.data().toString());
        builder.environment().put("WEIR_OBJECT_STORE", remote.objects().toUri().toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }
}
