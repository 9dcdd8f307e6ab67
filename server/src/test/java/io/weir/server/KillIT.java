package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 at random moments while several writers load: nothing acknowledged is lost, nothing is there twice. */
class KillIT {
    private static final int KILLS = 20;
    private static final int WRITERS = 4;
    private static final String TABLE = "/v1/databases/d/tables/t";

    @TempDir
    Path data;

    @Test
    void acknowledgedRowsSurviveTwentyKills() throws Exception {
        long seed = Long.getLong("weir.sim.seed", System.nanoTime());
        System.out.println("KillIT seed=" + seed + " (replay the kill times with -Dweir.sim.seed=" + seed + ")");
        SplittableRandom random = new SplittableRandom(seed);
        AtomicReference<StoreProcess> store = new AtomicReference<>(StoreProcess.start(data, Map.of()));
        createTable(store.get());
        ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
        List<Writer> writers = new ArrayList<>();
        List<Future<?>> running = new ArrayList<>();
        for (int w = 0; w < WRITERS; w++) {
            Writer writer = new Writer("writer-" + w, w, random.split(), store);
            writers.add(writer);
            running.add(threads.submit(writer));
        }
        for (int kill = 1; kill <= KILLS; kill++) {
            awaitProgress(writers);
            TimeUnit.MILLISECONDS.sleep(random.nextInt(400));
            store.get().kill();
            store.set(StoreProcess.start(data, Map.of()));
        }
        awaitProgress(writers);
        writers.forEach(Writer::stop);
        for (Future<?> future : running) {
            future.get(60, TimeUnit.SECONDS);
        }
        threads.shutdown();
        check(store.get(), writers);
        assertThat(store.get().terminate()).isLessThan(Duration.ofSeconds(10));
    }

    private static void createTable(StoreProcess store) throws IOException {
        assertThat(store.post("/v1/databases", "application/json", "{\"name\":\"d\"}")
                        .status())
                .isEqualTo(201);
        String definition =
                "{\"name\":\"t\",\"buckets\":2,\"columns\":[{\"name\":\"id\",\"type\":\"BIGINT\",\"nullable\":false},"
                        + "{\"name\":\"writer\",\"type\":\"STRING\"},{\"name\":\"text\",\"type\":\"STRING\"}]}";
        assertThat(store.post("/v1/databases/d/tables", "application/json", definition)
                        .status())
                .isEqualTo(201);
    }

    /** Every writer gets something acknowledged by the store that now runs. */
    private static void awaitProgress(List<Writer> writers) {
        List<Integer> before =
                writers.stream().map(Writer::acknowledgedRequests).toList();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
            for (int w = 0; w < writers.size(); w++) {
                writers.get(w).rethrow();
                if (writers.get(w).acknowledgedRequests() <= before.get(w)) {
                    return false;
                }
            }
            return true;
        });
    }

    private static void check(StoreProcess store, List<Writer> writers) throws IOException {
        Map<Long, Long> seen = new HashMap<>();
        Map<Integer, Long> nextOffset = new HashMap<>();
        String cursor = "earliest";
        while (true) {
            JsonNode page = store.get(TABLE + "/log?metadata=true&limit=20000&from=" + cursor)
                    .json();
            for (JsonNode row : page.path("rows")) {
                int bucket = row.path("_bucket").asInt();
                assertThat(row.path("_offset").asLong())
                        .as("offsets of bucket %d have no holes", bucket)
                        .isEqualTo(nextOffset.getOrDefault(bucket, 0L));
                nextOffset.merge(bucket, 1L, Long::sum);
                seen.merge(row.path("id").asLong(), 1L, Long::sum);
            }
            if (page.path("rows").isEmpty()) {
                break;
            }
            cursor = page.path("next").asText();
        }
        Set<Long> expected = new HashSet<>();
        writers.forEach(writer -> expected.addAll(writer.acknowledged));
        System.out.printf("KillIT: %,d rows acknowledged over %d kills%n", expected.size(), KILLS);
        assertThat(seen.keySet()).as("rows in the log are those acknowledged").isEqualTo(expected);
        assertThat(seen.values()).as("no row twice").containsOnly(1L);
    }

    /** Sends request after request under its writer id; one whose answer was lost is sent again, with the same sequence and rows. */
    private static final class Writer implements Runnable {
        private final String id;
        private final long idBase;
        private final SplittableRandom random;
        private final AtomicReference<StoreProcess> store;
        private final Set<Long> acknowledged = new HashSet<>();
        private volatile int acknowledgedRequests;
        private volatile boolean stopped;
        private volatile Throwable failure;

        Writer(String id, int number, SplittableRandom random, AtomicReference<StoreProcess> store) {
            this.id = id;
            this.idBase = number * 1_000_000_000L;
            this.random = random;
            this.store = store;
        }

        int acknowledgedRequests() {
            return acknowledgedRequests;
        }

        void stop() {
            stopped = true;
        }

        void rethrow() {
            if (failure != null) {
                throw new AssertionError(failure);
            }
        }

        @Override
        public void run() {
            try {
                long nextId = idBase;
                for (long sequence = 1; !stopped; sequence++) {
                    List<Long> ids = new ArrayList<>();
                    StringBuilder body = new StringBuilder();
                    for (int rows = 1 + random.nextInt(50); rows > 0; rows--) {
                        ids.add(nextId);
                        body.append("{\"id\":" + nextId++ + ",\"writer\":\"" + id + "\",\"text\":\""
                                + "x".repeat(random.nextInt(100)) + "\"}\n");
                    }
                    PatientClient.send(store, "POST", TABLE + "/rows", body.toString(), id, sequence);
                    acknowledged.addAll(ids);
                    acknowledgedRequests++;
                }
            } catch (Throwable e) {
                failure = e;
            }
        }
    }
}
