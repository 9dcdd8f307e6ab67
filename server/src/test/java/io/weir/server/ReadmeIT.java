package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the README's lines as they stand, but for the data directory and the port. A machine with a JDK alone may have no curl, so
 * curl's lines are read and sent by the JDK's client here; interop/ runs them with curl itself.
 */
class ReadmeIT {
    private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
    private static final String ADDRESS = "http://127.0.0.1:8080";

    @TempDir
    Path data;

    @Test
    void quickstartReadsItsRowsBackInThreeLines() throws Exception {
        List<String> lines = block("quickstart");
        assertThat(lines).hasSize(3);
        try (StoreProcess store = start(lines.get(0))) {
            assertThat(curl(lines.get(1), store.uri())).contains("\"rows\":2", "\"durability\":\"local\"");
            assertThat(curl(lines.get(2), store.uri())).contains("ada", "grace", "12", "7");
        }
    }

    @Test
    void tourShowsWhatItSays() throws Exception {
        List<String> lines = block("tour");
        try (StoreProcess store = start("./weir start")) {
            for (String line : lines) {
                String output = line.startsWith("curl") ? curl(line, store.uri()) : weir(line, store.uri());
                assertThat(output).as(line).isNotEmpty();
                if (line.contains(" load ")) {
                    assertThat(output).contains("39,244 rows");
                } else if (line.contains("where=added")) {
                    assertThat(output.split("\"user\"", -1)).hasSize(6);
                } else if (line.contains(" tail ")) {
                    assertThat(output.strip().split("\n")).hasSize(5).allMatch(row -> row.contains("#de.wikipedia"));
                }
            }
        }
    }

    @Test
    void tableWithKeyShowsWhatItSays() throws Exception {
        List<String> lines = block("keyed");
        assertThat(lines).hasSize(6);
        try (StoreProcess store = start("./weir start")) {
            curl(lines.get(0), store.uri());
            assertThat(curl(lines.get(1), store.uri())).contains("\"primary_key\":[\"item\"]");
            assertThat(curl(lines.get(2), store.uri())).contains("\"rows\":3");
            assertThat(curl(lines.get(3), store.uri())).contains("\"item\":\"tea\"", "\"n\":3");
            assertThat(curl(lines.get(4), store.uri())).contains("insert", "update_before", "update_after");
            assertThat(curl(lines.get(5), store.uri())).contains("\"items\":2", "\"n\":12");
        }
    }

    @Test
    void fourLinesLeadToTheFirstRowReadFromTheLake() throws Exception {
        List<String> lines = block("lake");
        assertThat(lines).hasSize(4);
        try (StoreProcess store = start(lines.get(0))) {
            assertThat(curl(lines.get(1), store.uri())).contains("\"rows\":2");
            assertThat(weir(lines.get(2), store.uri())).contains("demo.edits", "2 rows");
            assertThat(curl(lines.get(3), store.uri())).contains("ada", "grace", "12", "7");
        }
    }

    private StoreProcess start(String line) throws IOException {
        assertThat(line).isEqualTo("./weir start");
        ProcessBuilder builder = new ProcessBuilder(line.split(" ", -1)).directory(HOME.toFile());
        builder.environment().put("WEIR_DATA_DIR", data.resolve("store").toString());
        builder.environment().put("WEIR_HTTP_PORT", "0");
        builder.environment().put("WEIR_CLUSTER_PORT", "0");
        return StoreProcess.awaitReady(
                builder.redirectError(ProcessBuilder.Redirect.INHERIT).start());
    }

    private static String weir(String line, URI server) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(words(line)).directory(HOME.toFile());
        builder.environment().put("WEIR_SERVER", server.toString());
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(line).isZero();
        return output;
    }

    private static String curl(String line, URI server) throws IOException, InterruptedException {
        String method = "GET";
        String body = "";
        URI uri = null;
        HttpRequest.Builder request = HttpRequest.newBuilder();
        List<String> words = words(line);
        for (int i = 1; i < words.size(); i++) {
            String word = words.get(i);
            if (word.equals("-X")) {
                method = words.get(++i);
            } else if (word.equals("-d")) {
                body = words.get(++i);
            } else if (word.equals("-o")) {
                i++;
            } else if (word.equals("-H")) {
                String[] header = words.get(++i).split(": ", 2);
                request.header(header[0], header[1]);
            } else {
                assertThat(word).startsWith(ADDRESS);
                uri = URI.create(server + word.substring(ADDRESS.length()).replace(">", "%3E"));
            }
        }
        HttpResponse<String> response = StoreProcess.HTTP.send(
                request.uri(uri)
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(line + "\n" + response.body()).isIn(200, 201);
        return response.body();
    }

    /** The lines of the code block after the comment that names it. */
    private static List<String> block(String name) throws IOException {
        String readme = Files.readString(HOME.resolve("README.md"));
        Matcher block = Pattern.compile("<!-- " + name + ": .*? -->\\s*```sh\\n(.*?)```", Pattern.DOTALL)
                .matcher(readme);
        assertThat(block.find()).as("README has a block %s", name).isTrue();
        return block.group(1).lines().toList();
    }

    /** Splits a shell line with plain and quoted words. */
    private static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        Matcher word = Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)").matcher(line);
        while (word.find()) {
            words.add(word.group(1) != null ? word.group(1) : word.group(2) != null ? word.group(2) : word.group(3));
        }
        return words;
    }
}
