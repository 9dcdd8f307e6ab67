package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Writers of a wide log table and of a primary-key table, each write of which has to succeed at once. */
final class StoreLoad implements AutoCloseable {
    static final String LOG = "/v1/databases/d/tables/wide";
    static final String KEYED = "/v1/databases/d/tables/keyed";

    /** Of the log table, the id among them, all alike in size. */
    static final int COLUMNS = 10;

    /** Of one request: a column of a batch takes many of the units in which the object store is read. */
    private static final int WIDE_ROWS = 4_000;

    private static final int KEYED_ROWS = 20;
    private static final int KEYS_EACH = 1_000;
    private static final int WRITERS_EACH = 2;
    private static final long WRITER_IDS = 1_000_000_000L;

    private final ExecutorService threads = Executors.newFixedThreadPool(2 * WRITERS_EACH);
    private final List<Future<?>> running = new ArrayList<>();
    private final AtomicLong longestNanos = new AtomicLong();
    private final long[] wideRows = new long[WRITERS_EACH];
    private final List<Map<Long, Long>> keyedRows = new ArrayList<>();
    private volatile boolean stopped;

    void createTables(StoreProcess store) throws IOException {
        StringBuilder columns = new StringBuilder("{\"name\":\"id\",\"type\":\"BIGINT\",\"nullable\":false}");
        for (int c = 1; c < COLUMNS; c++) {
            columns.append(",{\"name\":\"c" + c + "\",\"type\":\"BIGINT\"}");
        }
        created(store, "/v1/databases", "{\"name\":\"d\"}");
        created(
                store,
                "/v1/databases/d/tables",
                "{\"name\":\"wide\",\"buckets\":2,\"columns\":[" + columns
                        + "],\"properties\":{\"log.segment-size\":\"1mb\",\"log.local-segments\":\"1\"}}");
        created(
                store,
                "/v1/databases/d/tables",
                "{\"name\":\"keyed\",\"buckets\":2,\"primary_key\":[\"id\"],\"columns\":["
                        + "{\"name\":\"id\",\"type\":\"BIGINT\",\"nullable\":false},{\"name\":\"n\",\"type\":\"BIGINT\"}],"
                        + "\"properties\":{\"log.segment-size\":\"64kb\",\"log.local-segments\":\"1\",\"kv.snapshot-interval\":\"1s\"}}");
    }

    private static void created(StoreProcess store, String path, String body) throws IOException {
        StoreProcess.Answer answer = store.post(path, "application/json", body);
        assertThat(answer.status()).as(answer.body()).isEqualTo(201);
    }

    void start(StoreProcess store) {
        for (int w = 0; w < WRITERS_EACH; w++) {
            int writer = w;
            Map<Long, Long> rows = new HashMap<>();
            keyedRows.add(rows);
            running.add(threads.submit(() -> {
                SplittableRandom random = new SplittableRandom(writer);
                while (!stopped) {
                    appendWide(store, writer, random);
                    TimeUnit.MILLISECONDS.sleep(200);
                }
                return null;
            }));
            running.add(threads.submit(() -> {
                SplittableRandom random = new SplittableRandom(writer);
                while (!stopped) {
                    upsert(store, writer, rows, random);
                    TimeUnit.MILLISECONDS.sleep(20);
                }
                return null;
            }));
        }
    }

    /** Returns when the writers have ended; throws what one of them ended with. */
    void stop() throws Exception {
        stopped = true;
        for (Future<?> writer : running) {
            writer.get(60, TimeUnit.SECONDS);
        }
    }

    /** The longest write since this was asked the last time. */
    Duration longestWrite() {
        return Duration.ofNanos(longestNanos.getAndSet(0));
    }

    private void appendWide(StoreProcess store, int writer, SplittableRandom random) throws IOException {
        long first = wideRows[writer];
        StringBuilder body = new StringBuilder();
        for (long row = first; row < first + WIDE_ROWS; row++) {
            body.append("{\"id\":").append(writer * WRITER_IDS + row);
            for (int c = 1; c < COLUMNS; c++) {
                body.append(",\"c").append(c).append("\":").append(random.nextLong());
            }
            body.append("}\n");
        }
        write(store, LOG, body.toString());
        wideRows[writer] = first + WIDE_ROWS;
    }

    private void upsert(StoreProcess store, int writer, Map<Long, Long> rows, SplittableRandom random)
            throws IOException {
        StringBuilder body = new StringBuilder();
        for (int row = 0; row < KEYED_ROWS; row++) {
            // The first key is there from the beginning, for those who look it up.
            long key = writer * WRITER_IDS + (rows.isEmpty() ? 0 : random.nextInt(KEYS_EACH));
            long n = random.nextInt();
            rows.put(key, n);
            body.append("{\"id\":" + key + ",\"n\":" + n + "}\n");
        }
        write(store, KEYED, body.toString());
    }

    private void write(StoreProcess store, String table, String body) throws IOException {
        long begin = System.nanoTime();
        StoreProcess.Answer answer = store.post(table + "/rows", "application/x-ndjson", body);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        longestNanos.accumulateAndGet(System.nanoTime() - begin, Math::max);
    }

    /** Every row that was acknowledged is there once, and none besides. */
    void check(StoreProcess store) throws IOException {
        List<BitSet> seen = new ArrayList<>();
        for (int w = 0; w < WRITERS_EACH; w++) {
            seen.add(new BitSet());
        }
        long rows = read(store, "id", row -> {
            long id = row.path("id").asLong();
            BitSet ids = seen.get((int) (id / WRITER_IDS));
            assertThat(ids.get((int) (id % WRITER_IDS))).as("row %d twice", id).isFalse();
            ids.set((int) (id % WRITER_IDS));
        });
        for (int w = 0; w < WRITERS_EACH; w++) {
            assertThat(seen.get(w).nextClearBit(0)).isEqualTo((int) wideRows[w]);
        }
        assertThat(rows).isEqualTo(wideRows[0] + wideRows[1]);
        Map<Long, Long> expected = new HashMap<>();
        keyedRows.forEach(expected::putAll);
        Map<Long, Long> found = new HashMap<>();
        StoreProcess.Answer scan = store.get(KEYED + "/scan");
        assertThat(scan.status()).as(scan.body()).isEqualTo(200);
        scan.json()
                .path("rows")
                .forEach(row -> found.put(row.path("id").asLong(), row.path("n").asLong()));
        assertThat(found).isEqualTo(expected);
    }

    /** One column of the log from offset 0 on. @return how many rows there are */
    long read(StoreProcess store, String column, Consumer<JsonNode> rows) throws IOException {
        long count = 0;
        String cursor = "earliest";
        while (true) {
            StoreProcess.Answer answer = store.get(LOG + "/log?columns=" + column + "&limit=20000&from=" + cursor);
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            JsonNode page = answer.json();
            page.path("rows").forEach(rows);
            count += page.path("rows").size();
            if (page.path("rows").isEmpty()) {
                return count;
            }
            cursor = page.path("next").asText();
        }
    }

    @Override
    public void close() {
        stopped = true;
        threads.shutdown();
    }
}
