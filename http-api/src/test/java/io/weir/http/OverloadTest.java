package io.weir.http;

import static io.weir.http.ProblemAssert.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.weir.codec.ErrorCode;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    @ParameterizedTest
    @CsvSource({"application/json,413", "text/csv,415"})
    void aClientThatSendsAllBeforeItReadsStillReadsTheRefusal(String type, int status) throws IOException {
        try (ServedStore store = new ServedStore(Map.of("weir.http.max-request-size", "4 MiB"));
                Socket socket = new Socket("127.0.0.1", store.port)) {
            byte[] body = new byte[12 << 20];
            String head = "POST /v1/databases/a/tables/t/rows?create=infer HTTP/1.1\r\nHost: a\r\nContent-Type: " + type
                    + "\r\nContent-Length: " + body.length + "\r\nConnection: close\r\n\r\n";
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().write(body);
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 " + status);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/x-ndjson", "application/vnd.apache.arrow.stream", "text/event-stream"})
    void aQuietTailOfAClientThatLeftInGoodOrderEnds(String type) throws IOException {
        try (ServedStore store = new ServedStore(Map.of("weir.http.heartbeat", "100 ms"))) {
            store.send("POST", "/v1/databases/a/tables/t/rows?create=infer", "{\"text\":\"x\"}");
            try (Socket socket = new Socket("127.0.0.1", store.port)) {
                String request =
                        "GET /v1/databases/a/tables/t/log?follow=true&from=latest HTTP/1.1\r\nHost: a\r\nAccept: "
                                + type + "\r\n\r\n";
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                assertThat(socket.getInputStream().readNBytes(16)).isNotEmpty();
                assertThat(store.get("/metrics").body()).contains("weir_http_streams 1.0");
            }
            await().untilAsserted(() -> assertThat(store.get("/metrics").body()).contains("weir_http_streams 0.0"));
        }
    }

    @Test
    void aFifthAggregateAtATimeIsToldToComeLater() {
        try (ServedStore store = new ServedStore()) {
            store.send("POST", "/v1/databases/a/tables/t/rows?create=infer", "{\"text\":\"x\"}");
            store.cluster.faults(0).silent = true;
            List<CompletableFuture<HttpResponse<String>>> answers = IntStream.range(0, 5)
                    .mapToObj(i -> store.client.sendAsync(
                            store.request("/v1/databases/a/tables/t/aggregate")
                                    .header("Content-Type", "application/json")
                                    .POST(HttpRequest.BodyPublishers.ofString("{\"aggregates\":{\"n\":\"count(*)\"}}"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString()))
                    .toList();
            HttpResponse<String> first = CompletableFuture.anyOf(answers.toArray(CompletableFuture[]::new))
                    .thenApply(any -> answers.stream()
                            .filter(CompletableFuture::isDone)
                            .findFirst()
                            .orElseThrow()
                            .join())
                    .join();
            assertProblem(first, ErrorCode.OVERLOADED);
            assertThat(first.headers().firstValue("retry-after")).isPresent();
            assertThat(answers.stream().filter(CompletableFuture::isDone)).hasSize(1);
        }
    }
}
