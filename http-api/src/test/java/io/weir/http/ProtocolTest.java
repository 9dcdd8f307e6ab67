package io.weir.http;

import static io.weir.http.ProblemAssert.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.weir.codec.ErrorCode;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client does that means no good, or does not know better: each gets a problem, and the server goes on. */
class ProtocolTest {
    private static ServedStore store;

    @BeforeAll
    static void start() {
        store = new ServedStore();
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    /** All that the server sends to these bytes until it closes, or until the answer with a Content-Length is whole. */
    private static String raw(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", store.port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    static Stream<Arguments> malformed() {
        return Stream.of(
                Arguments.of("no HTTP at all", "hello\r\n\r\n"),
                Arguments.of("an unknown version", "GET / HTTP/3.7\r\nHost: a\r\n\r\n"),
                Arguments.of("no host", "GET /v1/databases HTTP/1.1\r\n\r\n"),
                Arguments.of("header without a colon", "GET / HTTP/1.1\r\nHost: a\r\nbroken\r\n\r\n"),
                Arguments.of("a flood of headers", "GET / HTTP/1.1\r\nHost: a\r\n" + "X-A: 1\r\n".repeat(500) + "\r\n"),
                Arguments.of(
                        "a header without end",
                        "GET / HTTP/1.1\r\nHost: a\r\nX-A: " + "1".repeat(200_000) + "\r\n\r\n"),
                Arguments.of("a path without end", "GET /" + "a".repeat(100_000) + " HTTP/1.1\r\nHost: a\r\n\r\n"),
                Arguments.of("two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "{\"a\":1}")),
                Arguments.of("a negative length", post("Content-Length: -5\r\n", "{\"a\":1}")),
                Arguments.of("a length that is no number", post("Content-Length: five\r\n", "{\"a\":1}")),
                Arguments.of("bad chunking", post("Transfer-Encoding: chunked\r\n", "zz\r\n{\"a\":1}\r\n0\r\n\r\n")),
                Arguments.of(
                        "a chunk larger than its size",
                        post("Transfer-Encoding: chunked\r\n", "2\r\n{\"a\":1}\r\n0\r\n\r\n")),
                Arguments.of("a chunk beyond bounds", post("Transfer-Encoding: chunked\r\n", "ffffffff\r\n{")),
                Arguments.of("a body that breaks off", post("Content-Length: 500\r\n", "{\"a\":1}")),
                Arguments.of("chunks that break off", post("Transfer-Encoding: chunked\r\n", "5\r\n{\"a\":")),
                Arguments.of("a percent sign alone", "GET /v1/databases/%zz HTTP/1.1\r\nHost: a\r\n\r\n"),
                Arguments.of("a zero byte in the path", "GET /v1/databases/\0 HTTP/1.1\r\nHost: a\r\n\r\n"));
    }

    private static String post(String headers, String body) {
        return "POST /v1/databases HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + headers + "\r\n" + body;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformed")
    void malformedRequestsGetAProblemOrAClosedConnection(String what, String request) throws IOException {
        String answer = raw(request);
        if (!answer.isEmpty()) {
            assertThat(answer)
                    .startsWith("HTTP/1.1 4")
                    .contains("application/problem+json")
                    .contains("\"code\":\"");
        }
        assertThat(what.startsWith("a body that") || what.startsWith("chunks") || !answer.isEmpty())
                .as("an answer to %s", what)
                .isTrue();
        assertThat(store.get("/v1/databases").body()).isEqualTo("{\"databases\":[]}");
    }

    @Test
    void anUnknownMethodIsNotAllowed() throws IOException {
        assertThat(raw("BREW /v1/databases HTTP/1.1\r\nHost: a\r\n\r\n"))
                .startsWith("HTTP/1.1 405")
                .contains("method-not-allowed")
                .contains("Allow: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/nothing",
                "/v1",
                "/v1/",
                "/v1/databases/",
                "//v1/databases",
                "/v1//databases",
                "/V1/databases",
                "/v1/databases/a/tables/t/rows:look",
                "/v1/databases/a/tables/t/scans",
                "/v1/tiering/x",
                "/health",
                "/v1/databases/a/tables/t/partitions/p/q",
                "/v1/databases/..%2f..%2fetc/x",
                "/v1/databases/%2e%2e"
            })
    void unknownPathsAreProblems(String path) {
        assertProblem(store.get(path), ErrorCode.ROUTE_NOT_FOUND);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/databases/..%2f..%2fetc",
                "/v1/databases/a%2Fb",
                "/v1/databases/-a",
                "/v1/databases/a%00b",
                "/v1/databases/%C3%A4",
                "/v1/databases/$a",
                "/v1/databases/a%20b",
                "/v1/databases/a/tables/..%5c..",
                "/v1/databases/a/tables/t$changelog/log"
            })
    void namesThatAreNoneAreRefused(String path) {
        assertProblem(store.get(path), ErrorCode.INVALID_REQUEST);
    }

    @Test
    void aNameMayHave128CharactersAndNotOneMore() {
        assertProblem(store.get("/v1/databases/" + "a".repeat(128)), ErrorCode.DATABASE_NOT_FOUND);
        assertProblem(store.get("/v1/databases/" + "a".repeat(129)), ErrorCode.INVALID_REQUEST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/databases", "/v1/databases/a/tables/t/rows", "/health/live", "/", "/openapi.json"})
    void otherMethodsAreNotAllowed(String path) {
        for (String method : new String[] {"PUT", "OPTIONS", "TRACE"}) {
            HttpResponse<String> answer =
                    store.send(store.request(path).method(method, HttpRequest.BodyPublishers.noBody()));
            assertProblem(answer, ErrorCode.METHOD_NOT_ALLOWED);
            assertThat(answer.headers().firstValue("allow").orElse("")).matches("[A-Z]+(, [A-Z]+)*");
        }
    }

    @Test
    void theRequestIdIsTakenEchoedOrMade() {
        HttpResponse<String> given = store.send(store.request("/nothing").header("x-request-id", "abc-1"));
        assertThat(given.headers().firstValue("x-request-id")).hasValue("abc-1");
        assertThat(ServedStore.json(given).get("request_id").asText()).isEqualTo("abc-1");
        String first =
                store.get("/health/live").headers().firstValue("x-request-id").orElse("");
        String second =
                store.get("/health/live").headers().firstValue("x-request-id").orElse("");
        assertThat(first).isNotEmpty().isNotEqualTo(second);
        HttpResponse<String> bad = store.send(store.request("/health/live").header("x-request-id", "a".repeat(129)));
        assertThat(bad.headers().firstValue("x-request-id").orElse(""))
                .isNotEmpty()
                .hasSizeLessThan(129);
    }

    @Test
    void serviceCallsAnswer() {
        assertThat(store.get("/health/live").body()).isEqualTo("{\"status\":\"ok\"}");
        assertThat(store.get("/health/ready").body()).isEqualTo("{\"status\":\"ok\"}");
        JsonNode member =
                ServedStore.json(store.get("/v1/cluster")).get("members").get(0);
        assertThat(member.get("self").asBoolean()).isTrue();
        assertThat(member.get("buckets_led").asInt()).isNotNegative();
        HttpResponse<String> metrics = store.get("/metrics");
        assertThat(metrics.headers().firstValue("content-type").orElse("")).startsWith("text/plain");
        assertThat(metrics.body())
                .contains(
                        "weir_http_request_duration_seconds_count{method=\"GET\",route=\"/health/live\",status=\"200\"}")
                .contains("weir_http_in_flight_bytes 0");
        HttpResponse<String> page = store.get("/");
        assertThat(page.headers().firstValue("content-type").orElse("")).startsWith("text/html");
        assertThat(page.body()).contains("127.0.0.1:1");
    }

    @Test
    void unknownParametersAreRefusedByName() {
        JsonNode problem = assertProblem(store.get("/health/live?verbose=1"), ErrorCode.INVALID_REQUEST);
        assertThat(problem.get("detail").asText()).contains("verbose");
    }
}
