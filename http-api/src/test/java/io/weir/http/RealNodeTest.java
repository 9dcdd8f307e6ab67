package io.weir.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.weir.sharding.WeirNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From the socket to the disk and back, with nothing faked, across a restart of the node. */
class RealNodeTest {
    private static final String T = "/v1/databases/shop/tables/edits";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    Path data;

    private WeirNode node;
    private int port;

    private void start() {
        Config config = ConfigFactory.parseMap(Map.of(
                "weir.data-dir",
                data.toString(),
                "weir.http.port",
                0,
                "pekko.coordinated-shutdown.run-by-jvm-shutdown-hook",
                "off"));
        node = WeirNode.start(config);
        node.ready().toCompletableFuture().join();
        port = HttpServer.start(
                        node.cluster(),
                        HttpSettings.from(node.system().settings().config()),
                        node.allocator(),
                        new PrometheusRegistry(),
                        Clock.systemUTC(),
                        new Random(1))
                .toCompletableFuture()
                .join()
                .localAddress()
                .getPort();
    }

    private JsonNode send(String method, String path, String type, String body)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Content-Type", type)
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private JsonNode get(String path) throws IOException, InterruptedException {
        return send("GET", path, "application/json", "");
    }

    @Test
    void rowsSurviveARestartAndAnAlteredTable() throws IOException, InterruptedException {
        start();
        String rows = IntStream.range(0, 2000)
                .mapToObj(i -> "{\"id\":" + i + ",\"text\":\"row " + i + "\",\"at\":\"2026-01-31T12:00:00Z\"}\n")
                .collect(Collectors.joining());
        assertThat(send("POST", T + "/rows?create=infer", "application/x-ndjson", rows)
                        .get("rows")
                        .asInt())
                .isEqualTo(2000);
        send("PATCH", T, "application/json", "{\"rename_columns\":{\"text\":\"words\"}}");
        send("POST", T + "/rows", "application/json", "{\"id\":2000,\"words\":\"new\"}");
        JsonNode before = get(T + "/log?where=id%20%3E%3D%201998&metadata=true");
        node.stop().toCompletableFuture().join();

        start();
        JsonNode after = get(T + "/log?where=id%20%3E%3D%201998&metadata=true");
        assertThat(after).isEqualTo(before);
        assertThat(after.get("rows")).hasSize(3);
        assertThat(after.at("/rows/0/words").asText()).isEqualTo("row 1998");
        assertThat(after.at("/rows/2/words").asText()).isEqualTo("new");
        assertThat(after.at("/rows/2/_offset").asInt()).isEqualTo(2000);
        assertThat(get(T + "/log?columns=id&from=" + after.get("next").asText()).get("rows"))
                .isEmpty();
        assertThat(get(T + "/buckets").at("/buckets/0/high_watermark").asInt()).isEqualTo(2001);
        assertThat(get("/v1/cluster").at("/members/0/buckets_led").asInt()).isEqualTo(1);
        node.stop().toCompletableFuture().join();
    }
}
