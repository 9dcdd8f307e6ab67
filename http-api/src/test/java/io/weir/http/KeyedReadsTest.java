package io.weir.http;

import static io.weir.http.ProblemAssert.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.weir.codec.ErrorCode;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lookups, scans and changelogs through a real server, over buckets in memory. */
class KeyedReadsTest {
    private static final String S = "/v1/databases/shop/tables";
    private static final String ARROW = "application/vnd.apache.arrow.stream";
    private static ServedStore store;
    private static KeyedStore keyed;

    @BeforeAll
    static void start() {
        store = new ServedStore(Map.of("weir.http.fetch-size", "1 B", "weir.http.heartbeat", "100 ms"));
        keyed = new KeyedStore(store.cluster);
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    @BeforeEach
    void create() {
        store.send("POST", "/v1/databases", "{\"name\":\"shop\"}");
        create("users", "\"primary_key\":[\"name\"],\"buckets\":3", "name STRING!", "age INT", "tags ARRAY<STRING>");
        create(
                "pages",
                "\"primary_key\":[\"channel\",\"page\",\"day\"],\"bucket_key\":[\"channel\"],\"partition_by\":[\"day\"],"
                        + "\"buckets\":2",
                "day STRING!",
                "channel STRING!",
                "page INT!",
                "hits BIGINT");
        create("log", "\"buckets\":2,\"bucket_key\":[\"id\"]", "id INT!", "text STRING");
    }

    @AfterEach
    void heal() {
        store.cluster.heal();
        store.cluster.mirrored = true;
        store.delete("/v1/databases/shop?cascade=true");
    }

    private static void create(String name, String more, String... columns) {
        String list = java.util.Arrays.stream(columns)
                .map(c -> c.split(" ", 2))
                .map(c -> "{\"name\":\"" + c[0] + "\",\"type\":\"" + c[1].replace("!", "") + "\",\"nullable\":"
                        + !c[1].endsWith("!") + "}")
                .collect(Collectors.joining(","));
        HttpResponse<String> created =
                store.send("POST", S, "{\"name\":\"" + name + "\",\"columns\":[" + list + "]," + more + "}");
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
    }

    private static void users(int from, int to) {
        keyed.upsert(
                "users",
                IntStream.range(from, to)
                        .mapToObj(i -> "{\"name\":\"u" + i + "\",\"age\":" + i + ",\"tags\":[\"t" + i + "\"]}\n")
                        .collect(Collectors.joining()));
    }

    private static JsonNode ok(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return ServedStore.json(response);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static List<String> texts(JsonNode rows) {
        List<String> texts = new ArrayList<>();
        rows.forEach(row -> texts.add(row.toString()));
        return texts;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRowIsReadByItsKey(boolean mirrored) {
        store.cluster.mirrored = mirrored;
        users(0, 20);
        keyed.upsert("users", "{\"name\":\"a/b ü%\"}\n");
        for (int i = 0; i < 20; i++) {
            assertThat(ok(store.get(S + "/users/rows/u" + i)).toString())
                    .isEqualTo("{\"name\":\"u" + i + "\",\"age\":" + i + ",\"tags\":[\"t" + i + "\"]}");
        }
        assertThat(ok(store.get(S + "/users/rows/u7?columns=age,name")).toString())
                .isEqualTo("{\"age\":7,\"name\":\"u7\"}");
        assertThat(ok(store.get(S + "/users/rows/" + encoded("a/b ü%") + "?columns=name"))
                        .toString())
                .isEqualTo("{\"name\":\"a/b ü%\"}");
        assertProblem(store.get(S + "/users/rows/u20"), ErrorCode.ROW_NOT_FOUND);
        assertProblem(store.get(S + "/users/rows/%ff%fe"), ErrorCode.INVALID_REQUEST);
        assertProblem(store.get(S + "/users/rows/%ED%A0%80"), ErrorCode.INVALID_REQUEST);
        assertProblem(store.get(S + "/users/rows/u1?columns=no"), ErrorCode.COLUMN_NOT_FOUND);
        assertProblem(store.get(S + "/pages/rows/x"), ErrorCode.INVALID_REQUEST);
        assertProblem(store.get(S + "/log/rows/x"), ErrorCode.INVALID_REQUEST);
        assertProblem(
                store.send(store.request(S + "/users/rows/u1").header("Accept", "text/html")),
                ErrorCode.NOT_ACCEPTABLE);
    }

    @Test
    void aRowAsArrowIsAStreamOfOneRow() throws IOException {
        users(0, 3);
        HttpResponse<byte[]> answer =
                store.bytes(store.request(S + "/users/rows/u2?columns=name,age").header("Accept", ARROW));
        assertThat(arrow(answer.body())).containsExactly("u2|2");
    }

    private static List<String> arrow(byte[] stream) throws IOException {
        List<String> rows = new ArrayList<>();
        try (RootAllocator allocator = new RootAllocator();
                ArrowStreamReader reader = new ArrowStreamReader(new ByteArrayInputStream(stream), allocator)) {
            VectorSchemaRoot root = reader.getVectorSchemaRoot();
            while (reader.loadNextBatch()) {
                for (int row = 0; row < root.getRowCount(); row++) {
                    int at = row;
                    rows.add(root.getFieldVectors().stream()
                            .map(v -> String.valueOf(v.getObject(at)))
                            .collect(Collectors.joining("|")));
                }
            }
        }
        return rows;
    }

    @Test
    void keysAreAnsweredInTheOrderAskedWithNullsBetween() {
        users(0, 20);
        JsonNode found = ok(
                store.send(
                        "POST",
                        S + "/users/rows:lookup",
                        "{\"columns\":[\"age\"],\"keys\":[{\"name\":\"u9\"},{\"name\":\"no\"},{\"name\":\"u1\"},{\"name\":\"u9\"}]}"));
        assertThat(found.toString()).isEqualTo("{\"rows\":[{\"age\":9},null,{\"age\":1},{\"age\":9}]}");
        JsonNode nested = ok(store.send(
                "POST", S + "/users/rows:lookup", "{ \"keys\" : [ {\"name\":\"no\"}, {\"name\":\"u1\"} ] }"));
        assertThat(nested.toString()).isEqualTo("{\"rows\":[null,{\"name\":\"u1\",\"age\":1,\"tags\":[\"t1\"]}]}");
        assertThat(ok(store.send("POST", S + "/users/rows:lookup", "{\"keys\":[]}"))
                        .toString())
                .isEqualTo("{\"rows\":[]}");
    }

    @Test
    void keysAndRowsMayBeArrow() throws IOException {
        users(0, 20);
        ByteArrayOutputStream keys = new ByteArrayOutputStream();
        Schema schema = new Schema(List.of(Field.notNullable("name", ArrowType.Utf8.INSTANCE)));
        try (RootAllocator allocator = new RootAllocator();
                VectorSchemaRoot root = VectorSchemaRoot.create(schema, allocator);
                ArrowStreamWriter writer = new ArrowStreamWriter(root, null, keys)) {
            VarCharVector names = (VarCharVector) root.getVector(0);
            String[] asked = {"u5", "no", "u6"};
            for (int i = 0; i < asked.length; i++) {
                names.setSafe(i, asked[i].getBytes(StandardCharsets.UTF_8));
            }
            root.setRowCount(asked.length);
            writer.writeBatch();
            writer.end();
        }
        HttpResponse<byte[]> answer = store.bytes(store.request(S + "/users/rows:lookup?columns=name,age")
                .header("Accept", ARROW)
                .header("Content-Type", ARROW)
                .POST(HttpRequest.BodyPublishers.ofByteArray(keys.toByteArray())));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(arrow(answer.body())).containsExactly("u5|5", "null|null", "u6|6");
    }

    @Test
    void missingRowsAreInsertedAndThoseThereAreKept() {
        users(0, 1);
        String body = "{\"insert_if_missing\":true,\"columns\":[\"name\",\"age\"],\"keys\":[{\"name\":\"x\",\"age\":5},"
                + "{\"name\":\"u0\",\"age\":9},{\"name\":\"y\"}]}";
        String expected =
                "{\"rows\":[{\"name\":\"x\",\"age\":5},{\"name\":\"u0\",\"age\":0},{\"name\":\"y\",\"age\":null}]}";
        assertThat(ok(store.send("POST", S + "/users/rows:lookup", body)).toString())
                .isEqualTo(expected);
        assertThat(ok(store.send("POST", S + "/users/rows:lookup", body)).toString())
                .isEqualTo(expected);
        assertThat(ok(store.get(S + "/users/changelog?columns=name")).get("rows"))
                .hasSize(3);
        assertThat(ok(store.send(
                                "POST",
                                S + "/pages/rows:lookup",
                                "{\"insert_if_missing\":true,\"keys\":[{\"day\":\"d9\",\"channel\":\"c\",\"page\":1}]}"))
                        .toString())
                .isEqualTo("{\"rows\":[{\"day\":\"d9\",\"channel\":\"c\",\"page\":1,\"hits\":null}]}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                                                    | INVALID_REQUEST
            []                                                    | INVALID_REQUEST
            {}                                                    | INVALID_REQUEST
            {"keys":{}}                                           | INVALID_REQUEST
            {"keys":[{"name":"a"}]                                | INVALID_JSON
            {"keys":[{"name":"a"}]} x                             | INVALID_JSON
            {"keys":[{"name":"a"}],"keys":[]}                     | INVALID_JSON
            {"keys":[1]}                                          | INVALID_ROWS
            {"keys":[{"name":null}]}                              | INVALID_ROWS
            {"keys":[{"name":"a","age":1}]}                       | INVALID_ROWS
            {"keys":[{}]}                                         | INVALID_ROWS
            {"keys":[{"name":"a"}],"columns":"name"}              | INVALID_REQUEST
            {"keys":[{"name":"a"}],"columns":[]}                  | INVALID_REQUEST
            {"keys":[{"name":"a"}],"columns":["no"]}              | COLUMN_NOT_FOUND
            {"keys":[{"name":"a"}],"insert_if_missing":1}         | INVALID_REQUEST
            {"keys":[{"name":"a"}],"more":1}                      | INVALID_REQUEST
            """)
    void hostileLookupsAreRefused(String body, ErrorCode code) {
        assertProblem(store.send("POST", S + "/users/rows:lookup", body), code);
        await().untilAsserted(() -> assertThat(store.get("/metrics").body()).contains("weir_http_in_flight_bytes 0"));
    }

    @Test
    void tooManyKeysAreRefused() {
        String keys = IntStream.range(0, 10_001)
                .mapToObj(i -> "{\"name\":\"" + i + "\"}")
                .collect(Collectors.joining(","));
        assertProblem(
                store.send("POST", S + "/users/rows:lookup", "{\"keys\":[" + keys + "]}"), ErrorCode.BODY_TOO_LARGE);
        assertProblem(
                store.send("POST", S + "/users/rows:lookup", "{\"keys\":" + "[".repeat(5000) + "]}"),
                ErrorCode.INVALID_JSON);
    }

    private static void pages() {
        keyed.upsert(
                "pages",
                IntStream.range(0, 40)
                        .mapToObj(i -> "{\"day\":\"d" + i % 2 + "\",\"channel\":\"c" + i / 2 % 2 + "\",\"page\":" + i
                                + ",\"hits\":" + i * 10 + "}\n")
                        .collect(Collectors.joining()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPrefixFindsTheRowsOfAPartition(boolean mirrored) {
        store.cluster.mirrored = mirrored;
        pages();
        JsonNode all = ok(store.send(
                "POST",
                S + "/pages/rows:prefix",
                "{\"prefix\":{\"channel\":\"c1\",\"day\":\"d0\"},\"columns\":[\"page\"]}"));
        assertThat(texts(all.get("rows")))
                .isEqualTo(IntStream.range(0, 10)
                        .mapToObj(i -> "{\"page\":" + (i * 4 + 2) + "}")
                        .toList());
        assertThat(all.has("next")).isFalse();
        assertThat(texts(ok(store.send(
                                "POST",
                                S + "/pages/rows:prefix",
                                "{\"prefix\":{\"channel\":\"c1\",\"day\":\"d0\",\"page\":6},\"columns\":[\"hits\"]}"))
                        .get("rows")))
                .containsExactly("{\"hits\":60}");
        assertThat(ok(store.send(
                                "POST",
                                S + "/pages/rows:prefix",
                                "{\"prefix\":{\"channel\":\"c1\",\"day\":\"never\"}}"))
                        .get("rows"))
                .isEmpty();
        assertThat(ok(store.send(
                                "POST",
                                S + "/pages/rows:lookup",
                                "{\"keys\":[{\"channel\":\"c1\",\"day\":\"d0\",\"page\":6},{\"channel\":\"c1\",\"day\":\"no\","
                                        + "\"page\":6}],\"columns\":[\"hits\"]}"))
                        .toString())
                .isEqualTo("{\"rows\":[{\"hits\":60},null]}");
    }

    @Test
    void aPrefixIsReadInPages() {
        pages();
        List<String> read = new ArrayList<>();
        String after = "";
        do {
            JsonNode page = ok(store.send(
                    "POST",
                    S + "/pages/rows:prefix",
                    "{\"prefix\":{\"channel\":\"c1\",\"day\":\"d0\"},\"columns\":[\"page\"],\"limit\":4" + after
                            + "}"));
            read.addAll(texts(page.get("rows")));
            after = page.has("next") ? ",\"after\":" + page.get("next") : "";
        } while (!after.isEmpty());
        assertThat(read).hasSize(10).doesNotHaveDuplicates();
    }

    @Test
    void aPageWhoseNextKeyIsTooLongForAHeaderIsNeverSilentlyShort() {
        create(
                "long",
                "\"primary_key\":[\"channel\",\"page\"],\"bucket_key\":[\"channel\"]",
                "channel STRING!",
                "page STRING!");
        String page = "p".repeat(7000);
        keyed.upsert(
                "long",
                "{\"channel\":\"c\",\"page\":\"%s1\"}\n{\"channel\":\"c\",\"page\":\"%s2\"}\n".formatted(page, page));
        String first = "{\"prefix\":{\"channel\":\"c\"},\"limit\":1}";
        HttpResponse<String> json = store.send("POST", S + "/long/rows:prefix", first);
        String next = ok(json).get("next").asText();
        assertThat(json.headers().firstValue("weir-next")).isEmpty();
        assertThat(ok(store.send(
                                "POST",
                                S + "/long/rows:prefix",
                                first.replace("\"limit\":1", "\"after\":\"" + next + "\"")))
                        .get("rows"))
                .hasSize(1);
        JsonNode problem = assertProblem(
                store.send(store.request(S + "/long/rows:prefix")
                        .header("Accept", ARROW)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(first))),
                ErrorCode.NOT_ACCEPTABLE);
        assertThat(problem.get("detail").asText()).contains("application/json");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"prefix":{"channel":"c"}}                                       | INVALID_REQUEST
            {"prefix":{"day":"d"}}                                           | INVALID_REQUEST
            {"prefix":{}}                                                    | INVALID_REQUEST
            {"prefix":{"day":"d","channel":"c","hits":1}}                    | INVALID_REQUEST
            {"prefix":{"day":"d","channel":"c","no":1}}                      | INVALID_REQUEST
            {"prefix":{"day":"d","channel":"c","page":"x"}}                  | INVALID_ROWS
            {"prefix":[]}                                                    | INVALID_REQUEST
            {"prefix":{"day":"d","channel":"c"},"limit":0}                   | INVALID_REQUEST
            {"prefix":{"day":"d","channel":"c"},"limit":100001}              | INVALID_REQUEST
            {"prefix":{"day":"d","channel":"c"},"limit":1e3}                 | INVALID_REQUEST
            {"prefix":{"day":"d","channel":"c"},"after":"!"}                 | INVALID_CURSOR
            {"prefix":{"day":"d","channel":"c"},"after":"AAAA"}              | INVALID_CURSOR
            """)
    void hostilePrefixesAreRefused(String body, ErrorCode code) {
        assertProblem(store.send("POST", S + "/pages/rows:prefix", body), code);
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "application/x-ndjson", ARROW})
    void aScanHasTheRowsAtTheOffsetsOfItsCursor(String type) throws IOException {
        users(0, 20);
        keyed.delete("users", "{\"name\":\"u3\"}\n");
        HttpResponse<byte[]> scan = store.bytes(store.request(S + "/users/scan?columns=age&where=age%20%3C%2010")
                .header("Accept", type));
        assertThat(scan.statusCode()).isEqualTo(200);
        String text = new String(scan.body(), StandardCharsets.UTF_8);
        List<String> rows =
                switch (type) {
                    case "application/json" ->
                        texts(ServedStore.JSON.readTree(text).get("rows"));
                    case ARROW -> arrow(scan.body());
                    default -> text.lines().map(String::trim).toList();
                };
        assertThat(rows).hasSize(9).doesNotContain("{\"age\":3}", "3").doesNotHaveDuplicates();
        String next = scan.headers().firstValue("weir-next").orElseThrow();
        users(3, 4);
        assertThat(texts(ok(store.get(S + "/users/changelog?columns=age&from=" + next))
                        .get("rows")))
                .singleElement()
                .asString()
                .contains("\"age\":3", "insert");
    }

    @Test
    void scansAreLimitedAndRefusedAsAsked() {
        users(0, 20);
        assertThat(ok(store.get(S + "/users/scan?limit=7&source=hot")).get("rows"))
                .hasSize(7);
        await().untilAsserted(() -> assertThat(openScans()).isZero());
        assertProblem(store.get(S + "/users/scan?source=lake"), ErrorCode.NOT_SUPPORTED);
        assertProblem(store.get(S + "/users/scan?source=sea"), ErrorCode.INVALID_REQUEST);
        assertProblem(store.get(S + "/users/scan?partition=a"), ErrorCode.INVALID_REQUEST);
        assertProblem(store.get(S + "/pages/scan?partition=a"), ErrorCode.PARTITION_NOT_FOUND);
        store.cluster.faults(1).refuseScans = ErrorCode.OVERLOADED;
        assertProblem(store.get(S + "/users/scan"), ErrorCode.OVERLOADED);
        await().untilAsserted(() -> assertThat(openScans()).isZero());
    }

    private static int openScans() {
        return IntStream.range(0, 3)
                .map(bucket -> store.cluster.faults(bucket).openScans)
                .sum();
    }

    @Test
    void aScanIsClosedOnItsBucketsWhenTheClientGoesAway() throws IOException {
        keyed.upsert(
                "users",
                IntStream.range(0, 200)
                        .mapToObj(i -> "{\"name\":\"%s%d\"}\n".formatted("n".repeat(60_000), i))
                        .collect(Collectors.joining()));
        try (java.net.Socket socket = new java.net.Socket()) {
            socket.setReceiveBufferSize(16 << 10);
            socket.connect(new java.net.InetSocketAddress("127.0.0.1", store.port));
            socket.getOutputStream()
                    .write(("GET " + S + "/users/scan HTTP/1.1\r\nHost: a\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().readNBytes(16)).hasSize(16);
            assertThat(openScans()).isPositive();
        }
        await().untilAsserted(() -> assertThat(openScans()).isZero());
    }

    @Test
    void aScanIsPackedForThoseWhoTakeThat() throws IOException {
        users(0, 20);
        HttpResponse<byte[]> packed =
                store.bytes(store.request(S + "/users/scan").header("Accept-Encoding", "gzip"));
        assertThat(packed.headers().firstValue("content-encoding")).hasValue("gzip");
        try (var in = new java.util.zip.GZIPInputStream(new java.io.ByteArrayInputStream(packed.body()))) {
            assertThat(ServedStore.JSON.readTree(in.readAllBytes()).get("rows")).hasSize(20);
        }
    }

    @Test
    void aScanThatBreaksIsNoJson() {
        users(0, 20);
        store.cluster.faults(2).refuseScanReads = ErrorCode.SCAN_EXPIRED;
        try {
            HttpResponse<String> broken = store.get(S + "/users/scan");
            assertThat(broken.body()).doesNotEndWith("}");
        } catch (java.io.UncheckedIOException e) {
            assertThat(e).hasCauseInstanceOf(IOException.class);
        }
    }

    @Test
    void aLogTableIsScannedToItsEnd() {
        store.send("POST", S + "/log/rows", "[{\"id\":1},{\"id\":2},{\"id\":3,\"text\":\"x\"}]");
        JsonNode scan = ok(store.get(S + "/log/scan?columns=id"));
        assertThat(texts(scan.get("rows"))).containsExactlyInAnyOrder("{\"id\":1}", "{\"id\":2}", "{\"id\":3}");
        assertThat(ok(store.get(S + "/log/log?from=" + scan.get("next").asText()))
                        .get("rows"))
                .isEmpty();
        JsonNode binlog = ok(store.get(S + "/log/binlog?where=id%20%3D%203"));
        assertThat(binlog.at("/rows/0/_change_type").asText()).isEqualTo("insert");
        assertThat(binlog.at("/rows/0/before").isNull()).isTrue();
        assertThat(binlog.at("/rows/0/after").toString()).isEqualTo("{\"id\":3,\"text\":\"x\"}");
    }

    @Test
    void aChangelogTellsWhatHappenedAndABinlogPairsIt() {
        keyed.upsert("users", "{\"name\":\"a\",\"age\":1}\n{\"name\":\"a\",\"age\":2}\n");
        keyed.upsert("users", "{\"name\":\"a\",\"age\":2}\n");
        keyed.delete("users", "{\"name\":\"a\"}\n");
        JsonNode changelog = ok(store.get(S + "/users/changelog?columns=age"));
        List<String> seen = new ArrayList<>();
        changelog.get("rows").forEach(row -> {
            assertThat(row.fieldNames())
                    .toIterable()
                    .containsExactly("_change_type", "_log_offset", "_commit_timestamp", "age");
            seen.add(row.get("_change_type").asText() + row.get("_log_offset") + ":" + row.get("age"));
        });
        assertThat(seen).containsExactly("insert0:1", "update_before1:1", "update_after2:2", "delete3:2");

        List<String> binlog = new ArrayList<>();
        String from = "earliest";
        while (true) {
            JsonNode page = ok(store.get(S + "/users/binlog?columns=age&limit=1&from=" + from));
            if (page.get("rows").isEmpty()) {
                break;
            }
            JsonNode row = page.at("/rows/0");
            binlog.add(
                    row.get("_change_type").asText() + row.get("_log_offset") + row.get("before") + row.get("after"));
            from = page.get("next").asText();
        }
        assertThat(binlog)
                .containsExactly("insert0null{\"age\":1}", "update2{\"age\":1}{\"age\":2}", "delete3{\"age\":2}null");
    }

    @Test
    void aBinlogFromTheMiddleOfAPairHasBothHalves() {
        create("one", "\"primary_key\":[\"id\"]", "id INT!", "n INT");
        keyed.upsert("one", "{\"id\":1,\"n\":1}\n{\"id\":1,\"n\":2}\n");
        assertThat(texts(ok(store.get(S + "/one/binlog?columns=n&bucket=0&from=2"))
                        .get("rows")))
                .singleElement()
                .asString()
                .contains("\"before\":{\"n\":1},\"after\":{\"n\":2}");
    }

    @Test
    void binlogsAreArrowAndEventsToo() throws IOException {
        keyed.upsert("users", "{\"name\":\"a\",\"age\":1}\n{\"name\":\"a\",\"age\":2}\n");
        HttpResponse<byte[]> answer = store.bytes(
                store.request(S + "/users/binlog?columns=age&metadata=true").header("Accept", ARROW));
        assertThat(arrow(answer.body()))
                .satisfiesExactly(
                        row -> assertThat(row).startsWith("insert|0|").contains("|null|{\"age\":1}|"),
                        row -> assertThat(row).startsWith("update|2|").contains("|{\"age\":1}|{\"age\":2}|"));
        HttpResponse<String> events =
                store.send(store.request(S + "/users/binlog?columns=age").header("Accept", "text/event-stream"));
        assertThat(events.body().lines().filter(line -> line.startsWith("id: c")))
                .hasSize(2);
    }

    @Test
    void partitionsAreNamedPrunedAndMissed() {
        pages();
        assertThat(ok(store.get(S + "/pages/log?partition=d1&columns=page")).get("rows"))
                .hasSize(20);
        assertProblem(store.get(S + "/pages/log?partition=no"), ErrorCode.PARTITION_NOT_FOUND);
        JsonNode one = ok(store.get(S + "/pages/log?metadata=true&columns=page&where=" + encoded("day = 'd1'")));
        assertThat(one.get("rows"))
                .hasSize(20)
                .allSatisfy(row -> assertThat(row.get("_partition").asText()).isEqualTo("d1"));
        // The cursor knows d1 only: the other one is read from its start.
        assertThat(ok(store.get(S + "/pages/log?columns=page&from="
                                + one.get("next").asText()))
                        .get("rows"))
                .hasSize(20);
        assertThat(ok(store.get(S + "/pages/log?columns=page&where=" + encoded("day > 'd5'")))
                        .get("rows"))
                .isEmpty();
        JsonNode all = ok(store.get(S + "/pages/log?columns=page"));
        keyed.dropPartition("pages", "d0");
        keyed.upsert("pages", "{\"day\":\"d7\",\"channel\":\"c\",\"page\":99}\n");
        assertThat(texts(ok(store.get(S + "/pages/log?columns=page&from="
                                + all.get("next").asText()))
                        .get("rows")))
                .containsExactly("{\"page\":99}");
    }

    @Test
    void aTailReadsPartitionsThatComeLater() throws Exception {
        keyed.upsert("pages", "{\"day\":\"d0\",\"channel\":\"c\",\"page\":1}\n");
        HttpResponse<java.io.InputStream> tail = store.client.send(
                store.request(S + "/pages/changelog?follow=true&columns=day&metadata=true")
                        .header("Accept", "application/x-ndjson")
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(tail.body(), StandardCharsets.UTF_8))) {
            assertThat(lines.readLine()).contains("\"day\":\"d0\"");
            keyed.upsert("pages", "{\"day\":\"d1\",\"channel\":\"c\",\"page\":1}\n");
            assertThat(lines.readLine()).contains("\"day\":\"d1\"", "\"_partition\":\"d1\"");
            keyed.dropPartition("pages", "d0");
            keyed.upsert("pages", "{\"day\":\"d1\",\"channel\":\"c\",\"page\":2}\n");
            assertThat(lines.readLine()).contains("\"day\":\"d1\"");
        }
    }

    @Test
    void aggregatesRunOverKeyedAndLogTables() throws IOException {
        users(0, 20);
        pages();
        assertThat(ok(store.send(
                                "POST",
                                S + "/users/aggregate",
                                "{\"aggregates\":{\"n\":\"count(*)\",\"oldest\":\"max(age)\"},\"where\":\"age < 10\"}"))
                        .toString())
                .isEqualTo("{\"rows\":[{\"n\":10,\"oldest\":9}]}");
        assertThat(ok(store.send("POST", S + "/users/aggregate", "{\"aggregates\":{\"n\":\"count(*)\"}}"))
                        .toString())
                .isEqualTo("{\"rows\":[{\"n\":20}]}");
        HttpResponse<byte[]> byDay = store.bytes(store.request(S + "/pages/aggregate")
                .header("Accept", ARROW)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"group_by\":[\"day\"],\"where\":\"day IN ('d1','d8')\","
                        + "\"aggregates\":{\"hits\":\"sum(hits)\"}}")));
        assertThat(arrow(byDay.body())).containsExactly("d1|4000");
        assertThat(ok(store.send(
                                "POST",
                                S + "/pages/aggregate",
                                "{\"partition\":\"d0\",\"aggregates\":{\"n\":\"count(*)\"}}"))
                        .toString())
                .isEqualTo("{\"rows\":[{\"n\":20}]}");
        store.send("POST", S + "/log/rows", "[{\"id\":1},{\"id\":2},{\"id\":3,\"text\":\"x\"}]");
        assertThat(ok(store.send(
                                "POST",
                                S + "/log/aggregate",
                                "{\"group_by\":[\"text\"],\"aggregates\":{\"n\":\"count(*)\"}}"))
                        .toString())
                .isEqualTo("{\"rows\":[{\"text\":null,\"n\":2},{\"text\":\"x\",\"n\":1}]}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {}                                                          | INVALID_REQUEST
            {"aggregates":{"n":1}}                                      | INVALID_REQUEST
            {"aggregates":[]}                                           | INVALID_REQUEST
            {"aggregates":{"n":"median(age)"}}                          | INVALID_REQUEST
            {"aggregates":{"n":"sum(no)"}}                              | COLUMN_NOT_FOUND
            {"aggregates":{"n":"sum(name)"}}                            | INVALID_REQUEST
            {"aggregates":{"n":"count(*)"},"group_by":"name"}           | INVALID_REQUEST
            {"aggregates":{"n":"count(*)"},"group_by":["no"]}           | COLUMN_NOT_FOUND
            {"aggregates":{"n":"count(*)"},"where":"age <"}             | INVALID_PREDICATE
            {"aggregates":{"n":"count(*)"},"partition":"x"}             | INVALID_REQUEST
            {"aggregates":{"n":"count(*)"},"more":1}                    | INVALID_REQUEST
            """)
    void hostileAggregatesAreRefused(String body, ErrorCode code) {
        assertProblem(store.send("POST", S + "/users/aggregate", body), code);
    }

    @Test
    void aTailOfManyBucketsReadsThemAll() throws Exception {
        create("wide", "\"bucket_key\":[\"id\"],\"buckets\":100", "id INT!");
        store.send(store.request(S + "/wide/rows")
                .header("Content-Type", "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofString(IntStream.range(0, 300)
                        .mapToObj(i -> "{\"id\":" + i + "}\n")
                        .collect(Collectors.joining()))));
        HttpResponse<java.io.InputStream> tail = store.client.send(
                store.request(S + "/wide/log?follow=true&limit=300")
                        .header("Accept", "application/x-ndjson")
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(tail.body(), StandardCharsets.UTF_8))) {
            assertThat(lines.lines().map(String::trim).distinct()).hasSize(300);
        }
    }

    /** A client that checks answers against the document refuses one that lacks what the document requires. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET  | /scan        |",
                "GET  | /changelog   |",
                "GET  | /binlog      |",
                "GET  | /log         |",
                "POST | /rows:lookup | {'keys':[{'name':'nobody'}]}",
                "POST | /rows:prefix | {'prefix':{'name':'nobody'}}",
                "POST | /aggregate   | {'aggregates':{'n':'count(*)'}}"
            })
    void answersHoldTheMembersThatTheDocumentRequires(String method, String path, String body) {
        JsonNode schema = ServedStore.json(store.get("/openapi.json"));
        JsonNode operation = schema.at("/paths")
                .path("/v1/databases/{db}/tables/{table}" + path)
                .path(method.toLowerCase(Locale.ROOT));
        String reference = operation
                .at("/responses/200/content/application~1json/schema/$ref")
                .asText();
        JsonNode answer = ok(
                body == null
                        ? store.get(S + "/users" + path)
                        : store.send(method, S + "/users" + path, body.replace('\'', '"')));
        JsonNode required = schema.at(reference.substring(1)).path("required");
        assertThat(required).isNotEmpty().allSatisfy(member -> assertThat(answer.has(member.asText()))
                .as("%s in %s", member, answer)
                .isTrue());
    }
}
