package io.weir.http;

import static io.weir.http.ProblemAssert.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code GET T/scan} and {@code POST T/aggregate} over lake and store. */
class UnionReadTest {
    private static final String TABLES = "/v1/databases/shop/tables";
    private static final String IN_LAKE = "\"properties\":{\"datalake.enabled\":\"true\"}";
    private static ServedStore store;
    private FakeLake lake;

    @BeforeAll
    static void start() {
        store = new ServedStore();
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    @BeforeEach
    void create() {
        lake = new FakeLake(store.cluster);
        store.cluster.lake = lake;
        store.send("POST", "/v1/databases", "{\"name\":\"shop\"}");
    }

    @AfterEach
    void drop() {
        store.cluster.lake = null;
        store.cluster.heal();
        store.delete("/v1/databases/shop?cascade=true");
    }

    private static void create(String name, String more) {
        HttpResponse<String> created = store.send("POST", TABLES, """
                {"name":"%s","columns":[{"name":"ds","type":"STRING","nullable":false},
                {"name":"id","type":"BIGINT","nullable":false},{"name":"n","type":"INT"},{"name":"s","type":"STRING"}],%s}""".formatted(name, more));
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
    }

    private static void log(String more) {
        create("t", "\"bucket_key\":[\"id\"],\"buckets\":2," + more);
    }

    private static void keyed(String more) {
        create("t", "\"primary_key\":[\"ds\",\"id\"],\"bucket_key\":[\"id\"],\"buckets\":2," + more);
    }

    private static TableInfo table() {
        return ((Catalog.Table) store.cluster
                        .askCatalog(replyTo -> new Catalog.GetTable("shop", "t", replyTo))
                        .toCompletableFuture()
                        .join())
                .info();
    }

    /** Moves all that the table has now to the lake. */
    private void tierAll() {
        tierAll(lake);
    }

    static void tierAll(FakeLake lake) {
        TableInfo table = table();
        if (!table.isPartitioned()) {
            tier(lake, table, 0, List.of());
            return;
        }
        List<PartitionInfo> partitions = ((Catalog.Partitions) store.cluster
                        .askCatalog(replyTo -> new Catalog.ListPartitions("shop", "t", replyTo))
                        .toCompletableFuture()
                        .join())
                .partitions();
        partitions.forEach(p -> tier(lake, table, p.partitionId(), p.values()));
    }

    private static void tier(FakeLake lake, TableInfo table, long partition, List<String> values) {
        for (int b = 0; b < table.buckets(); b++) {
            BucketId id = new BucketId(table.tableId(), partition, b);
            lake.tier(table, id, values, highWatermark(id));
        }
    }

    private static long highWatermark(BucketId id) {
        return new BucketClient(store.cluster, Duration.ofSeconds(5))
                .describe(id)
                .toCompletableFuture()
                .join()
                .highWatermark();
    }

    private static String row(String ds, int id, int n) {
        return "{\"ds\":\"%s\",\"id\":%d,\"n\":%d,\"s\":\"s%d\"}".formatted(ds, id, n, n);
    }

    private static void write(String... rows) {
        HttpResponse<String> answer = store.send("POST", TABLES + "/t/rows", "[" + String.join(",", rows) + "]");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private static void write(int from, int to, int n) {
        write(IntStream.range(from, to).mapToObj(id -> row("a", id, n)).toArray(String[]::new));
    }

    private static void delete(String ds, int id) {
        HttpResponse<String> answer =
                store.send("POST", TABLES + "/t/rows:delete", "[{\"ds\":\"%s\",\"id\":%d}]".formatted(ds, id));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    /** {@code id=n} of each row, sorted. */
    private static List<String> scan(String query) {
        HttpResponse<String> answer = store.get(TABLES + "/t/scan?columns=id,n" + query);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        List<String> rows = new ArrayList<>();
        ServedStore.json(answer)
                .get("rows")
                .forEach(row ->
                        rows.add(row.get("id").asText() + "=" + row.get("n").asText()));
        rows.sort(null);
        return rows;
    }

    private static HttpResponse<String> get(String query) {
        return store.get(TABLES + "/t/scan" + query);
    }

    /** What comes of an answer that breaks off. */
    private static String broken() {
        HttpResponse<InputStream> answer = store.client
                .sendAsync(
                        store.request(TABLES + "/t/scan")
                                .header("Accept", "application/x-ndjson")
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream())
                .join();
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        try (InputStream body = answer.body()) {
            body.transferTo(read);
            throw new AssertionError("a whole answer: " + read);
        } catch (IOException brokenOff) {
            return read.toString(StandardCharsets.UTF_8);
        }
    }

    @Test
    void rowsOfALogTableComeFromTheLakeAndThenFromTheLog() {
        log(IN_LAKE);
        write(0, 6, 1);
        tierAll();
        write(6, 9, 1);
        assertThat(scan("&source=lake")).containsExactly("0=1", "1=1", "2=1", "3=1", "4=1", "5=1");
        List<String> all = scan("");
        assertThat(all).hasSize(9).isEqualTo(scan("&source=union"));
        assertThat(lake.openScans).hasValue(0);
        store.cluster.faults(0).logStart = highWatermark(new BucketId(table().tableId(), 0));
        assertThat(scan("&source=hot")).hasSizeLessThan(9);
    }

    @Test
    void theAnswersCursorIsWhereTheLogGoesOn() {
        log(IN_LAKE);
        write(0, 6, 1);
        tierAll();
        write(6, 9, 1);
        for (String source : List.of("union", "lake")) {
            String cursor =
                    get("?source=" + source).headers().firstValue("Weir-Next").orElseThrow();
            write(9, 10, 1);
            JsonNode rest = ServedStore.json(store.get(TABLES + "/t/log?from=" + cursor));
            assertThat(rest.get("rows")).hasSize(source.equals("union") ? 1 : 5);
        }
    }

    @Test
    void projectionAndPredicateGoToBothHalves() {
        log(IN_LAKE);
        write(0, 6, 1);
        tierAll();
        write(row("a", 6, 7), row("a", 7, 1));
        write(row("a", 8, 9));
        assertThat(scan("&where=n%3E1%20or%20id=0")).containsExactly("0=1", "6=7", "8=9");
        assertThat(lake.scannedColumns).containsExactly("id", "n");
        assertThat(lake.scannedWhere).isEqualTo("n>1 or id=0");
    }

    @Test
    void ofAPrimaryKeyTableTheLatestChangeOfEachKeyCounts() {
        keyed(IN_LAKE);
        write(0, 6, 1);
        tierAll();
        write(row("a", 0, 2), row("a", 7, 2));
        delete("a", 1);
        delete("a", 2);
        write(row("a", 2, 3));
        assertThat(scan(""))
                .containsExactly("0=2", "2=3", "3=1", "4=1", "5=1", "7=2")
                .isEqualTo(scan("&source=hot"));
        assertThat(lake.scans).hasValue(1);
        assertThat(lake.scannedColumns).containsExactly("id", "n", "ds");
        assertThat(scan("&source=lake")).containsExactly("0=1", "1=1", "2=1", "3=1", "4=1", "5=1");
        assertThat(scan("&where=n=1")).containsExactly("3=1", "4=1", "5=1");
        assertThat(scan("&where=s='s2'")).containsExactly("0=2", "7=2");
        tierAll();
        assertThat(scan("")).isEqualTo(scan("&source=hot"));
        assertThat(lake.scannedColumns).containsExactly("id", "n");
    }

    @Test
    void aBucketWhoseChangesAreGoneIsReadFromItsState() {
        keyed(IN_LAKE);
        write(0, 6, 1);
        tierAll();
        write(0, 3, 2);
        delete("a", 5);
        List<String> hot = scan("&source=hot");
        for (int bucket : List.of(0, 1)) {
            store.cluster.faults(bucket).logStart = highWatermark(new BucketId(table().tableId(), bucket));
            assertThat(scan("")).isEqualTo(hot);
            assertThat(scan("&where=n=1")).containsExactly("3=1", "4=1");
        }
        assertThat(store.cluster.faults(0).openScans).isZero();
    }

    @Test
    void changesThatAreTooManyForMemoryAreNotHeld() {
        try (ServedStore small = new ServedStore(Map.of("weir.http.max-union-changes", "300"))) {
            ServedStore usual = store;
            store = small;
            try {
                create();
                keyed(IN_LAKE);
                write(0, 20, 1);
                tierAll();
                write(row("a", 0, 2));
                write(row("a", 1, 2));
                assertThat(scan("")).isEqualTo(scan("&source=hot"));
                write(0, 20, 3);
                assertThat(scan("")).hasSize(20).isEqualTo(scan("&source=hot"));
            } finally {
                store = usual;
            }
        }
    }

    @Test
    void partitionsThatOnlyTheLakeHasAreIncluded() {
        keyed("\"partition_by\":[\"ds\"]," + IN_LAKE);
        write(row("old", 1, 1), row("old", 2, 1), row("new", 1, 5), row("new", 2, 6));
        tierAll();
        write(row("new", 2, 7), row("young", 1, 9));
        assertThat(store.delete(TABLES + "/t/partitions/old").statusCode()).isEqualTo(204);
        assertThat(scan("")).containsExactly("1=1", "1=5", "1=9", "2=1", "2=7");
        assertThat(scan("&source=hot")).containsExactly("1=5", "1=9", "2=7");
        assertThat(scan("&partition=old")).containsExactly("1=1", "2=1");
        assertThat(lake.scannedPartition).contains(List.of("old"));
        assertThat(scan("&partition=new")).containsExactly("1=5", "2=7");
        assertThat(scan("&partition=young")).containsExactly("1=9");
        assertThat(scan("&where=ds='old'")).containsExactly("1=1", "2=1");
        assertProblem(get("?partition=a$b"), ErrorCode.PARTITION_NOT_FOUND);
        assertProblem(get("?partition=unknown"), ErrorCode.PARTITION_NOT_FOUND);
        assertProblem(get("?source=lake&partition=unknown"), ErrorCode.PARTITION_NOT_FOUND);
        assertThat(scan("&partition=old&where=n=99")).isEmpty();
        assertProblem(get("?source=hot&partition=old"), ErrorCode.PARTITION_NOT_FOUND);
        write(row("old", 1, 2));
        assertThat(scan("")).contains("1=2").doesNotContain("1=1");
    }

    @Test
    void aggregatesReadBothHalves() {
        log(IN_LAKE);
        write(0, 6, 2);
        tierAll();
        write(6, 9, 3);
        store.cluster.faults(0).logStart = lake.offset(new BucketId(table().tableId(), 0));
        store.cluster.faults(1).logStart = lake.offset(new BucketId(table().tableId(), 1));
        HttpResponse<String> answer =
                store.send("POST", TABLES + "/t/aggregate", "{\"aggregates\":{\"n\":\"count(*)\",\"sum\":\"sum(n)\"}}");
        assertThat(ServedStore.json(answer).at("/rows/0").toString()).isEqualTo("{\"n\":9,\"sum\":21}");
    }

    @Test
    void aLimitEndsTheScan() {
        log(IN_LAKE);
        write(0, 20, 1);
        tierAll();
        write(20, 30, 1);
        assertThat(scan("&limit=5")).hasSize(5);
        Awaitility.await().until(() -> lake.openScans.get() == 0);
        assertThat(scan("&limit=25")).hasSize(25);
    }

    @Test
    void whereNothingIsInTheLakeTheStoreHasItAll() {
        log(IN_LAKE);
        write(0, 3, 1);
        assertThat(scan("")).hasSize(3);
        assertThat(scan("&source=lake")).isEmpty();
        assertProblem(get("?source=lake&partition=x"), ErrorCode.INVALID_REQUEST);
    }

    @Test
    void theLakeAloneNeedsALakeAndATableThatGoesThere() {
        log("\"properties\":{}");
        assertThat(scan("")).isEmpty();
        assertProblem(get("?source=lake"), ErrorCode.INVALID_REQUEST);
        assertThat(get("?source=lake").body()).contains("datalake.enabled");
        store.send("PATCH", TABLES + "/t", "{\"set_properties\":{\"datalake.enabled\":\"true\"}}");
        store.cluster.lake = null;
        assertThat(scan("")).isEmpty();
        assertProblem(get("?source=lake"), ErrorCode.NOT_SUPPORTED);
        assertThat(get("?source=lake").body()).contains("WEIR_LAKE_WAREHOUSE");
        assertProblem(get("?source=lakes"), ErrorCode.INVALID_REQUEST);
    }

    @Test
    void aLogThatBeginsAboveTheLakeIsPinnedAnewAndThenRefused() {
        log(IN_LAKE);
        write(0, 8, 1);
        tierAll();
        write(8, 16, 1);
        BucketId id = new BucketId(table().tableId(), 0);
        long end = highWatermark(id);
        AtomicInteger pins = new AtomicInteger();
        lake.between = () -> {
            if (pins.incrementAndGet() == 2) {
                lake.between = () -> {};
                lake.tier(table(), id, List.of(), end);
                store.cluster.faults(0).logStart = end;
            }
        };
        assertThat(scan("")).hasSize(16);
        write(16, 24, 1);
        store.cluster.faults(0).logStart = end + 1;
        HttpResponse<String> refused = get("");
        assertProblem(refused, ErrorCode.LAKE_UNAVAILABLE);
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        assertThat(scan("&source=lake")).isNotEmpty();
    }

    @Test
    void aLogThatIsTrimmedOnTheWayFailsTheAnswerAndCanBeReadAgain() {
        log(IN_LAKE);
        write(0, 8, 1);
        tierAll();
        write(8, 16, 1);
        BucketId id = new BucketId(table().tableId(), 0);
        long end = highWatermark(id);
        lake.between = () -> {
            if (lake.openScans.get() > 0) {
                lake.between = () -> {};
                lake.tier(table(), id, List.of(), end);
                store.cluster.faults(0).logStart = end;
            }
        };
        assertThat(broken()).contains("\"code\":\"scan-expired\"", "\"retryable\":true");
        assertThat(scan("")).hasSize(16);
    }

    @Test
    void aLakeThatFailsFailsTheAnswer() {
        log(IN_LAKE);
        write(0, 8, 1);
        tierAll();
        lake.failure = new WeirException(ErrorCode.LAKE_UNAVAILABLE, "away");
        lake.failAfter = 3;
        String failed = broken();
        assertThat(failed).contains("\"code\":\"lake-unavailable\"");
        assertThat(failed.lines().filter(line -> line.contains("\"id\""))).hasSize(3);
        Awaitility.await().until(() -> lake.openScans.get() == 0);
        lake.between = () -> {
            throw lake.failure;
        };
        assertProblem(get(""), ErrorCode.LAKE_UNAVAILABLE);
        assertThat(scan("&source=hot")).hasSize(8);
    }

    @Test
    void aClientThatGoesAwayClosesTheScanAndTooManyAreRefused() throws Exception {
        log(IN_LAKE);
        write(0, 8, 1);
        tierAll();
        CountDownLatch held = new CountDownLatch(1);
        lake.between = () -> {
            if (lake.openScans.get() > 0) {
                try {
                    held.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
        List<InputStream> open = new ArrayList<>();
        List<CompletableFuture<HttpResponse<InputStream>>> asked = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            asked.add(store.client.sendAsync(
                    store.request(TABLES + "/t/scan")
                            .header("Accept", "application/vnd.apache.arrow.stream")
                            .build(),
                    HttpResponse.BodyHandlers.ofInputStream()));
        }
        Awaitility.await().until(() -> asked.stream().allMatch(CompletableFuture::isDone));
        for (var one : asked) {
            open.add(one.join().body());
        }
        HttpResponse<String> refused = get("");
        assertProblem(refused, ErrorCode.OVERLOADED);
        assertThat(refused.body()).contains("source=hot");
        assertThat(scan("&source=hot")).hasSize(8);
        for (InputStream body : open) {
            body.close();
        }
        held.countDown();
        Awaitility.await().until(() -> lake.openScans.get() == 0);
        lake.between = () -> {};
        Awaitility.await().untilAsserted(() -> assertThat(get("").statusCode()).isEqualTo(200));
    }
}
