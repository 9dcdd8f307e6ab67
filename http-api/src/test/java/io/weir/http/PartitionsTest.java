package io.weir.http;

import static io.weir.http.ProblemAssert.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weir.codec.ErrorCode;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
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

/** Partitions by hand and by writes, of both kinds of tables. */
class PartitionsTest {
    private static final String TABLES = "/v1/databases/shop/tables";
    private static final String P = TABLES + "/pk/partitions";
    private static final String PK = TABLES + "/pk/rows";
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
        create("pk", "\"primary_key\":[\"ds\",\"id\"],\"partition_by\":[\"ds\"],\"buckets\":2");
    }

    @AfterEach
    void drop() {
        store.cluster.mirrored = true;
        store.delete("/v1/databases/shop?cascade=true");
    }

    private static void create(String name, String more) {
        HttpResponse<String> created = store.send("POST", TABLES, """
                {"name":"%s","columns":[{"name":"id","type":"BIGINT","nullable":false},
                {"name":"ds","type":"STRING","nullable":false},{"name":"day","type":"DATE","nullable":false},
                {"name":"n","type":"INT","nullable":false}],%s}""".formatted(name, more));
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
    }

    private static JsonNode write(String method, String path, String body) {
        HttpResponse<String> answer = store.send(method, path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return ServedStore.json(answer);
    }

    private static List<String> names(String path) {
        List<String> names = new ArrayList<>();
        ServedStore.json(store.get(path))
                .get("partitions")
                .forEach(p -> names.add(p.get("name").asText()));
        return names;
    }

    private static String row(int id, String ds) {
        return "{\"id\":%d,\"ds\":\"%s\",\"day\":\"2026-11-23\",\"n\":1}".formatted(id, ds);
    }

    @Test
    void createsListsAndDropsByValuesAndByName() {
        HttpResponse<String> created = store.send("POST", P, "{\"values\":{\"ds\":\"2026-11-23\"}}");
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        assertThat(created.headers().firstValue("location")).hasValue(P + "/2026-11-23");
        JsonNode partition = ServedStore.json(created);
        assertThat(partition.get("name").asText()).isEqualTo("2026-11-23");
        assertThat(partition.get("values").toString()).isEqualTo("{\"ds\":\"2026-11-23\"}");
        assertThat(partition.get("created_at").asText()).endsWith("Z");
        assertThat(store.send("POST", P, "{\"name\":\"2026-11-24\"}").statusCode())
                .isEqualTo(201);
        assertProblem(store.send("POST", P, "{\"name\":\"2026-11-24\"}"), ErrorCode.PARTITION_EXISTS);
        assertThat(names(P)).containsExactly("2026-11-23", "2026-11-24");
        JsonNode page = ServedStore.json(store.get(P + "?page_size=1"));
        assertThat(page.at("/partitions/0")).isEqualTo(partition);
        assertThat(names(P + "?page_size=1&page_token="
                        + page.get("next_page_token").asText()))
                .containsExactly("2026-11-24");
        assertThat(store.delete(P + "/2026-11-23").statusCode()).isEqualTo(204);
        assertProblem(store.delete(P + "/2026-11-23"), ErrorCode.PARTITION_NOT_FOUND);
        assertThat(names(P)).containsExactly("2026-11-24");
    }

    @Test
    void severalColumnsAreNamedTogetherInTheirOrder() {
        create("two", "\"partition_by\":[\"ds\",\"day\",\"n\"]");
        String path = TABLES + "/two/partitions";
        HttpResponse<String> created =
                store.send("POST", path, "{\"values\":{\"n\":7,\"day\":\"2026-11-23\",\"ds\":\"eu\"}}");
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        assertThat(names(path)).containsExactly("eu$2026-11-23$7");
        assertThat(store.send("POST", path, "{\"name\":\"us$2026-11-23$7\"}").statusCode())
                .isEqualTo(201);
        JsonNode answer =
                write("POST", TABLES + "/two/rows", "{\"id\":1,\"ds\":\"eu\",\"day\":\"2026-11-23\",\"n\":7}");
        assertThat(answer.at("/buckets/0/partition").asText()).isEqualTo("eu$2026-11-23$7");
        assertThat(store.delete(path + "/us$2026-11-23$7").statusCode()).isEqualTo(204);
        assertProblem(store.send("POST", path, "{\"name\":\"us$1\"}"), ErrorCode.INVALID_REQUEST);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}",
                "[]",
                "{\"ds\":\"a\"}",
                "{\"name\":\"a\",\"values\":{\"ds\":\"a\"}}",
                "{\"name\":7.5}",
                "{\"name\":null}",
                "{\"name\":\"\"}",
                "{\"name\":\"..\"}",
                "{\"name\":\"../../etc\"}",
                "{\"name\":\"a/b\"}",
                "{\"name\":\"a$b\"}",
                "{\"name\":\"a\\u0000b\"}",
                "{\"name\":\"a%2Fb\"}",
                "{\"values\":{}}",
                "{\"values\":[\"a\"]}",
                "{\"values\":{\"ds\":null}}",
                "{\"values\":{\"ds\":[\"a\"]}}",
                "{\"values\":{\"ds\":\"a\",\"id\":1}}",
                "{\"values\":{\"ds\":\".hidden\"}}",
            })
    void refusesAPartitionThatIsNone(String body) {
        assertProblem(store.send("POST", P, body), ErrorCode.INVALID_REQUEST);
        assertThat(names(P)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "..", "../../etc", "a/b", "a$b", "a\\u0000b", "%2e%2e", ".x"})
    void refusesRowsWhoseValuesAreNoPartitionAndStoresNothing(String ds) {
        JsonNode problem = assertProblem(
                store.send("POST", PK, "[" + row(1, "good") + "," + row(2, ds) + "]"), ErrorCode.INVALID_REQUEST);
        assertThat(problem.get("detail").asText()).contains("ds");
        assertProblem(store.send("POST", PK, row(2, "k".repeat(10_000))), ErrorCode.INVALID_REQUEST);
        assertThat(names(P)).isEmpty();
        assertThat(store.cluster.json("shop", "pk")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"%00", "..%2F..", "nope", "%24", "a%20b"})
    void dropsNothingByANameThatIsNone(String name) {
        write("POST", PK, row(1, "a"));
        assertProblem(store.delete(P + "/" + name), ErrorCode.PARTITION_NOT_FOUND);
        assertProblem(store.delete(P + "/" + "k".repeat(10_000)), ErrorCode.PARTITION_NOT_FOUND);
        assertThat(names(P)).containsExactly("a");
    }

    @Test
    void writesCreateTheirPartitionsAndDeletesDoNot() {
        JsonNode answer = write("POST", PK, "[" + row(1, "b") + "," + row(2, "a") + "," + row(3, "b") + "]");
        assertThat(answer.get("rows").asInt()).isEqualTo(3);
        List<String> partitions = new ArrayList<>();
        answer.get("buckets").forEach(b -> partitions.add(b.get("partition").asText()));
        assertThat(partitions).isSorted().contains("a", "b");
        write("PATCH", PK, "[{\"id\":1,\"ds\":\"b\",\"n\":9}," + row(4, "c") + "]");
        assertThat(names(P)).containsExactly("a", "b", "c");
        JsonNode deleted = write("POST", PK + ":delete", "[{\"id\":1,\"ds\":\"d\"},{\"id\":2,\"ds\":\"a\"}]");
        assertThat(deleted.get("rows").asInt()).isEqualTo(2);
        assertThat(deleted.get("buckets")).hasSize(1);
        assertThat(write("POST", PK + ":delete", "{\"id\":1,\"ds\":\"d\"}").get("buckets"))
                .isEmpty();
        assertThat(names(P)).containsExactly("a", "b", "c");
        assertThat(store.cluster.json("shop", "pk"))
                .containsExactlyInAnyOrder(row(1, "b").replace("\"n\":1", "\"n\":9"), row(3, "b"), row(4, "c"));
    }

    /** What writes do on a node that the catalog does not run on: they ask. */
    @Test
    void partitionsAreFoundFromAnyNode() {
        write("POST", PK, row(1, "a"));
        store.cluster.mirrored = false;
        write("POST", PK, "[" + row(2, "a") + "," + row(3, "b") + "]");
        assertThat(names(P)).containsExactly("a", "b");
        write("POST", PK + ":delete", "[{\"id\":1,\"ds\":\"a\"},{\"id\":1,\"ds\":\"c\"}]");
        assertThat(names(P)).containsExactly("a", "b");
        assertThat(store.cluster.json("shop", "pk")).containsExactlyInAnyOrder(row(2, "a"), row(3, "b"));
    }

    @Test
    void logTablesArePartitionedToo() {
        create("log", "\"partition_by\":[\"day\"]");
        JsonNode answer = write(
                "POST",
                TABLES + "/log/rows",
                "[" + row(1, "x") + "," + row(2, "x").replace("-23", "-24") + "," + row(3, "y") + "]");
        assertThat(answer.get("rows").asInt()).isEqualTo(3);
        assertThat(answer.at("/buckets/0/partition").asText()).isEqualTo("2026-11-23");
        assertThat(answer.at("/buckets/0/next_offset").asInt()).isEqualTo(2);
        assertThat(answer.at("/buckets/1/partition").asText()).isEqualTo("2026-11-24");
    }

    @Test
    void aDeleteByPathFindsItsPartition() {
        create("own", "\"primary_key\":[\"ds\"],\"partition_by\":[\"ds\"]");
        String rows = TABLES + "/own/rows";
        write("POST", rows, "[" + row(1, "a") + "," + row(2, "b") + "]");
        JsonNode deleted = ServedStore.json(store.delete(rows + "/a"));
        assertThat(deleted.at("/buckets/0/partition").asText()).isEqualTo("a");
        assertThat(store.cluster.json("shop", "own")).containsExactly(row(2, "b"));
        assertThat(ServedStore.json(store.delete(rows + "/zzz")).get("buckets")).isEmpty();
    }

    @Test
    void oneRequestMakesAThousandPartitionsAtMost() {
        String rows =
                IntStream.range(0, 1001).mapToObj(i -> row(i, "p" + i)).collect(Collectors.joining(",", "[", "]"));
        assertProblem(store.send("POST", PK, rows), ErrorCode.INVALID_REQUEST);
        assertThat(names(P)).isEmpty();
    }

    @Test
    void bucketsOfAllPartitionsAreListedInPages() {
        write("POST", PK, "[" + row(1, "b") + "," + row(2, "a") + "]");
        List<String> seen = new ArrayList<>();
        String token = "";
        do {
            JsonNode page = ServedStore.json(store.get(TABLES + "/pk/buckets?page_size=3" + token));
            page.get("buckets").forEach(b -> {
                seen.add(b.get("partition").asText() + "/" + b.get("bucket").asInt());
                assertThat(b.has("kv_bytes")).isTrue();
            });
            token = page.has("next_page_token")
                    ? "&page_token=" + page.get("next_page_token").asText()
                    : "";
        } while (!token.isEmpty());
        assertThat(seen).containsExactlyInAnyOrder("a/0", "a/1", "b/0", "b/1");
    }

    @Test
    void tablesWithoutPartitionsSaySo() {
        create("plain", "\"buckets\":1");
        assertProblem(store.get(TABLES + "/plain/partitions"), ErrorCode.INVALID_REQUEST);
        assertProblem(store.send("POST", TABLES + "/plain/partitions", "{\"name\":\"a\"}"), ErrorCode.INVALID_REQUEST);
        assertProblem(store.get(TABLES + "/none/partitions"), ErrorCode.TABLE_NOT_FOUND);
    }
}
