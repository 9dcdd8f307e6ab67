package io.weir.http;

import static io.weir.http.ProblemAssert.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weir.actors.bucket.Bucket;
import io.weir.codec.ErrorCode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CatalogRoutesTest {
    private static ServedStore store;

    @BeforeAll
    static void start() {
        store = new ServedStore();
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    @AfterEach
    void empty() {
        for (JsonNode database :
                ServedStore.json(store.get("/v1/databases?page_size=1000")).get("databases")) {
            store.delete("/v1/databases/" + database.get("name").asText() + "?cascade=true");
        }
        store.cluster.faults(0).remote = null;
        store.cluster.faults(1).remote = null;
    }

    private static void createShop() {
        assertThat(store.send("POST", "/v1/databases", "{\"name\":\"shop\"}").statusCode())
                .isEqualTo(201);
    }

    private static HttpResponse<String> createTable(String json) {
        return store.send("POST", "/v1/databases/shop/tables", json);
    }

    @Test
    void createsReadsListsAndDropsADatabase() {
        HttpResponse<String> created = store.send("POST", "/v1/databases", "{\"name\":\"shop\"}");
        assertThat(created.statusCode()).isEqualTo(201);
        assertThat(created.headers().firstValue("location")).hasValue("/v1/databases/shop");
        assertThat(ServedStore.json(store.get("/v1/databases/shop")).get("name").asText())
                .isEqualTo("shop");
        assertThat(store.get("/v1/databases").body()).isEqualTo("{\"databases\":[{\"name\":\"shop\"}]}");
        assertThat(store.delete("/v1/databases/shop").statusCode()).isEqualTo(204);
        assertProblem(store.get("/v1/databases/shop"), ErrorCode.DATABASE_NOT_FOUND);
        assertProblem(store.delete("/v1/databases/shop"), ErrorCode.DATABASE_NOT_FOUND);
    }

    @Test
    void describesATableAsItWasCreated() {
        createShop();
        HttpResponse<String> created = createTable("""
                {"name":"edits","columns":[{"name":"time","type":"TIMESTAMP_LTZ(3)","nullable":false},
                {"name":"user","type":"string"},{"name":"vec","type":"ARRAY<FLOAT>"}],
                "bucket_key":["user"],"buckets":4,"properties":{"log.ttl":"7d","durability":"local"}}""");
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        assertThat(created.headers().firstValue("location")).hasValue("/v1/databases/shop/tables/edits");
        JsonNode table = ServedStore.json(store.get("/v1/databases/shop/tables/edits"));
        assertThat(table).isEqualTo(ServedStore.json(created));
        assertThat(table.get("columns").get(0).toString())
                .isEqualTo("{\"id\":1,\"name\":\"time\",\"type\":\"TIMESTAMP_LTZ(3)\",\"nullable\":false}");
        assertThat(table.get("columns").get(1).get("nullable").asBoolean()).isTrue();
        assertThat(table.get("buckets").asInt()).isEqualTo(4);
        assertThat(table.get("bucket_key").toString()).isEqualTo("[\"user\"]");
        assertThat(table.get("properties").toString()).isEqualTo("{\"durability\":\"local\",\"log.ttl\":\"7d\"}");
        assertThat(store.get("/v1/databases/shop/tables").body()).isEqualTo("{\"tables\":[{\"name\":\"edits\"}]}");
        assertProblem(
                createTable("{\"name\":\"edits\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}]}"),
                ErrorCode.TABLE_EXISTS);
        assertProblem(store.delete("/v1/databases/shop"), ErrorCode.DATABASE_NOT_EMPTY);
        assertThat(store.delete("/v1/databases/shop/tables/edits").statusCode()).isEqualTo(204);
        assertProblem(store.get("/v1/databases/shop/tables/edits"), ErrorCode.TABLE_NOT_FOUND);
    }

    @Test
    void describesTheKeysOfATable() {
        createShop();
        HttpResponse<String> created = createTable("""
                {"name":"t","columns":[{"name":"a","type":"INT","nullable":false},{"name":"b","type":"STRING","nullable":false},
                {"name":"ds","type":"DATE","nullable":false},{"name":"n","type":"BIGINT"}],
                "primary_key":["a","b","ds"],"bucket_key":["b"],"partition_by":["ds"],"buckets":2,
                "properties":{"merge-engine":"aggregation","fields.n.agg":"sum"}}""");
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        JsonNode table = ServedStore.json(created);
        assertThat(table.get("primary_key").toString()).isEqualTo("[\"a\",\"b\",\"ds\"]");
        assertThat(table.get("bucket_key").toString()).isEqualTo("[\"b\"]");
        assertThat(table.get("partition_by").toString()).isEqualTo("[\"ds\"]");
        assertThat(store.get("/v1/databases/shop/tables/t").body()).isEqualTo(created.body());
        JsonNode log =
                ServedStore.json(createTable("{\"name\":\"log\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}]}"));
        assertThat(log.get("primary_key")).isEmpty();
        assertThat(log.get("partition_by")).isEmpty();
    }

    @Test
    void altersColumnsAndProperties() {
        createShop();
        createTable("{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"},{\"name\":\"b\",\"type\":\"INT\"},"
                + "{\"name\":\"c\",\"type\":\"STRING\"}],\"properties\":{\"log.ttl\":\"7d\"}}");
        HttpResponse<String> altered = store.send("PATCH", "/v1/databases/shop/tables/t", """
                {"add_columns":[{"name":"d","type":"DATE"}],"rename_columns":{"a":"x"},"widen_columns":{"b":"BIGINT"},
                "drop_columns":["c"],"set_properties":{"log.compression":"lz4"},"unset_properties":["log.ttl"]}""");
        assertThat(altered.statusCode()).as(altered.body()).isEqualTo(200);
        JsonNode table = ServedStore.json(altered);
        List<String> columns = new ArrayList<>();
        table.get("columns")
                .forEach(c ->
                        columns.add(c.get("name").asText() + ":" + c.get("type").asText()));
        assertThat(columns).containsExactly("x:INT", "b:BIGINT", "d:DATE");
        assertThat(table.get("schema_id").asInt()).isGreaterThan(1);
        assertThat(table.get("properties").toString()).isEqualTo("{\"log.compression\":\"lz4\"}");
    }

    @Test
    void takesNumbersAndBooleansOfPropertiesForTheirText() {
        createShop();
        HttpResponse<String> created = createTable("{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}],"
                + "\"properties\":{\"log.retained-size\":10485760,\"log.segment-size\":67108864,\"log.ttl\":0}}");
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        assertThat(ServedStore.json(created).get("properties").toString())
                .isEqualTo("{\"log.retained-size\":\"10485760\",\"log.segment-size\":\"67108864\",\"log.ttl\":\"0\"}");
        String changed = "/v1/databases/shop/tables/t";
        assertProblem(store.send("PATCH", changed, "{\"set_properties\":{\"log.ttl\":7}}"), ErrorCode.INVALID_PROPERTY);
        JsonNode problem = assertProblem(
                store.send("PATCH", changed, "{\"set_properties\":{\"log.ttl\":true}}"), ErrorCode.INVALID_PROPERTY);
        assertThat(problem.get("detail").asText()).contains("'true'");
        assertThat(store.get(changed).body()).isEqualTo(created.body());
    }

    @Test
    void pagesThroughEveryItemOnceWhateverIsDroppedMeanwhile() {
        createShop();
        for (int i = 0; i < 7; i++) {
            createTable("{\"name\":\"t" + i + "\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}]}");
        }
        List<String> seen = new ArrayList<>();
        String token = "";
        do {
            JsonNode page = ServedStore.json(store.get("/v1/databases/shop/tables?page_size=3" + token));
            page.get("tables").forEach(t -> seen.add(t.get("name").asText()));
            token = page.has("next_page_token")
                    ? "&page_token=" + page.get("next_page_token").asText()
                    : "";
            store.delete("/v1/databases/shop/tables/t1");
        } while (!token.isEmpty());
        assertThat(seen).containsExactly("t0", "t1", "t2", "t3", "t4", "t5", "t6");
    }

    @Test
    void aBucketSaysWhatOfItIsOnTheObjectStoreAndWhatWaits() {
        createShop();
        createTable("{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}],\"buckets\":3}");
        store.cluster.faults(0).remote = new Bucket.RemoteDescription(400, 700, 9_000, 7, 650, 2, 123, "no route");
        store.cluster.faults(1).remote = new Bucket.RemoteDescription(0, 0, 0, 0, -1, 1, 50, null);
        JsonNode buckets = ServedStore.json(store.get("/v1/databases/shop/tables/t/buckets"))
                .get("buckets");
        assertThat(remoteFields(buckets.get(0))).isEqualTo("400 700 9000 7 650 2 123 no route");
        assertThat(remoteFields(buckets.get(1))).isEqualTo("0 null 0 0 null 1 50 null");
        assertThat(remoteFields(buckets.get(2))).isEqualTo("0 null 0 0 null 0 0 null");
        assertThat(store.get("/").body()).contains("9,000 bytes on the object store, 173 bytes wait for it");
    }

    @Test
    void aBucketSaysHowFarTheLakeHasItsRowsAndWhatThatHoldsBack() {
        createShop();
        createTable("{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}],\"buckets\":2}");
        store.cluster.faults(1).lakeOffset = 1L << 40;
        store.cluster.faults(1).heldBackBytes = 77;
        JsonNode buckets = ServedStore.json(store.get("/v1/databases/shop/tables/t/buckets"))
                .get("buckets");
        assertThat(buckets.get(0).get("lake_offset").isNull()).isTrue();
        assertThat(buckets.get(0).get("held_back_bytes").longValue()).isZero();
        assertThat(buckets.get(1).get("lake_offset").longValue()).isEqualTo(1L << 40);
        assertThat(buckets.get(1).get("held_back_bytes").longValue()).isEqualTo(77);
    }

    private static String remoteFields(JsonNode bucket) {
        return Stream.of(
                        "hot_offset",
                        "remote_offset",
                        "remote_bytes",
                        "remote_segments",
                        "kv_snapshot_offset",
                        "upload_backlog_segments",
                        "upload_backlog_bytes",
                        "upload_problem")
                .map(field -> bucket.get(field).asText())
                .collect(Collectors.joining(" "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"properties\":{\"kv.snapshot-interval\":\"5m\"}|400|invalid-property|primary key",
                "\"primary_key\":[\"a\"],\"properties\":{\"kv.snapshot-interval\":\"10ms\"}|400|invalid-property|at least 1s",
                "\"properties\":{\"log.local-segments\":-1}|400|invalid-property|log.local-segments",
                "\"properties\":{\"durability\":\"remote\"}|422|not-supported|local",
                "\"properties\":{\"datalake.format\":\"paimon\"}|422|not-supported|datalake.format",
            })
    void propertiesOfTheRemoteTierAreCheckedAsTheOthersAre(String part, int status, String code, String detail) {
        createShop();
        HttpResponse<String> answer = store.send(
                "POST",
                "/v1/databases/shop/tables",
                "{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\",\"nullable\":false}]," + part + "}");
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(ServedStore.json(answer).get("code").asText()).isEqualTo(code);
        assertThat(ServedStore.json(answer).get("detail").asText()).contains(detail);
    }

    @Test
    void propertiesOfTheRemoteTierCanBeSetAndUnset() {
        createShop();
        createTable("""
                {"name":"t","columns":[{"name":"a","type":"INT","nullable":false}],"primary_key":["a"],
                "properties":{"log.local-segments":0,"kv.snapshot-interval":"1h"}}""");
        JsonNode changed = ServedStore.json(store.send("PATCH", "/v1/databases/shop/tables/t", """
                {"set_properties":{"log.local-segments":7},"unset_properties":["kv.snapshot-interval"]}"""));
        assertThat(changed.at("/properties/log.local-segments").asText()).isEqualTo("7");
        assertThat(changed.get("properties").has("kv.snapshot-interval")).isFalse();
    }

    @Test
    void showsTheBucketsOfATableInPages() {
        createShop();
        createTable("{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}],\"buckets\":12}");
        JsonNode page = ServedStore.json(store.get("/v1/databases/shop/tables/t/buckets?page_size=10"));
        assertThat(page.get("buckets")).hasSize(10);
        assertThat(page.get("buckets").get(9).get("bucket").asInt()).isEqualTo(9);
        assertThat(page.get("buckets").get(0).get("leader_node").asText()).isEqualTo("127.0.0.1:1");
        JsonNode last = ServedStore.json(store.get("/v1/databases/shop/tables/t/buckets?page_size=10&page_token="
                + page.get("next_page_token").asText()));
        assertThat(last.get("buckets")).hasSize(2);
        assertThat(last.has("next_page_token")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | INVALID_REQUEST",
                "[] | INVALID_REQUEST",
                "null | INVALID_REQUEST",
                "'' | INVALID_REQUEST",
                "{\"name\":7} | INVALID_REQUEST",
                "{\"name\":\"..\"} | INVALID_REQUEST",
                "{\"name\":\"-a\"} | INVALID_REQUEST",
                "{\"name\":\"a$b\"} | INVALID_REQUEST",
                "{\"name\":\"a\",\"nmae\":\"b\"} | INVALID_REQUEST",
                "{\"name\":\"a\",\"name\":\"b\"} | INVALID_JSON",
                "{\"name\":\"a\"} {} | INVALID_JSON",
                "{\"name\":\"a\" | INVALID_JSON",
            })
    void refusesADatabaseThatIsNoneAndCreatesNothing(String body, ErrorCode code) {
        assertProblem(store.send("POST", "/v1/databases", body), code);
        assertThat(store.get("/v1/databases").body()).isEqualTo("{\"databases\":[]}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"name\":\"t\"} | INVALID_REQUEST",
                "{\"columns\":[]} | INVALID_REQUEST",
                "{\"name\":\"t\",\"columns\":{}} | INVALID_REQUEST",
                "{\"name\":\"t\",\"columns\":[7]} | INVALID_REQUEST",
                "{\"name\":\"t\",\"columns\":[{\"name\":\"a\"}]} | INVALID_REQUEST",
                "{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INTT\"}]} | INVALID_SCHEMA",
                "{\"name\":\"t\",\"columns\":[]} | INVALID_SCHEMA",
                "{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"},{\"name\":\"a\",\"type\":\"INT\"}]} | INVALID_SCHEMA",
                "{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\",\"nullable\":\"no\"}]} | INVALID_REQUEST",
                "{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}],\"buckets\":0} | INVALID_SCHEMA",
                "{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}],\"buckets\":\"4\"} | INVALID_REQUEST",
                "{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}],\"buckets\":99999999999} | INVALID_REQUEST",
                "{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}],\"properties\":{\"log.tttl\":\"7d\"}} | INVALID_PROPERTY",
                "{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}],\"properties\":[]} | INVALID_REQUEST",
                "{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}],\"primary_key\":[\"b\"]} | INVALID_SCHEMA",
                "{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}],\"partition_by\":[\"b\"]} | INVALID_SCHEMA",
            })
    void refusesATableThatIsNoneAndCreatesNothing(String body, ErrorCode code) {
        createShop();
        assertProblem(createTable(body), code);
        assertThat(store.get("/v1/databases/shop/tables").body()).isEqualTo("{\"tables\":[]}");
    }

    @Test
    void namesTheNearestPropertyToAnUnknownOne() {
        createShop();
        JsonNode problem = assertProblem(
                createTable(
                        "{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}],\"properties\":{\"log.tll\":\"7d\"}}"),
                ErrorCode.INVALID_PROPERTY);
        assertThat(problem.get("detail").asText()).contains("log.tll").contains("log.ttl");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"add\":[]}",
                "{\"add_columns\":{}}",
                "{\"rename_columns\":[]}",
                "{\"drop_columns\":\"a\"}",
                "{\"set_properties\":{\"log.ttl\":null}}",
                "{\"set_properties\":{\"log.ttl\":[\"7d\"]}}",
                "[]"
            })
    void refusesAChangeThatIsNone(String body) {
        createShop();
        createTable("{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}]}");
        String before = store.get("/v1/databases/shop/tables/t").body();
        assertProblem(store.send("PATCH", "/v1/databases/shop/tables/t", body), ErrorCode.INVALID_REQUEST);
        assertThat(store.get("/v1/databases/shop/tables/t").body()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "page_size=0",
                "page_size=1001",
                "page_size=x",
                "page_size=",
                "page_token=%25%25",
                "page_token=YQ",
                "page=1",
                "page_size=1&page_size=2",
                "page_size=%ff"
            })
    void refusesPagesThatAreNone(String query) {
        assertProblem(store.get("/v1/databases?" + query), ErrorCode.INVALID_REQUEST);
    }

    @Test
    void takesOnlyJson() {
        assertProblem(
                store.send(store.request("/v1/databases")
                        .header("Content-Type", "text/plain")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"name\":\"a\"}"))),
                ErrorCode.UNSUPPORTED_MEDIA_TYPE);
        assertProblem(
                store.send(
                        store.request("/v1/databases").POST(HttpRequest.BodyPublishers.ofString("{\"name\":\"a\"}"))),
                ErrorCode.UNSUPPORTED_MEDIA_TYPE);
    }

    @Test
    void refusesOversizedDocumentsAndDeepOnes() {
        String large = "{\"name\":\"" + "a".repeat(5 << 20) + "\"}";
        assertProblem(store.send("POST", "/v1/databases", large), ErrorCode.BODY_TOO_LARGE);
        assertProblem(store.send("POST", "/v1/databases", "[".repeat(100_000)), ErrorCode.INVALID_JSON);
    }
}
