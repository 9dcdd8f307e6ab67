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
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 at random moments while several writers load, segments are uploaded and rounds go to the lake: nothing acknowledged is lost,
 * nothing is there twice, neither in the log nor in the lake, no file or object is left that nothing names; then the disk is lost, and all that
 * was uploaded is there.
 */
class KillIT {
    private static final int KILLS = 20;
    private static final int WRITERS = 4;
    private static final String TABLE = "/v1/databases/d/tables/t";

    @TempDir
    Path directory;

    @Test
    void acknowledgedRowsSurviveTwentyKills() throws Exception {
        long seed = Long.getLong("weir.sim.seed", System.nanoTime());
        System.out.println("KillIT seed=" + seed + " (replay the kill times with -Dweir.sim.seed=" + seed + ")");
        SplittableRandom random = new SplittableRandom(seed);
        TieredStore remote = new TieredStore(directory);
        KilledStore store = new KilledStore(remote::start);
        createTable(store.running().get());
        List<Writer> writers = new ArrayList<>();
        for (int w = 0; w < WRITERS; w++) {
            writers.add(new Writer("writer-" + w, w, random.split(), store.running()));
        }
        List<KilledStore.Writer> load = new ArrayList<>(writers);
        load.add(new TieredTables.Triggers(store.running(), TABLE, 800, random.split()));
        store.load(load, KILLS, 1, random);
        Log rows = check(store.running().get(), writers);
        checkLake(remote, store.running().get(), rows);
        remote.reap(store.running().get());
        assertThat(check(store.running().get(), writers)).isEqualTo(rows);
        losesItsDisk(remote, store.running().get(), rows);
    }

    private static void checkLake(TieredStore remote, StoreProcess store, Log rows) throws IOException {
        TieredTables.awaitAllInLake(store, TABLE);
        assertThat(TieredTables.lakeRows(store, TABLE).keySet())
                .as("rows in the lake are those of the log, once each")
                .isEqualTo(rows.ids());
        TieredTables.Rounds rounds = TieredTables.rounds(store, "t");
        System.out.printf("KillIT: %d rounds came through of %d begun%n", rounds.through(), rounds.epochs());
        assertThat(rounds.epochs()).as("kills met rounds").isGreaterThan(rounds.through());
        TieredTables.awaitNoOrphans(remote.data(), "d", "t");
    }

    private static void losesItsDisk(TieredStore remote, StoreProcess store, Log rows) throws Exception {
        TieredStore.awaitUploads(store, TABLE);
        List<Long> uploaded = TieredStore.remoteOffsets(store, TABLE);
        assertThat(uploaded).as("each bucket has sealed segments").doesNotContain(0L);
        assertThat(store.terminate()).isLessThan(Duration.ofSeconds(10));
        remote.loseDisk();
        try (StoreProcess again = remote.start()) {
            Log found = read(again);
            assertThat(rows.ids()).containsAll(found.ids());
            for (int bucket = 0; bucket < uploaded.size(); bucket++) {
                // Until the store ended, more could be uploaded.
                assertThat(found.ends().get(bucket))
                        .isBetween(uploaded.get(bucket), rows.ends().get(bucket));
            }
            System.out.printf(
                    "KillIT: %,d of %,d rows were on the object store%n",
                    found.ids().size(), rows.ids().size());
        }
    }

    private static void createTable(StoreProcess store) throws IOException {
        assertThat(store.post("/v1/databases", "application/json", "{\"name\":\"d\"}")
                        .status())
                .isEqualTo(201);
        String definition =
                "{\"name\":\"t\",\"buckets\":2,\"columns\":[{\"name\":\"id\",\"type\":\"BIGINT\",\"nullable\":false},"
                        + "{\"name\":\"writer\",\"type\":\"STRING\"},{\"name\":\"text\",\"type\":\"STRING\"}],"
                        + "\"properties\":{\"log.segment-size\":\"64kb\",\"log.local-segments\":\"1\","
                        + TieredTables.PROPERTIES + "}}";
        assertThat(store.post("/v1/databases/d/tables", "application/json", definition)
                        .status())
                .isEqualTo(201);
    }

    private static Log check(StoreProcess store, List<Writer> writers) throws IOException {
        Set<Long> expected = new HashSet<>();
        writers.forEach(writer -> expected.addAll(writer.acknowledged));
        System.out.printf("KillIT: %,d rows acknowledged over %d kills%n", expected.size(), KILLS);
        Log log = read(store);
        assertThat(log.ids()).as("rows in the log are those acknowledged").isEqualTo(expected);
        return log;
    }

    /** @param ends of each bucket, past its last offset */
    private record Log(Set<Long> ids, Map<Integer, Long> ends) {}

    /** All rows, none twice; the offsets of each bucket begin at 0 and have no holes. */
    private static Log read(StoreProcess store) throws IOException {
        Log log = new Log(new HashSet<>(), new HashMap<>());
        String cursor = "earliest";
        while (true) {
            StoreProcess.Answer page = store.get(TABLE + "/log?metadata=true&limit=20000&from=" + cursor);
            assertThat(page.status()).as(page.body()).isEqualTo(200);
            for (JsonNode row : page.json().path("rows")) {
                int bucket = row.path("_bucket").asInt();
                assertThat(row.path("_offset").asLong())
                        .as("offsets of bucket %d have no holes", bucket)
                        .isEqualTo(log.ends().getOrDefault(bucket, 0L));
                log.ends().merge(bucket, 1L, Long::sum);
                assertThat(log.ids().add(row.path("id").asLong()))
                        .as("no row twice: %s", row)
                        .isTrue();
            }
            if (page.json().path("rows").isEmpty()) {
                return log;
            }
            cursor = page.json().path("next").asText();
        }
    }

    /** Sends request after request under its writer id; one whose answer was lost is sent again, with the same sequence and rows. */
    private static final class Writer extends KilledStore.Writer {
        private final String id;
        private final SplittableRandom random;
        private final AtomicReference<StoreProcess> store;
        private final Set<Long> acknowledged = new HashSet<>();
        private long nextId;

        Writer(String id, int number, SplittableRandom random, AtomicReference<StoreProcess> store) {
            this.id = id;
            this.nextId = number * 1_000_000_000L;
            this.random = random;
            this.store = store;
        }

        @Override
        void request(long sequence) throws InterruptedException {
            List<Long> ids = new ArrayList<>();
            StringBuilder body = new StringBuilder();
            for (int rows = 1 + random.nextInt(50); rows > 0; rows--) {
                ids.add(nextId);
                body.append("{\"id\":" + nextId++ + ",\"writer\":\"" + id + "\",\"text\":\""
                        + "x".repeat(random.nextInt(100)) + "\"}\n");
            }
            PatientClient.send(store, "POST", TABLE + "/rows", body.toString(), id, sequence);
            acknowledged.addAll(ids);
        }
    }
}
