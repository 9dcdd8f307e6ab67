package io.weir.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.catalog.TableInfo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Reads lake and store while rounds, retention and writers go on between any two calls of the reader. The model is what the buckets'
 * logs say up to the offsets that the answer's own cursor names, and of dropped partitions what the lake had.
 */
class UnionReadPropertyTest {
    private static final int SEEDS = 30;
    private static final String TABLES = "/v1/databases/mix/tables";
    private static final List<String> WHERES = List.of("", "n>=3", "n<2 or id=4", "s='s1'", "ds='d1'");
    private static final List<String> COLUMNS = List.of("ds,id,n,s", "n", "s,id", "id,n");
    private static ServedStore store;

    @BeforeAll
    static void start() {
        store = new ServedStore(Map.of("weir.http.fetch-size", 600, "weir.http.max-union-changes", 4000));
        store.send("POST", "/v1/databases", "{\"name\":\"mix\"}");
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    @Test
    void theAnswerIsTheTableAtItsOwnCursor() {
        Long given = Long.getLong("weir.sim.seed");
        long begin = given == null ? 1 : given;
        long end = given == null ? SEEDS : given;
        int failed = 0;
        int read = 0;
        for (long seed = begin; seed <= end; seed++) {
            Run run = new Run(seed);
            try {
                run.run();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ", again with -Dweir.sim.seed=" + seed, e);
            } finally {
                store.cluster.heal();
                store.cluster.lake = null;
                store.delete(TABLES + "/t" + seed);
            }
            failed += run.failed;
            read += run.read;
        }
        System.out.printf("%d reads, %d that had to be sent again%n", read, failed);
        assertThat(failed).isLessThan(read / 5);
    }

    /** One table's life. */
    private static final class Run {
        private final Random random;
        private final String path;
        private final boolean keyed;
        private final boolean partitioned;
        private final TableInfo table;
        private final FakeLake lake = new FakeLake(store.cluster);
        private final ReentrantLock meddling = new ReentrantLock();

        /** What the lake has for good of partitions that were dropped, as JSON rows. */
        private final List<JsonNode> dropped = new ArrayList<>();

        private int failed;
        private int read;

        Run(long seed) {
            random = new Random(seed);
            keyed = random.nextBoolean();
            partitioned = random.nextBoolean();
            path = TABLES + "/t" + seed;
            HttpResponse<String> made = store.send("POST", TABLES, """
                    {"name":"t%d","columns":[{"name":"ds","type":"STRING","nullable":false},
                    {"name":"id","type":"BIGINT","nullable":false},{"name":"n","type":"INT"},{"name":"s","type":"STRING"}],
                    "buckets":%d,"bucket_key":["id"]%s%s,"properties":{"datalake.enabled":"true"%s}}""".formatted(
                            seed,
                            1 + random.nextInt(3),
                            keyed ? ",\"primary_key\":[\"ds\",\"id\"]" : "",
                            partitioned ? ",\"partition_by\":[\"ds\"]" : "",
                            keyed && random.nextBoolean() ? ",\"changelog.image\":\"after\"" : ""));
            assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
            table = ((Catalog.Table) ask(replyTo -> new Catalog.GetTable("mix", "t" + seed, replyTo))).info();
            store.cluster.lake = lake;
        }

        void run() {
            for (int step = 0; step < 6; step++) {
                meddle(8, 1);
                if (partitioned && step == 3) {
                    dropPartition();
                }
                lake.between = () -> meddle(2, 4);
                store.cluster.beforeAsk = () -> meddle(1, 6);
                readAndCheck();
                lake.between = () -> {};
                store.cluster.beforeAsk = () -> {};
            }
        }

        /** One thread at a time meddles; what it does does not call for more. */
        private void meddle(int most, int oneIn) {
            if (meddling.isHeldByCurrentThread() || !meddling.tryLock()) {
                return;
            }
            try {
                for (int i = 0; i < most; i++) {
                    if (random.nextInt(oneIn) == 0) {
                        change();
                    }
                }
            } finally {
                meddling.unlock();
            }
        }

        private void change() {
            switch (random.nextInt(6)) {
                case 0, 1, 2 -> write();
                case 3 -> {
                    if (keyed) {
                        store.send("POST", path + "/rows:delete", "[{\"ds\":\"%s\",\"id\":%d}]".formatted(ds(), id()));
                    }
                }
                case 4 -> tier();
                default -> trim();
            }
        }

        private String ds() {
            return "d" + random.nextInt(3);
        }

        private int id() {
            return random.nextInt(12);
        }

        private void write() {
            List<String> rows = new ArrayList<>();
            for (int i = random.nextInt(6); i >= 0; i--) {
                rows.add("{\"ds\":\"%s\",\"id\":%d,\"n\":%d,\"s\":%s}"
                        .formatted(
                                ds(),
                                id(),
                                random.nextInt(6),
                                random.nextBoolean() ? "\"s" + random.nextInt(3) + "\"" : "null"));
            }
            HttpResponse<String> answer = store.send("POST", path + "/rows", "[" + String.join(",", rows) + "]");
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        }

        private void tier() {
            for (Map.Entry<BucketId, List<String>> bucket : buckets().entrySet()) {
                if (random.nextInt(3) > 0) {
                    long from = lake.offset(bucket.getKey());
                    long to = describe(bucket.getKey()).highWatermark();
                    if (to > from) {
                        // Of an upsert's two rows, a round takes both or none; here the second may come with the next
                        // one.
                        lake.tier(
                                table,
                                bucket.getKey(),
                                bucket.getValue(),
                                from + 1 + random.nextInt((int) (to - from)));
                    }
                }
            }
        }

        /** Retention goes no further than the lake. The fakes of all partitions share where a bucket's log begins, so only without them. */
        private void trim() {
            for (int b = 0; b < table.buckets() && !partitioned; b++) {
                store.cluster.faults(b).logStart = lake.offset(new BucketId(table.tableId(), b));
            }
        }

        private Map<BucketId, List<String>> buckets() {
            Map<BucketId, List<String>> buckets = new TreeMap<>();
            for (PartitionInfo partition : partitions()) {
                for (int b = 0; b < table.buckets(); b++) {
                    buckets.put(new BucketId(table.tableId(), partition.partitionId(), b), partition.values());
                }
            }
            if (!partitioned) {
                for (int b = 0; b < table.buckets(); b++) {
                    buckets.put(new BucketId(table.tableId(), b), List.of());
                }
            }
            return buckets;
        }

        private List<PartitionInfo> partitions() {
            return partitioned
                    ? ((Catalog.Partitions) ask(replyTo -> new Catalog.ListPartitions("mix", table.name(), replyTo)))
                            .partitions()
                    : List.of();
        }

        /** One that is wholly in the lake, and never comes back. */
        private void dropPartition() {
            HttpResponse<String> last =
                    store.send("POST", path + "/rows", "[{\"ds\":\"gone\",\"id\":1,\"n\":3,\"s\":\"s1\"}]");
            assertThat(last.statusCode()).as(last.body()).isEqualTo(200);
            buckets().forEach((id, values) -> {
                if (values.equals(List.of("gone"))) {
                    lake.tier(table, id, values, describe(id).highWatermark());
                    dropped.addAll(rows(id, describe(id).highWatermark()));
                }
            });
            assertThat(store.delete(path + "/partitions/gone").statusCode()).isEqualTo(204);
        }

        private void readAndCheck() {
            String where = WHERES.get(random.nextInt(WHERES.size()));
            String columns = COLUMNS.get(random.nextInt(COLUMNS.size()));
            long limit = random.nextInt(4) == 0 ? 1 + random.nextInt(20) : Long.MAX_VALUE;
            HttpResponse<InputStream> answer = store.client
                    .sendAsync(
                            store.request(path + "/scan?columns=" + columns
                                            + (where.isEmpty() ? "" : "&where=" + encoded(where))
                                            + (limit == Long.MAX_VALUE ? "" : "&limit=" + limit))
                                    .header("Accept", "application/x-ndjson")
                                    .build(),
                            HttpResponse.BodyHandlers.ofInputStream())
                    .join();
            read++;
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            try (InputStream in = answer.body()) {
                in.transferTo(body);
            } catch (IOException brokenOff) {
                assertThat(body.toString(StandardCharsets.UTF_8))
                        .contains("\"retryable\":true")
                        .contains("scan-expired");
                failed++;
                return;
            }
            List<String> lines = body.toString(StandardCharsets.UTF_8).lines().toList();
            if (answer.statusCode() == 503) {
                assertThat(lines.toString()).contains("lake-unavailable");
                failed++;
                return;
            }
            assertThat(answer.statusCode()).as(lines.toString()).isEqualTo(200);
            meddling.lock(); // what the reader had begun and does not need any more goes on for a while
            try {
                check(answer, lines, columns, where, limit);
            } finally {
                meddling.unlock();
            }
        }

        private void check(
                HttpResponse<InputStream> answer, List<String> lines, String columns, String where, long limit) {
            Cursor cursor =
                    Cursor.parse(answer.headers().firstValue("Weir-Next").orElseThrow(), table.tableId(), table.name());
            List<String> expected = expected(cursor, columns, where);
            List<String> found = lines.stream().sorted().toList();
            if (limit < expected.size()) {
                assertThat(found).hasSize((int) limit);
                assertThat(contains(expected, found))
                        .as("%s in %s", found, expected)
                        .isTrue();
            } else {
                assertThat(found).isEqualTo(expected);
            }
        }

        private static boolean contains(List<String> all, List<String> some) {
            List<String> left = new ArrayList<>(all);
            return some.stream().allMatch(left::remove);
        }

        private List<String> expected(Cursor cursor, String columns, String where) {
            int[] logStarts = new int[table.buckets()];
            for (int b = 0; b < logStarts.length; b++) {
                logStarts[b] = (int) store.cluster.faults(b).logStart;
                store.cluster.faults(b).logStart = 0;
            }
            List<JsonNode> rows = new ArrayList<>(dropped);
            cursor.offsets().forEach((id, offset) -> rows.addAll(rows(id, offset)));
            for (int b = 0; b < logStarts.length; b++) {
                store.cluster.faults(b).logStart = logStarts[b];
            }
            return rows.stream()
                    .filter(row -> passes(row, where))
                    .map(row -> projected(row, columns))
                    .sorted()
                    .collect(Collectors.toList());
        }

        /** By the log alone: the last change of each key, or all rows. */
        private List<JsonNode> rows(BucketId id, long end) {
            if (end == 0) {
                return List.of();
            }
            String partition = partitions().stream()
                    .filter(p -> p.partitionId() == id.partitionId())
                    .map(p -> "&partition=" + p.name())
                    .findFirst()
                    .orElse("");
            HttpResponse<String> log = store.get(path + "/log?metadata=true&bucket=" + id.bucket() + partition);
            assertThat(log.statusCode()).as(log.body()).isEqualTo(200);
            Map<String, JsonNode> rows = new HashMap<>();
            for (JsonNode row : ServedStore.json(log).get("rows")) {
                long offset = row.get("_offset").asLong();
                String change = row.get("_change_type").asText();
                if (offset >= end) {
                    break;
                }
                String key =
                        keyed ? row.get("ds").asText() + "/" + row.get("id").asText() : Long.toString(offset);
                if (change.equals("delete")) {
                    rows.remove(key);
                } else if (!change.equals("update_before")) {
                    rows.put(key, row);
                }
            }
            return List.copyOf(rows.values());
        }

        private static boolean passes(JsonNode row, String where) {
            int n = row.get("n").asInt();
            return switch (where) {
                case "n>=3" -> n >= 3;
                case "n<2 or id=4" -> n < 2 || row.get("id").asInt() == 4;
                case "ds='d1'" -> row.get("ds").asText().equals("d1");
                case "s='s1'" -> row.get("s").asText().equals("s1");
                default -> true;
            };
        }

        private static String projected(JsonNode row, String columns) {
            var json = ServedStore.JSON.createObjectNode();
            for (String column : columns.split(",")) {
                json.set(column, row.get(column));
            }
            return json.toString();
        }

        private Bucket.Description describe(BucketId id) {
            return new BucketClient(store.cluster, Duration.ofSeconds(5))
                    .describe(id)
                    .toCompletableFuture()
                    .join();
        }

        private static Catalog.Reply ask(
                java.util.function.Function<org.apache.pekko.actor.typed.ActorRef<Catalog.Reply>, Catalog.Command>
                        question) {
            return store.cluster.askCatalog(question).toCompletableFuture().join();
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
