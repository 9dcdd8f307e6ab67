package io.weir.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The store's HTTP interface as the commands use it. Every answer that is not a success becomes a {@link CommandFailure}. */
final class HttpApi {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private final String server;

    HttpApi(String server) {
        this.server = server.endsWith("/") ? server.substring(0, server.length() - 1) : server;
    }

    /** The path of a table given as {@code database.table}. */
    static String tablePath(String name) {
        int dot = name.indexOf('.');
        if (dot <= 0 || dot == name.length() - 1) {
            throw new CommandFailure(CommandFailure.REFUSED, "'" + name + "' is not DATABASE.TABLE");
        }
        return "/v1/databases/" + encode(name.substring(0, dot)) + "/tables/" + encode(name.substring(dot + 1));
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    JsonNode get(String path) throws IOException, InterruptedException {
        HttpResponse<byte[]> response =
                client.send(request(path).timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofByteArray());
        check(response.statusCode(), response.body());
        return JSON.readTree(response.body());
    }

    /**
     * Posts nothing to a path that starts or joins long work, again and again while the answer is that it goes on.
     *
     * @param attempts most requests
     */
    JsonNode post(String path, int attempts) throws IOException, InterruptedException {
        HttpRequest request = request(path)
                .timeout(TIMEOUT.multipliedBy(2))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        for (int attempt = 1; ; attempt++) {
            HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
            boolean goesOn = response.statusCode() == 503
                    && JSON.readTree(response.body()).path("code").asText().equals("timeout");
            if (!goesOn || attempt == attempts) {
                check(response.statusCode(), response.body());
                return JSON.readTree(response.body());
            }
        }
    }

    void patch(String path, String json) throws IOException, InterruptedException {
        HttpRequest request = request(path)
                .timeout(TIMEOUT)
                .header("Content-Type", "application/json")
                .method("PATCH", HttpRequest.BodyPublishers.ofString(json))
                .build();
        HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
        check(response.statusCode(), response.body());
    }

    /** An answer that streams, for as long as the caller reads it. */
    InputStream open(String path, String accept) throws IOException, InterruptedException {
        HttpResponse<InputStream> response =
                client.send(request(path).header("Accept", accept).build(), HttpResponse.BodyHandlers.ofInputStream());
        if (response.statusCode() != 200) {
            check(response.statusCode(), response.body().readNBytes(64 << 10));
        }
        return response.body();
    }

    /**
     * Posts rows under a writer's sequence, again and again while the store asks for patience.
     *
     * @return rows that the store says it has
     */
    long postRows(String path, String contentType, byte[] body, String writerId, long sequence)
            throws IOException, InterruptedException {
        HttpRequest request = request(path)
                .timeout(TIMEOUT)
                .header("Content-Type", contentType)
                .header("Weir-Writer-Id", writerId)
                .header("Weir-Writer-Sequence", Long.toString(sequence))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        for (int attempt = 1; ; attempt++) {
            HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
            boolean busy = response.statusCode() == 429 || response.statusCode() == 503;
            if (!busy || attempt == 30) {
                check(response.statusCode(), response.body());
                return JSON.readTree(response.body()).path("rows").asLong();
            }
            Thread.sleep(
                    1000L * response.headers().firstValueAsLong("Retry-After").orElse(1));
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server + path));
    }

    private static void check(int status, byte[] body) throws IOException {
        if (status / 100 == 2) {
            return;
        }
        int exitCode = status == 429 || status >= 500 ? CommandFailure.RETRYABLE : CommandFailure.REFUSED;
        throw new CommandFailure(exitCode, "the store answered " + status + ": " + problem(body));
    }

    private static String problem(byte[] body) throws IOException {
        @Nullable JsonNode problem;
        try {
            problem = JSON.readTree(body);
        } catch (com.fasterxml.jackson.core.JsonProcessingException notJson) {
            return new String(body, StandardCharsets.UTF_8);
        }
        StringBuilder text = new StringBuilder(
                problem.path("detail").asText(problem.path("title").asText()));
        problem.path("errors").forEach(error -> text.append("\n  row ")
                .append(error.path("row").asInt())
                .append(' ')
                .append(error.path("pointer").asText())
                .append(": ")
                .append(error.path("detail").asText()));
        return text.toString();
    }
}
