package io.weir.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The packaged store in a process of its own, for tests that kill it. Its log goes to this process's standard error. */
final class StoreProcess implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();
    static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final Process process;
    private final URI uri;

    private StoreProcess(Process process, URI uri) {
        this.process = process;
        this.uri = uri;
    }

    /** Returns when the store says that it is ready; {@code settings} are environment variables, {@code properties} system properties. */
    static StoreProcess start(Path dataDirectory, Map<String, String> settings, String... properties) {
        QuickStart.prepare();
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--add-opens=java.base/java.nio=ALL-UNNAMED");
        if (Runtime.version().feature() >= 24) {
            command.add("--enable-native-access=ALL-UNNAMED");
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        // Most of these processes live for seconds.
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:SharedArchiveFile=" + QuickStart.ARCHIVE));
        command.addAll(List.of("-Xlog:cds=off", "-Xlog:cds+dynamic=off", "-Xmx512m"));
        for (String property : properties) {
            command.add("-D" + property);
        }
        command.addAll(List.of("-cp", QuickStart.PROGRAM.resolve("lib") + "/*", Main.class.getName(), "start"));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("WEIR_DATA_DIR", dataDirectory.toString());
        builder.environment().put("WEIR_HTTP_PORT", "0");
        builder.environment().put("WEIR_CLUSTER_PORT", "0");
        builder.environment().putAll(settings);
        try {
            return awaitReady(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static StoreProcess awaitReady(Process process) throws IOException {
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith("weir ready ")) {
                return new StoreProcess(process, URI.create(line.substring("weir ready ".length())));
            }
        }
        throw new IOException("the store ended before it was ready");
    }

    long pid() {
        return process.pid();
    }

    URI uri() {
        return uri;
    }

    void kill() {
        process.destroyForcibly();
        waitFor(Duration.ofSeconds(10));
    }

    /** SIGTERM. @return how long the store took to end */
    Duration terminate() {
        long begin = System.nanoTime();
        process.destroy();
        waitFor(Duration.ofSeconds(60));
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    private void waitFor(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("the store did not end within " + limit);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        waitFor(Duration.ofSeconds(10));
    }

    record Answer(int status, String body) {
        JsonNode json() {
            try {
                return JSON.readTree(body);
            } catch (IOException e) {
                throw new UncheckedIOException(body, e);
            }
        }
    }

    Answer get(String path) throws IOException {
        return send(HttpRequest.newBuilder(uri.resolve(path)).build());
    }

    Answer post(String path, String contentType, String body, String... headers) throws IOException {
        return send("POST", path, contentType, body, headers);
    }

    Answer send(String method, String path, String contentType, String body, String... headers) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri.resolve(path)).header("Content-Type", contentType);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request.method(method, HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    private static Answer send(HttpRequest request) throws IOException {
        try {
            HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.body());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
