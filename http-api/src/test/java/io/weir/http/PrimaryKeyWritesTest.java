package io.weir.http;

import static io.weir.http.ProblemAssert.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weir.codec.ErrorCode;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Upserts, patches and deletes through a real server; buckets in memory merge with the real engines. */
class PrimaryKeyWritesTest {
    private static final String TABLES = "/v1/databases/shop/tables";
    private static final String T = TABLES + "/t";
    private static ServedStore store;

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
        store.send("POST", "/v1/databases", "{\"name\":\"shop\"}");
        create("t", "\"primary_key\":[\"id\"],\"buckets\":4");
    }

    @AfterEach
    void heal() {
        store.cluster.heal();
        store.delete("/v1/databases/shop?cascade=true");
    }

    private static void create(String name, String more) {
        HttpResponse<String> created = store.send("POST", TABLES, """
                {"name":"%s","columns":[{"name":"id","type":"BIGINT","nullable":false},
                {"name":"name","type":"STRING","nullable":false},{"name":"city","type":"STRING"},{"name":"n","type":"INT"}],
                %s}""".formatted(name, more));
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
    }

    private static HttpResponse<String> send(String method, String path, String body, String... headers) {
        HttpRequest.Builder request = store.request(path)
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        return store.send(headers.length == 0 ? request : request.headers(headers));
    }

    private static JsonNode written(HttpResponse<String> answer, int rows) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonNode json = ServedStore.json(answer);
        assertThat(json.get("rows").asInt()).isEqualTo(rows);
        assertThat(json.get("durability").asText()).isEqualTo("local");
        return json;
    }

    private static String names(String table) {
        return store.cluster.json("shop", table).stream().sorted().collect(Collectors.joining("\n"));
    }

    @Test
    void upsertsWholeRowsAndTheLaterOneOfAKeyStays() {
        JsonNode answer = written(send("POST", T + "/rows", """
                        [{"id":1,"name":"ada","n":1},{"id":2,"name":"bob"},{"id":1,"name":"ada","city":"Ulm"}]"""), 3);
        assertThat(names("t"))
                .isEqualTo("{\"id\":1,\"name\":\"ada\",\"city\":\"Ulm\",\"n\":null}\n"
                        + "{\"id\":2,\"name\":\"bob\",\"city\":null,\"n\":null}");
        long changes = 0;
        for (JsonNode bucket : answer.get("buckets")) {
            assertThat(bucket.get("partition").isNull()).isTrue();
            changes += bucket.get("next_offset").asLong()
                    - bucket.get("base_offset").asLong();
        }
        assertThat(changes).isEqualTo(4);
    }

    @Test
    void patchesSetWhatTheyHold() {
        send("POST", T + "/rows", "[{\"id\":1,\"name\":\"ada\",\"city\":\"Ulm\",\"n\":1},{\"id\":2,\"name\":\"bob\"}]");
        written(
                send("PATCH", T + "/rows", "[{\"id\":1,\"n\":5,\"city\":null},{\"id\":2,\"city\":\"Rom\"},{\"id\":1}]"),
                3);
        written(send("PATCH", T + "/rows", "{\"id\":3,\"name\":\"eve\"}"), 1);
        assertThat(names("t"))
                .isEqualTo("{\"id\":1,\"name\":\"ada\",\"city\":null,\"n\":5}\n"
                        + "{\"id\":2,\"name\":\"bob\",\"city\":\"Rom\",\"n\":null}\n"
                        + "{\"id\":3,\"name\":\"eve\",\"city\":null,\"n\":null}");
    }

    @Test
    void aPatchThatOneBucketRefusesIsStoredNowhere() {
        String rows = IntStream.range(0, 40)
                .mapToObj(i -> "{\"id\":%d,\"name\":\"n\"}".formatted(i))
                .collect(Collectors.joining(",", "[", "]"));
        send("POST", T + "/rows", rows);
        String before = names("t");
        String patch = IntStream.range(0, 41) // 40 is not there, and has no name
                .mapToObj(i -> "{\"id\":%d,\"n\":7}".formatted(i))
                .collect(Collectors.joining(",", "[", "]"));
        JsonNode problem = assertProblem(send("PATCH", T + "/rows", patch), ErrorCode.INVALID_ROWS);
        assertThat(problem.get("detail").asText()).contains("name");
        assertThat(names("t")).isEqualTo(before);
        written(send("PATCH", T + "/rows", patch.replace(",{\"id\":40,\"n\":7}", "")), 40);
        assertThat(names("t")).isEqualTo(before.replace("\"n\":null", "\"n\":7"));
    }

    @Test
    void deletesManyAndOneAndWhatIsNotThere() {
        send("POST", T + "/rows", "[{\"id\":1,\"name\":\"a\"},{\"id\":2,\"name\":\"b\"},{\"id\":3,\"name\":\"c\"}]");
        written(send("POST", T + "/rows:delete", "[{\"id\":1},{\"id\":9},{\"id\":1,\"name\":null,\"n\":\"x\"}]"), 3);
        JsonNode one = written(store.delete(T + "/rows/2"), 1);
        JsonNode bucket = one.get("buckets").get(0);
        assertThat(bucket.get("next_offset").asLong())
                .isEqualTo(bucket.get("base_offset").asLong() + 1);
        JsonNode none = written(store.delete(T + "/rows/2"), 1).get("buckets").get(0);
        assertThat(none.get("next_offset")).isEqualTo(none.get("base_offset"));
        assertThat(names("t")).isEqualTo("{\"id\":3,\"name\":\"c\",\"city\":null,\"n\":null}");
    }

    @Test
    void arrowStreamsUpsertPatchAndDelete() {
        send("POST", T + "/rows", "[{\"id\":1,\"name\":\"ada\",\"city\":\"Ulm\"},{\"id\":2,\"name\":\"bob\"}]");
        assertProblem(
                store.send(store.request(T + "/rows")
                        .header("Content-Type", "application/vnd.apache.arrow.stream")
                        .method("PATCH", HttpRequest.BodyPublishers.ofString("nonsense"))),
                ErrorCode.INVALID_ARROW);
        byte[] stream = ArrowStream.of("id", new long[] {2, 1}, "n", new Integer[] {8, null});
        written(
                store.send(store.request(T + "/rows")
                        .header("Content-Type", "application/vnd.apache.arrow.stream")
                        .method("PATCH", HttpRequest.BodyPublishers.ofByteArray(stream))),
                2);
        assertThat(names("t"))
                .isEqualTo("{\"id\":1,\"name\":\"ada\",\"city\":\"Ulm\",\"n\":null}\n"
                        + "{\"id\":2,\"name\":\"bob\",\"city\":null,\"n\":8}");
        written(
                store.send(store.request(T + "/rows:delete")
                        .header("Content-Type", "application/vnd.apache.arrow.stream")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(stream))),
                2);
        assertThat(names("t")).isEmpty();
    }

    @Test
    void aRepeatedSequenceGetsTheFirstAnswerAndChangesNothing() {
        String[] headers = {"Weir-Writer-Id", "w", "Weir-Writer-Sequence", "1"};
        HttpResponse<String> first =
                send("POST", T + "/rows", "[{\"id\":1,\"name\":\"a\"},{\"id\":2,\"name\":\"b\"}]", headers);
        HttpResponse<String> again =
                send("POST", T + "/rows", "[{\"id\":1,\"name\":\"a\"},{\"id\":2,\"name\":\"b\"}]", headers);
        assertThat(again.body()).isEqualTo(first.body());
        written(again, 2);
    }

    @Test
    void answersBeforeDurabilityWhenNobodyWaits() {
        HttpResponse<String> answer = send("PATCH", T + "/rows?wait=none", "{\"id\":1,\"name\":\"a\"}");
        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(answer.body()).isEqualTo("{\"rows\":1,\"buckets\":[],\"durability\":\"none\"}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "POST | /rows | {\"id\":1} | /name",
                "POST | /rows | {\"id\":null,\"name\":\"a\"} | /id",
                "POST | /rows | {\"name\":\"a\"} | /id",
                "PATCH | /rows | {\"n\":1} | /id",
                "PATCH | /rows | {\"id\":1,\"name\":null} | /name",
                "PATCH | /rows | {\"id\":1,\"n\":1,\"n\":2} | /n",
                "PATCH | /rows | {\"id\":1,\"ct\":1} | /ct",
                "POST | /rows:delete | {\"name\":\"a\"} | /id",
                "POST | /rows:delete | {\"id\":1,\"x\":\"a\"} | /x",
            })
    void aBadRowRefusesTheWholeRequest(String method, String path, String bad, String pointer) {
        send("POST", T + "/rows", "{\"id\":7,\"name\":\"g\"}");
        String before = names("t");
        String body = "[{\"id\":7,\"name\":\"h\"}," + bad + "]";
        JsonNode problem = assertProblem(send(method, T + path, body), ErrorCode.INVALID_ROWS);
        assertThat(problem.at("/errors/0/row").asInt()).isEqualTo(1);
        assertThat(problem.at("/errors/0/pointer").asText()).isEqualTo(pointer);
        assertThat(names("t")).isEqualTo(before);
    }

    @Test
    void logTablesAreNotPatchedAndKeepTheirRows() {
        create("log", "\"buckets\":1");
        JsonNode problem = assertProblem(send("PATCH", TABLES + "/log/rows", "{\"id\":1}"), ErrorCode.NOT_SUPPORTED);
        assertThat(problem.get("detail").asText()).contains("primary_key");
        assertProblem(send("POST", TABLES + "/log/rows:delete", "{\"id\":1}"), ErrorCode.NOT_SUPPORTED);
        assertProblem(store.delete(TABLES + "/log/rows/1"), ErrorCode.NOT_SUPPORTED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "1.5", "9223372036854775808", "%00", "..%2F..%2Fetc", "1%20", "%22", "%7B%7D", "null"})
    void aPathThatIsNoKeyIsRefused(String key) {
        assertProblem(store.delete(T + "/rows/" + key), ErrorCode.INVALID_REQUEST);
    }

    @Test
    void keysOfAnyTextAreDeletedByTheirPath() {
        HttpResponse<String> created = store.send("POST", TABLES, """
                {"name":"s","columns":[{"name":"k","type":"STRING","nullable":false}],"primary_key":["k"],"buckets":3}""");
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        String[] keys = {"a/b", "../..", "a b", "%2F", "é\u0000ü", "\"", "{key}", "k".repeat(10_000), "rows:delete"};
        for (String key : keys) {
            String row = ServedStore.JSON.createObjectNode().put("k", key).toString();
            written(send("POST", TABLES + "/s/rows", row), 1);
            String path = URLEncoder.encode(key, StandardCharsets.UTF_8).replace("+", "%20");
            written(store.delete(TABLES + "/s/rows/" + path.replace(".", "%2E")), 1);
            assertThat(names("s")).as("key '%s'", key).isEmpty();
        }
    }

    /** What a path makes of two dots is older than this store. */
    @Test
    void aKeyOfDotsIsNoPartOfAPath() {
        assertProblem(store.delete(TABLES + "/t/rows/%2E%2E"), ErrorCode.ROUTE_NOT_FOUND);
    }

    @Test
    void aKeyOfSeveralColumnsHasNoPath() {
        create("two", "\"primary_key\":[\"id\",\"name\"]");
        JsonNode problem = assertProblem(store.delete(TABLES + "/two/rows/1"), ErrorCode.INVALID_REQUEST);
        assertThat(problem.get("detail").asText()).contains("rows:delete").contains("id, name");
    }

    @Test
    void whatBucketsRefuseIsSaidHonestly() {
        store.cluster.faults(1).refuseAppends = ErrorCode.BUCKET_UNAVAILABLE;
        String rows = IntStream.range(0, 40)
                .mapToObj(i -> "{\"id\":%d,\"name\":\"n\"}".formatted(i))
                .collect(Collectors.joining(",", "[", "]"));
        JsonNode problem = assertProblem(send("POST", T + "/rows", rows), ErrorCode.BUCKET_UNAVAILABLE);
        assertThat(problem.get("detail").asText()).contains("[0, 2, 3]").contains("Weir-Writer-Sequence");
    }

    /** Against a map of maps: what is sent is set, what is not sent stays. */
    @Test
    void randomPatchesAndDeletesLeaveWhatAModelSays() throws Exception {
        long seed = 20261123;
        Random random = new Random(seed);
        Map<Integer, Map<String, Object>> model = new TreeMap<>();
        for (int request = 0; request < 40; request++) {
            boolean delete = random.nextInt(5) == 0;
            StringBuilder body = new StringBuilder();
            int count = 1 + random.nextInt(12);
            for (int i = 0; i < count; i++) {
                int id = random.nextInt(20);
                Map<String, Object> row = new TreeMap<>(Map.of("id", id));
                if (!delete) {
                    row.put("name", "n" + random.nextInt(9));
                    if (random.nextBoolean()) {
                        row.put("city", random.nextBoolean() ? null : "c" + random.nextInt(9));
                    }
                    if (random.nextBoolean()) {
                        row.put("n", random.nextInt(9));
                    }
                    model.computeIfAbsent(id, k -> new TreeMap<>()).putAll(row);
                } else {
                    model.remove(id);
                }
                body.append(ServedStore.JSON.writeValueAsString(row)).append('\n');
            }
            HttpRequest.Builder sent = store.request(T + (delete ? "/rows:delete" : "/rows"))
                    .header("Content-Type", "application/x-ndjson")
                    .method(delete ? "POST" : "PATCH", HttpRequest.BodyPublishers.ofString(body.toString()));
            written(store.send(sent), count);
        }
        Map<Integer, Map<String, Object>> stored = new TreeMap<>();
        for (String row : store.cluster.json("shop", "t")) {
            JsonNode json = ServedStore.JSON.readTree(row);
            Map<String, Object> values = new TreeMap<>();
            json.properties().forEach(e -> {
                if (!e.getValue().isNull()) {
                    values.put(
                            e.getKey(),
                            e.getValue().isInt()
                                    ? (Object) e.getValue().intValue()
                                    : e.getValue().textValue());
                }
            });
            stored.put(json.get("id").intValue(), values);
        }
        model.values().forEach(row -> row.values().removeIf(java.util.Objects::isNull));
        assertThat(stored).as("seed %d", seed).isEqualTo(model);
    }
}
