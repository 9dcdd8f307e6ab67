package io.weir.http;

import static io.weir.http.ProblemAssert.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.ErrorCode;
import java.net.http.HttpRequest;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OverloadTest {
    @Test
    void aNodeThatHoldsEnoughRefusesMoreAndGoesOn() {
        try (ServedStore store = new ServedStore(Map.of("weir.http.max-in-flight", "100 KiB"))) {
            String path = "/v1/databases/a/tables/t/rows?create=infer";
            String large = "{\"text\":\"" + "x".repeat(200_000) + "\"}";
            assertProblem(store.send("POST", path, large), ErrorCode.OVERLOADED);
            assertThat(store.send("POST", path, "{\"text\":\"x\"}").statusCode())
                    .isEqualTo(200);
            assertThat(store.get("/metrics").body())
                    .contains("weir_http_refused_total{status=\"429\"} 1.0")
                    .contains("weir_http_in_flight_bytes 0");
        }
    }

    @Test
    void anAnswerThatTakesTooLongIsAProblem() {
        try (ServedStore store = new ServedStore(Map.of("weir.http.request-timeout", "500 ms"))) {
            store.send("POST", "/v1/databases", "{\"name\":\"a\"}");
            store.send(
                    "POST",
                    "/v1/databases/a/tables",
                    "{\"name\":\"t\",\"columns\":[{\"name\":\"id\",\"type\":\"INT\"}]}");
            store.cluster.faults(0).silent = true;
            assertProblem(store.send("POST", "/v1/databases/a/tables/t/rows", "{\"id\":1}"), ErrorCode.TIMEOUT);
        }
    }

    @Test
    void anAppendWithoutAnAnswerHasAnUnknownOutcome() {
        try (ServedStore store = new ServedStore(Map.of("weir.http.write-timeout", "300 ms"))) {
            store.send("POST", "/v1/databases", "{\"name\":\"a\"}");
            store.send(
                    "POST",
                    "/v1/databases/a/tables",
                    "{\"name\":\"t\",\"columns\":[{\"name\":\"id\",\"type\":\"INT\"}]}");
            store.cluster.faults(0).silent = true;
            assertProblem(
                    store.send(store.request("/v1/databases/a/tables/t/rows")
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString("{\"id\":1}"))),
                    ErrorCode.OUTCOME_UNKNOWN);
        }
    }
}
