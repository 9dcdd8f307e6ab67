package io.weir.http;

import static io.weir.http.ProblemAssert.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weir.codec.ErrorCode;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows in and rows out through a real server, over buckets in memory. */
class RowsAndLogTest {
    private static final String T = "/v1/databases/shop/tables/t";
    private static ServedStore store;

    @BeforeAll
    static void start() {
        store = new ServedStore(
                java.util.Map.of("weir.http.max-json-answer", "20 KiB", "weir.http.heartbeat", "100 ms"));
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    @BeforeEach
    void create() {
        store.send("POST", "/v1/databases", "{\"name\":\"shop\"}");
        create("t", 1, "");
    }

    @AfterEach
    void heal() {
        store.cluster.heal();
        store.delete("/v1/databases/shop?cascade=true");
    }

    private static void create(String name, int buckets, String more) {
        HttpResponse<String> created = store.send(
                "POST",
                "/v1/databases/shop/tables",
                "{\"name\":\"" + name + "\",\"columns\":[{\"name\":\"id\",\"type\":\"BIGINT\",\"nullable\":false},"
                        + "{\"name\":\"text\",\"type\":\"STRING\"}],\"buckets\":" + buckets + more + "}");
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
    }

    private static HttpResponse<String> write(String path, String type, String body, String... headers) {
        HttpRequest.Builder request =
                store.request(path).header("Content-Type", type).POST(HttpRequest.BodyPublishers.ofString(body));
        return store.send(headers.length == 0 ? request : request.headers(headers));
    }

    private static JsonNode writeRows(int from, int to) {
        HttpResponse<String> written = write(T + "/rows", "application/x-ndjson", ndjson(from, to));
        assertThat(written.statusCode()).as(written.body()).isEqualTo(200);
        return ServedStore.json(written);
    }

    private static String ndjson(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> "{\"id\":" + i + ",\"text\":\"row " + i + "\"}\n")
                .collect(Collectors.joining());
    }

    private static List<Long> ids(JsonNode rows) {
        List<Long> ids = new ArrayList<>();
        rows.forEach(row -> ids.add(row.get("id").asLong()));
        return ids;
    }

    private static List<Long> idsOfLines(String lines) {
        return lines.lines()
                .map(RowsAndLogTest::parse)
                .map(row -> row.get("id").asLong())
                .toList();
    }

    private static JsonNode parse(String json) {
        try {
            return ServedStore.JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Long> range(long from, long to) {
        return java.util.stream.LongStream.range(from, to).boxed().toList();
    }

    @Test
    void answersAWriteWithItsOffsetsAndDurability() {
        assertThat(writeRows(0, 3).toString())
                .isEqualTo("{\"rows\":3,\"buckets\":[{\"bucket\":0,\"partition\":null,\"base_offset\":0,"
                        + "\"next_offset\":3}],\"durability\":\"local\"}");
        assertThat(writeRows(3, 5).at("/buckets/0/base_offset").asInt()).isEqualTo(3);
    }

    @Test
    void takesOneRowOrAnArrayButNotNone() {
        assertThat(ServedStore.json(write(T + "/rows", "application/json", "{\"id\":1}"))
                        .get("rows")
                        .asInt())
                .isEqualTo(1);
        assertThat(ServedStore.json(write(T + "/rows", "application/json; charset=utf-8", "[{\"id\":2},{\"id\":3}]"))
                        .get("rows")
                        .asInt())
                .isEqualTo(2);
        assertProblem(write(T + "/rows", "application/json", "[]"), ErrorCode.INVALID_ROWS);
        assertThat(store.get(T + "/log?columns=id").body())
                .startsWith("{\"rows\":[{\"id\":1},{\"id\":2},{\"id\":3}],\"next\":\"c");
    }

    @Test
    void aBadRowRefusesTheRequestAndNothingIsStored() {
        HttpResponse<String> answer =
                write(T + "/rows", "application/json", "[{\"id\":1},{\"id\":\"many\"},{\"id\":3,\"nope\":1}]");
        JsonNode problem = assertProblem(answer, ErrorCode.INVALID_ROWS);
        assertThat(problem.at("/errors/0/row").asInt()).isEqualTo(1);
        assertThat(problem.at("/errors/0/pointer").asText()).isEqualTo("/id");
        assertThat(ServedStore.json(store.get(T + "/log")).get("rows")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/rows | application/json | {\"id\":1 | INVALID_JSON",
                "/rows | application/x-ndjson | {\"id\":1}{ | INVALID_JSON",
                "/rows | application/vnd.apache.arrow.stream | nonsense | INVALID_ARROW",
                "/rows | application/vnd.apache.arrow.file | nonsense | INVALID_ARROW",
                "/rows | text/csv | 1 | UNSUPPORTED_MEDIA_TYPE",
                "/rows?wait=all | application/json | {\"id\":1} | INVALID_REQUEST",
                "/rows?create=always | application/json | {\"id\":1} | INVALID_REQUEST",
                "/rows?craete=infer | application/json | {\"id\":1} | INVALID_REQUEST",
            })
    void refusesWritesThatAreNoneAndStoresNothing(String path, String type, String body, ErrorCode code) {
        assertProblem(write(T + path, type, body), code);
        assertThat(ServedStore.json(store.get(T + "/log")).get("rows")).isEmpty();
    }

    @Test
    void refusesWriterHeadersThatDoNotFit() {
        String row = "{\"id\":1}";
        assertProblem(write(T + "/rows", "application/json", row, "Weir-Writer-Id", "a"), ErrorCode.INVALID_REQUEST);
        assertProblem(
                write(T + "/rows", "application/json", row, "Weir-Writer-Sequence", "1"), ErrorCode.INVALID_REQUEST);
        for (String sequence : new String[] {"-1", "x", "1.5", "9223372036854775808"}) {
            assertProblem(
                    write(
                            T + "/rows",
                            "application/json",
                            row,
                            "Weir-Writer-Id",
                            "a",
                            "Weir-Writer-Sequence",
                            sequence),
                    ErrorCode.INVALID_REQUEST);
        }
        assertProblem(
                write(
                        T + "/rows",
                        "application/json",
                        row,
                        "Weir-Writer-Id",
                        "a".repeat(129),
                        "Weir-Writer-Sequence",
                        "1"),
                ErrorCode.INVALID_REQUEST);
    }

    @Test
    void aRepeatedSequenceWithOtherRowsIsAnsweredAsTheFirstTime() {
        create("repeated", 1, "");
        String path = "/v1/databases/shop/tables/repeated/rows";
        String[] writer = {"Weir-Writer-Id", "w", "Weir-Writer-Sequence", "1"};
        String first = write(path, "application/json", "{\"id\":1}", writer).body();
        assertThat(write(path, "application/json", "[{\"id\":2},{\"id\":3}]", writer)
                        .body())
                .isEqualTo(first)
                .contains("\"rows\":1,");
    }

    @Test
    void aRepeatedSequenceMeetsItsBucketAgainAndStoresNothingTwice() {
        create("many", 8, "");
        String path = "/v1/databases/shop/tables/many/rows";
        for (int sequence = 0; sequence < 10; sequence++) {
            String[] writer = {"Weir-Writer-Id", "w", "Weir-Writer-Sequence", Integer.toString(sequence)};
            String body = "{\"id\":" + sequence + "}";
            String first = write(path, "application/json", body, writer).body();
            assertThat(write(path, "application/json", body, writer).body()).isEqualTo(first);
        }
        JsonNode rows = ServedStore.json(store.get("/v1/databases/shop/tables/many/log"))
                .get("rows");
        assertThat(ids(rows)).containsExactlyInAnyOrderElementsOf(range(0, 10));
    }

    @Test
    void splitsByBucketKeyAndListsBucketsInOrder() {
        create("keyed", 4, ",\"bucket_key\":[\"text\"]");
        String path = "/v1/databases/shop/tables/keyed";
        JsonNode written = ServedStore.json(write(path + "/rows", "application/x-ndjson", ndjson(0, 100)));
        assertThat(written.get("rows").asInt()).isEqualTo(100);
        List<Integer> buckets = new ArrayList<>();
        written.get("buckets").forEach(b -> buckets.add(b.get("bucket").asInt()));
        assertThat(buckets).isSorted().hasSizeGreaterThan(1);
        assertThat(ids(ServedStore.json(store.get(path + "/log")).get("rows")))
                .containsExactlyInAnyOrderElementsOf(range(0, 100));
    }

    @Test
    void saysWhichBucketsStoredWhenOneDidNot() {
        create("keyed", 4, ",\"bucket_key\":[\"text\"]");
        store.cluster.faults(2).refuseAppends = ErrorCode.DISK_FULL;
        JsonNode problem = assertProblem(
                write("/v1/databases/shop/tables/keyed/rows", "application/x-ndjson", ndjson(0, 100)),
                ErrorCode.DISK_FULL);
        assertThat(problem.get("detail").asText()).contains("did store").contains("Weir-Writer-Sequence");
        assertThat(problem.get("retryable").asBoolean()).isTrue();
    }

    @Test
    void passesOnWhatABucketRefuses() {
        for (ErrorCode code : new ErrorCode[] {
            ErrorCode.OVERLOADED, ErrorCode.BUCKET_UNAVAILABLE, ErrorCode.OUTCOME_UNKNOWN, ErrorCode.SEQUENCE_TOO_OLD
        }) {
            store.cluster.faults(0).refuseAppends = code;
            assertProblem(write(T + "/rows", "application/json", "{\"id\":1}"), code);
        }
    }

    @Test
    void withWaitNoneAnswersBeforeTheRowsAreDurable() {
        HttpResponse<String> answer = write(T + "/rows?wait=none", "application/json", "{\"id\":1}");
        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(answer.body()).isEqualTo("{\"rows\":1,\"buckets\":[],\"durability\":\"none\"}");
        Awaitility.await().untilAsserted(() -> assertThat(
                        ids(ServedStore.json(store.get(T + "/log")).get("rows")))
                .containsExactly(1L));
        assertProblem(write(T + "/rows?wait=none", "application/json", "{\"id\":\"x\"}"), ErrorCode.INVALID_ROWS);
    }

    @Test
    void createInferMakesDatabaseTableAndColumns() {
        String path = "/v1/databases/fresh/tables/edits";
        assertProblem(write(path + "/rows", "application/json", "{\"a\":1}"), ErrorCode.DATABASE_NOT_FOUND);
        HttpResponse<String> written =
                write(path + "/rows?create=infer", "application/json", "[{\"a\":1,\"b\":\"x\"},{\"a\":2,\"c\":true}]");
        assertThat(written.statusCode()).as(written.body()).isEqualTo(200);
        JsonNode columns = ServedStore.json(store.get(path)).get("columns");
        assertThat(columns).hasSize(3);
        assertThat(write(path + "/rows?create=infer", "application/json", "{\"a\":3}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(ServedStore.json(store.get(path + "/log?columns=a"))
                        .get("rows")
                        .toString())
                .isEqualTo("[{\"a\":1},{\"a\":2},{\"a\":3}]");
        store.delete("/v1/databases/fresh?cascade=true");
    }

    @Test
    void writersThatInferTheSameTableAtOnceAllGoIn() {
        List<CompletableFuture<HttpResponse<String>>> writes = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            writes.add(store.client.sendAsync(
                    store.request("/v1/databases/race/tables/t/rows?create=infer")
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString("{\"id\":" + i + "}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString()));
        }
        writes.forEach(
                w -> assertThat(w.join().statusCode()).as(w.join().body()).isEqualTo(200));
        assertThat(ids(ServedStore.json(store.get("/v1/databases/race/tables/t/log"))
                        .get("rows")))
                .containsExactlyInAnyOrderElementsOf(range(0, 8));
        store.delete("/v1/databases/race?cascade=true");
    }

    @Test
    void takesGzipBodies() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(ndjson(0, 1000).getBytes(StandardCharsets.UTF_8));
        }
        HttpRequest.Builder request = store.request(T + "/rows")
                .header("Content-Type", "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofByteArray(out.toByteArray()));
        assertProblem(store.send(request.copy().header("Content-Encoding", "br")), ErrorCode.UNSUPPORTED_MEDIA_TYPE);
        assertThat(ServedStore.json(store.send(request.copy().header("Content-Encoding", "gzip")))
                        .get("rows")
                        .asInt())
                .isEqualTo(1000);
    }

    @Test
    void takesChunkedBodiesAndRefusesTooLargeOnes() {
        byte[] part = "x".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
        HttpRequest.Builder endless = store.request(T + "/rows")
                .header("Content-Type", "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofByteArrays(java.util.Collections.nCopies(40, part)));
        assertProblem(store.send(endless), ErrorCode.BODY_TOO_LARGE);
        HttpRequest.Builder announced = store.request(T + "/rows")
                .header("Content-Type", "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[33 << 20]));
        assertProblem(store.send(announced), ErrorCode.BODY_TOO_LARGE);
        HttpRequest.Builder chunked = store.request(T + "/rows")
                .header("Content-Type", "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofInputStream(
                        () -> new ByteArrayInputStream(ndjson(0, 10).getBytes(StandardCharsets.UTF_8))));
        assertThat(store.send(chunked).statusCode()).isEqualTo(200);
        assertThat(store.get("/metrics").body()).contains("weir_http_in_flight_bytes 0");
    }

    @Test
    void readsWithProjectionPredicateLimitAndCursor() {
        writeRows(0, 50);
        JsonNode first = ServedStore.json(store.get(T + "/log?limit=20&columns=id"));
        assertThat(ids(first.get("rows"))).isEqualTo(range(0, 20));
        assertThat(first.at("/rows/0").has("text")).isFalse();
        HttpResponse<String> rest =
                store.get(T + "/log?columns=text,id&from=" + first.get("next").asText());
        assertThat(ids(ServedStore.json(rest).get("rows"))).isEqualTo(range(20, 50));
        assertThat(rest.body()).startsWith("{\"rows\":[{\"text\":\"row 20\",\"id\":20}");
        assertThat(rest.headers().firstValue("Weir-Next"))
                .hasValue(ServedStore.json(rest).get("next").asText());
        JsonNode some = ServedStore.json(store.get(T + "/log?where=id%20%3E%3D%2040%20AND%20id%20%3C%2043"));
        assertThat(ids(some.get("rows"))).containsExactly(40L, 41L, 42L);
        assertThat(ids(ServedStore.json(store.get(T + "/log?bucket=0&from=48")).get("rows")))
                .containsExactly(48L, 49L);
        assertThat(ServedStore.json(store.get(T + "/log?from=latest")).get("rows"))
                .isEmpty();
        assertThat(ids(ServedStore.json(store.get(T + "/log?from=timestamp:0&limit=1"))
                        .get("rows")))
                .containsExactly(0L);
        assertThat(ServedStore.json(store.get(T + "/log?from=timestamp:2999-01-01T00:00:00Z"))
                        .get("rows"))
                .isEmpty();
    }

    @Test
    void addsMetadataColumns() {
        writeRows(0, 2);
        JsonNode row = ServedStore.json(store.get(T + "/log?metadata=true")).at("/rows/1");
        assertThat(row.get("_bucket").asInt()).isZero();
        assertThat(row.get("_offset").asInt()).isEqualTo(1);
        assertThat(row.get("_timestamp").asText()).endsWith("Z");
        assertThat(row.get("_change_type").asText()).isEqualTo("insert");
        HttpResponse<byte[]> arrow = store.bytes(store.request(T + "/log?metadata=true&columns=id")
                .header("Accept", "application/vnd.apache.arrow.stream"));
        List<String> rows = arrowRows(arrow.body());
        assertThat(rows.get(1))
                .startsWith("[id=1, _bucket=0, _offset=1, _timestamp=")
                .endsWith("_change_type=insert]");
    }

    private static List<String> arrowRows(byte[] stream) {
        List<String> rows = new ArrayList<>();
        try (RootAllocator allocator = new RootAllocator();
                ArrowStreamReader reader = new ArrowStreamReader(
                        new ByteArrayInputStream(stream),
                        allocator,
                        org.apache.arrow.compression.CommonsCompressionFactory.INSTANCE)) {
            VectorSchemaRoot root = reader.getVectorSchemaRoot();
            while (reader.loadNextBatch()) {
                for (int row = 0; row < root.getRowCount(); row++) {
                    int at = row;
                    rows.add(root.getFieldVectors().stream()
                            .map(v -> v.getName() + "=" + v.getObject(at))
                            .collect(Collectors.joining(", ", "[", "]")));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return rows;
    }

    @Test
    void arrowGoesInAsItComesOut() {
        writeRows(0, 3000);
        HttpResponse<byte[]> read =
                store.bytes(store.request(T + "/log").header("Accept", "application/vnd.apache.arrow.stream"));
        assertThat(read.headers().firstValue("content-type")).hasValue("application/vnd.apache.arrow.stream");
        assertThat(read.headers().firstValue("Weir-Next")).isPresent();
        List<String> rows = arrowRows(read.body());
        assertThat(rows).hasSize(3000);
        assertThat(rows.get(2999)).isEqualTo("[id=2999, text=row 2999]");
        HttpResponse<String> written = store.send(store.request(T + "/rows")
                .header("Content-Type", "application/vnd.apache.arrow.stream")
                .POST(HttpRequest.BodyPublishers.ofByteArray(read.body())));
        assertThat(written.body()).contains("\"rows\":3000", "\"base_offset\":3000");
        HttpResponse<byte[]> both =
                store.bytes(store.request(T + "/log").header("Accept", "application/vnd.apache.arrow.stream"));
        assertThat(arrowRows(both.body())).hasSize(6000);
    }

    @Test
    void ndjsonCarriesItsCursorAsATrailerAndCanBeCompressed() throws IOException {
        writeRows(0, 500);
        HttpResponse<byte[]> packed = store.bytes(store.request(T + "/log")
                .header("Accept", "application/x-ndjson")
                .header("Accept-Encoding", "gzip"));
        assertThat(packed.headers().firstValue("content-encoding")).hasValue("gzip");
        try (GZIPInputStream plain = new GZIPInputStream(new ByteArrayInputStream(packed.body()))) {
            assertThat(idsOfLines(new String(plain.readAllBytes(), StandardCharsets.UTF_8)))
                    .isEqualTo(range(0, 500));
        }
        String raw = raw("GET " + T + "/log?limit=2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                + "Accept: application/x-ndjson\r\n\r\n");
        assertThat(raw)
                .contains("Trailer: Weir-Next\r\n")
                .containsPattern("\r\n0\r\nWeir-Next: c[A-Za-z0-9_-]+\r\n\r\n$");
        String cursor = raw.substring(raw.lastIndexOf("Weir-Next: ") + 11).trim();
        assertThat(ids(ServedStore.json(store.get(T + "/log?limit=1&from=" + cursor))
                        .get("rows")))
                .containsExactly(2L);
    }

    @Test
    void everyJsonAnswerIsCompressedForWhoTakesIt() throws IOException {
        writeRows(0, 2);
        for (String path : List.of(T + "/log", T, T + "/buckets", "/v1/databases", "/openapi.json")) {
            HttpResponse<String> plain = store.get(path);
            HttpResponse<byte[]> packed = store.bytes(store.request(path).header("Accept-Encoding", "br, gzip;q=0.5"));
            assertThat(plain.headers().firstValue("content-encoding")).as(path).isEmpty();
            assertThat(packed.headers().firstValue("content-encoding")).as(path).hasValue("gzip");
            assertThat(packed.headers().firstValue("vary").orElse("")).contains("Accept-Encoding");
            try (GZIPInputStream unpacked = new GZIPInputStream(new ByteArrayInputStream(packed.body()))) {
                assertThat(new String(unpacked.readAllBytes(), StandardCharsets.UTF_8))
                        .isEqualTo(plain.body());
            }
            HttpResponse<String> refused = store.send(store.request(path).header("Accept-Encoding", "gzip;q=0"));
            assertThat(refused.headers().firstValue("content-encoding"))
                    .as(path)
                    .isEmpty();
        }
    }

    /** All that the server sends until it closes the connection, in order or not. */
    private static String raw(String request) throws IOException {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        try (Socket socket = new Socket("127.0.0.1", store.port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            byte[] part = new byte[8 << 10];
            for (int n = socket.getInputStream().read(part);
                    n >= 0;
                    n = socket.getInputStream().read(part)) {
                received.write(part, 0, n);
            }
        } catch (SocketException reset) {
            assertThat(reset).hasMessageContaining("reset");
        }
        return received.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aJsonAnswerIsBoundedAndItsCursorGoesOnWithoutALossOrARepeat() {
        writeRows(0, 3000);
        List<Long> ids = new ArrayList<>();
        String from = "earliest";
        int answers = 0;
        while (ids.size() < 3000) {
            HttpResponse<String> answer = store.get(T + "/log?from=" + from);
            assertThat(answer.body().length()).isLessThan(21 << 10);
            ids.addAll(ids(ServedStore.json(answer).get("rows")));
            from = ServedStore.json(answer).get("next").asText();
            answers++;
        }
        assertThat(ids).isEqualTo(range(0, 3000));
        assertThat(answers).isGreaterThan(3);
    }

    @Test
    void offsetsOutsideTheLogAreGoneWithTheValidRange() {
        writeRows(0, 10);
        store.cluster.faults(0).logStart = 4;
        JsonNode problem = assertProblem(store.get(T + "/log?bucket=0&from=3"), ErrorCode.OFFSET_OUT_OF_RANGE);
        assertThat(problem.get("log_start_offset").asInt()).isEqualTo(4);
        assertThat(problem.get("high_watermark").asInt()).isEqualTo(10);
        assertProblem(store.get(T + "/log?bucket=0&from=11"), ErrorCode.OFFSET_OUT_OF_RANGE);
        assertThat(store.get(T + "/log?bucket=0&from=10").statusCode()).isEqualTo(200);
    }

    @Test
    void aCursorOfADroppedTableIsRefusedByItsSuccessor() {
        writeRows(0, 2);
        String next = ServedStore.json(store.get(T + "/log")).get("next").asText();
        store.delete(T);
        create("t", 1, "");
        assertProblem(store.get(T + "/log?from=" + next), ErrorCode.INVALID_CURSOR);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bucket=1 | BUCKET_NOT_FOUND",
                "bucket=-1 | INVALID_REQUEST",
                "bucket=x | INVALID_REQUEST",
                "from=cAAAA | INVALID_CURSOR",
                "from=now | INVALID_CURSOR",
                "from=99999999999999999999 | INVALID_REQUEST",
                "from=timestamp:yesterday | INVALID_REQUEST",
                "columns=id,nope | COLUMN_NOT_FOUND",
                "columns= | COLUMN_NOT_FOUND",
                "columns=id,id | INVALID_REQUEST",
                "where=id%20%3E | INVALID_PREDICATE",
                "where=nope%20%3D%201 | COLUMN_NOT_FOUND",
                "limit=0 | INVALID_REQUEST",
                "limit=-1 | INVALID_REQUEST",
                "limit=many | INVALID_REQUEST",
                "max_bytes=0 | INVALID_REQUEST",
                "wait=61s | INVALID_REQUEST",
                "wait=1h | INVALID_REQUEST",
                "follow=yes | INVALID_REQUEST",
                "metadata=1 | INVALID_REQUEST",
                "partition=a | INVALID_REQUEST",
                "form=earliest | INVALID_REQUEST",
            })
    void refusesReadsThatAreNone(String query, ErrorCode code) {
        assertProblem(store.get(T + "/log?" + query), code);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "application/json | application/json",
                "*/* | application/json",
                "application/x-ndjson;q=0.5, application/json;q=0.1 | application/x-ndjson",
                "application/*, application/json;q=0 | application/x-ndjson",
                "text/event-stream | text/event-stream",
                "application/vnd.apache.arrow.stream, */*;q=0.1 | application/vnd.apache.arrow.stream",
                "text/html, application/vnd.apache.arrow.stream;q=0.2 | application/vnd.apache.arrow.stream",
            })
    void answersInTheFormThatTheClientLikesBest(String accept, String type) {
        HttpResponse<String> answer = store.send(store.request(T + "/log").header("Accept", accept));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type").orElse("")).startsWith(type);
    }

    @Test
    void refusesFormsThatItHasNot() {
        assertProblem(store.send(store.request(T + "/log").header("Accept", "text/html")), ErrorCode.NOT_ACCEPTABLE);
        assertProblem(
                store.send(store.request(T + "/log?follow=true").header("Accept", "application/json")),
                ErrorCode.NOT_ACCEPTABLE);
    }

    @Test
    void aLongPollEndsWithTheFirstRowOrWithItsTime() {
        assertThat(ServedStore.json(store.get(T + "/log?wait=50ms")).get("rows"))
                .isEmpty();
        CompletableFuture<HttpResponse<String>> poll = store.client.sendAsync(
                store.request(T + "/log?wait=30s&where=id%20%3D%207").build(), HttpResponse.BodyHandlers.ofString());
        writeRows(0, 5);
        assertThat(poll).isNotDone();
        writeRows(7, 8);
        assertThat(ids(ServedStore.json(poll.join()).get("rows"))).containsExactly(7L);
    }

    private static BufferedReader follow(String query, String accept, String... headers) {
        try {
            HttpRequest.Builder request =
                    store.request(T + "/log?follow=true" + query).header("Accept", accept);
            HttpResponse<InputStream> answer = store.client.send(
                    (headers.length == 0 ? request : request.headers(headers)).build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            assertThat(answer.statusCode()).isEqualTo(200);
            return new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void followSendsRowsAsTheyCommit() throws IOException {
        writeRows(0, 2);
        try (BufferedReader lines = follow("", "application/x-ndjson")) {
            assertThat(parse(lines.readLine()).get("id").asInt()).isZero();
            assertThat(parse(lines.readLine()).get("id").asInt()).isEqualTo(1);
            writeRows(2, 4);
            assertThat(parse(lines.readLine()).get("id").asInt()).isEqualTo(2);
            assertThat(parse(lines.readLine()).get("id").asInt()).isEqualTo(3);
        }
    }

    @Test
    void followEndsAtItsLimitAcrossBuckets() throws IOException {
        create("many", 4, "");
        String path = "/v1/databases/shop/tables/many";
        for (int i = 0; i < 12; i++) {
            write(path + "/rows", "application/x-ndjson", ndjson(i * 2, i * 2 + 2));
        }
        HttpResponse<String> answer =
                store.send(store.request(path + "/log?follow=true&limit=7").header("Accept", "application/x-ndjson"));
        assertThat(answer.body().lines()).hasSize(7);
    }

    @Test
    void eventsHaveHeartbeatsAndResumeAfterTheLastOne() throws IOException {
        writeRows(0, 3);
        String id;
        try (BufferedReader lines = follow("", "text/event-stream")) {
            id = lines.readLine().substring("id: ".length());
            assertThat(parse(lines.readLine().substring("data: ".length()))
                            .get("id")
                            .asInt())
                    .isZero();
            String line;
            do {
                line = lines.readLine();
            } while (!line.equals(":"));
        }
        try (BufferedReader lines = follow("&from=earliest", "text/event-stream", "Last-Event-ID", id)) {
            assertThat(lines.readLine()).startsWith("id: c");
            assertThat(parse(lines.readLine().substring("data: ".length()))
                            .get("id")
                            .asInt())
                    .isEqualTo(1);
        }
    }

    @Test
    void aStreamThatFailsOnTheWayNeverLooksComplete() throws IOException {
        for (int i = 0; i < 5; i++) {
            writeRows(i, i + 1);
        }
        store.cluster.faults(0).refuseFetchesFrom = 3;
        String request = " HTTP/1.1\r\nHost: a\r\nAccept: ";
        String lines =
                raw("GET " + T + "/log?max_bytes=1000000&follow=true" + request + "application/x-ndjson\r\n\r\n");
        assertThat(lines)
                .contains("\"id\":0")
                .contains("\"code\":\"corrupt-data\"")
                .doesNotContain("\r\n0\r\n");
        String events = raw("GET " + T + "/log?follow=true" + request + "text/event-stream\r\n\r\n");
        assertThat(events).contains("event: problem\ndata: {").doesNotContain("\r\n0\r\n");
        String arrow = raw("GET " + T + "/log?follow=true" + request + "application/vnd.apache.arrow.stream\r\n\r\n");
        assertThat(arrow).contains("HTTP/1.1 200").doesNotContain("\r\n0\r\n");
        assertProblem(store.get(T + "/log?from=3"), ErrorCode.CORRUPT_DATA);
    }

    @Test
    void aClientThatGoesAwayStopsItsStream() throws IOException {
        writeRows(0, 1);
        BufferedReader lines = follow("", "text/event-stream");
        lines.readLine();
        assertThat(store.get("/metrics").body()).containsPattern("weir_http_streams [1-9]");
        lines.close();
        Awaitility.await()
                .untilAsserted(() -> assertThat(store.get("/metrics").body()).contains("weir_http_streams 0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/rows", "/log", "/buckets"})
    void aMissingTableIsNotFound(String call) {
        String path = "/v1/databases/shop/tables/none" + call;
        HttpResponse<String> answer =
                call.equals("/rows") ? write(path, "application/json", "{\"id\":1}") : store.get(path);
        assertProblem(answer, ErrorCode.TABLE_NOT_FOUND);
    }

    @Test
    void aTableThatIsAlteredMeanwhileIsWrittenAndReadOn() {
        writeRows(0, 1);
        store.send("PATCH", T, "{\"rename_columns\":{\"text\":\"words\"}}");
        assertThat(write(T + "/rows", "application/json", "{\"id\":1,\"words\":\"new\"}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(store.get(T + "/log").body())
                .startsWith("{\"rows\":[{\"id\":0,\"words\":\"row 0\"},{\"id\":1,\"words\":\"new\"}]");
    }
}
