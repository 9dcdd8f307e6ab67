package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weir.persistence.objects.S3Server;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An S3 server that goes away under load and comes back: no write fails or waits for it, what waits for upload shows, local reads go on, and
 * afterwards nothing is missing. {@code -Dweir.it.down-seconds=120} for longer than the build takes.
 */
class StoreDownIT {
    private static final Duration DOWN = Duration.ofSeconds(Integer.getInteger("weir.it.down-seconds", 10));
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private S3Server objects;
    private StoreProcess store;
    private final StoreLoad load = new StoreLoad();

    @BeforeEach
    void start() throws Exception {
        objects = new S3Server(directory.resolve("s3"));
        store = StoreProcess.start(
                directory.resolve("data"),
                Map.of(
                        "WEIR_OBJECT_STORE",
                        "s3://" + S3Server.BUCKET + "/its/down",
                        "AWS_ACCESS_KEY_ID",
                        S3Server.KEY.accessKeyId(),
                        "AWS_SECRET_ACCESS_KEY",
                        S3Server.KEY.secretAccessKey(),
                        "AWS_ENDPOINT_URL_S3",
                        "http://127.0.0.1:" + objects.port()),
                "weir.remote.read-timeout=5s",
                "weir.remote.retry-max=2s");
    }

    @AfterEach
    void stop() throws IOException {
        load.close();
        store.close();
        objects.close();
    }

    @Test
    void storeOutOfReachStopsNeitherWritesNorLocalReads() throws Exception {
        load.createTables(store);
        load.start(store);
        awaitRemoteRows();
        Duration before = load.longestWrite();
        String now = store.get(StoreLoad.LOG + "/log?from=latest")
                .json()
                .path("next")
                .asText();

        int port = objects.port();
        objects.close();
        long down = System.nanoTime();
        awaitBacklog();
        readsOfOlderRowsAreRefused();
        localReadsGoOnFor(DOWN.minusNanos(System.nanoTime() - down), now);
        // It takes connections again, and answers nothing.
        try (ServerSocket silent = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
            System.out.println("StoreDownIT: silent on port " + silent.getLocalPort());
            readsOfOlderRowsAreRefused();
            localReadsGoOnFor(Duration.ofSeconds(2), now);
        }
        double downSeconds = seconds(down);
        Duration longest = load.longestWrite();
        long backlog = metric("weir_remote_backlog_bytes");
        objects = new S3Server(directory.resolve("s3"), port);
        long back = System.nanoTime();
        load.stop();
        System.out.printf(
                "StoreDownIT: %.0f s down; longest write %d ms before, %d ms meanwhile; %,d bytes and more waited%n",
                downSeconds, before.toMillis(), longest.toMillis(), backlog);
        assertThat(longest).as("no write waits for the object store").isLessThan(Duration.ofSeconds(8));
        awaitDrained();
        System.out.printf("StoreDownIT: all was uploaded %.1f s after it was back%n", seconds(back));
        projectionMovesItsShare();
        load.check(store);
    }

    private void awaitRemoteRows() {
        Awaitility.await().atMost(PATIENCE).until(() -> {
            for (String table : List.of(StoreLoad.LOG, StoreLoad.KEYED)) {
                for (JsonNode bucket : buckets(table)) {
                    // Some older rows have to be on the object store alone.
                    if (bucket.path("remote_offset").asLong(0) == 0
                            || bucket.path("hot_offset").asLong(0) == 0) {
                        return false;
                    }
                }
            }
            return true;
        });
    }

    private void awaitBacklog() throws IOException {
        Awaitility.await().atMost(PATIENCE).untilAsserted(() -> {
            List<String> problems = new ArrayList<>();
            long segments = 0;
            for (JsonNode bucket : buckets(StoreLoad.LOG)) {
                segments += bucket.path("upload_backlog_segments").asLong();
                if (!bucket.path("upload_problem").isNull()) {
                    problems.add(bucket.path("upload_problem").asText());
                }
            }
            assertThat(segments).isPositive();
            assertThat(problems).isNotEmpty().allMatch(problem -> !problem.isBlank());
            assertThat(metric("weir_remote_backlog_segments")).isPositive();
            assertThat(metric("weir_remote_backlog_bytes")).isPositive();
            assertThat(metric("weir_remote_upload_failures_total")).isPositive();
        });
        System.out.println("StoreDownIT: upload_problem: "
                + buckets(StoreLoad.LOG).path(0).path("upload_problem").asText());
    }

    private void readsOfOlderRowsAreRefused() throws IOException {
        long begin = System.nanoTime();
        StoreProcess.Answer answer = store.get(StoreLoad.LOG + "/log?from=earliest&limit=10");
        System.out.printf("StoreDownIT: read of older rows, after %.1f s: %s%n", seconds(begin), answer.body());
        assertThat(answer.status()).as(answer.body()).isEqualTo(503);
        assertThat(answer.json().path("detail").asText()).contains("object store");
        assertThat(answer.json().path("retryable").asBoolean()).isTrue();
        assertThat(seconds(begin)).isLessThan(20);
    }

    private void localReadsGoOnFor(Duration time, String from) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        do {
            localReadsGoOn(from);
            TimeUnit.MILLISECONDS.sleep(200);
        } while (System.nanoTime() - begin < time.toNanos());
    }

    private void localReadsGoOn(String from) throws IOException {
        StoreProcess.Answer rows = store.get(StoreLoad.LOG + "/log?columns=id&limit=100&from=" + from);
        assertThat(rows.status()).as(rows.body()).isEqualTo(200);
        assertThat(rows.json().path("rows")).isNotEmpty();
        StoreProcess.Answer row = store.get(StoreLoad.KEYED + "/rows/0");
        assertThat(row.status()).as(row.body()).isEqualTo(200);
    }

    private void awaitDrained() {
        Awaitility.await().atMost(PATIENCE.plus(DOWN)).untilAsserted(() -> {
            for (String table : List.of(StoreLoad.LOG, StoreLoad.KEYED)) {
                for (JsonNode bucket : buckets(table)) {
                    assertThat(bucket.path("upload_backlog_segments").asInt(-1))
                            .as(bucket.toString())
                            .isZero();
                    assertThat(bucket.path("upload_problem").isNull())
                            .as(bucket.toString())
                            .isTrue();
                }
            }
            assertThat(metric("weir_remote_backlog_segments")).isZero();
            assertThat(metric("weir_remote_backlog_bytes")).isZero();
        });
    }

    /** One column of ten: about a tenth of the bytes. */
    private void projectionMovesItsShare() throws IOException {
        long remote = 0;
        for (JsonNode bucket : buckets(StoreLoad.LOG)) {
            remote += bucket.path("remote_bytes").asLong();
        }
        long before = metric("weir_remote_fetched_bytes_total");
        long rows = load.read(store, "c5", row -> {});
        long moved = metric("weir_remote_fetched_bytes_total") - before;
        double share = moved / (double) remote;
        System.out.printf(
                "StoreDownIT: one column of %d of %,d rows moved %,d of %,d bytes: %.1f %%%n",
                StoreLoad.COLUMNS, rows, moved, remote, 100 * share);
        assertThat(share).isBetween(0.05, 0.2);
    }

    private JsonNode buckets(String table) throws IOException {
        return store.get(table + "/buckets").json().path("buckets");
    }

    private long metric(String name) throws IOException {
        Matcher line = Pattern.compile("^" + name + "(?:\\{[^}]*})? (\\S+)$", Pattern.MULTILINE)
                .matcher(store.get("/metrics").body());
        assertThat(line.find()).as(name).isTrue();
        return (long) Double.parseDouble(line.group(1));
    }

    private static double seconds(long begin) {
        return (System.nanoTime() - begin) / 1e9;
    }
}
