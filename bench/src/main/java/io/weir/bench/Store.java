package io.weir.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A store in a process of its own, on a data directory that goes away with it. Started by the {@code weir} script, as a user would. */
final class Store implements AutoCloseable {
    private final Process process;
    private final Path directory;
    private final URI uri;

    private Store(Process process, Path directory, URI uri) {
        this.process = process;
        this.directory = directory;
        this.uri = uri;
    }

    /** Returns when the store says that it is ready. */
    static Store start(Path home, Path workDirectory) throws IOException {
        Files.createDirectories(workDirectory);
        Path directory = Files.createTempDirectory(workDirectory, "weir-bench-");
        ProcessBuilder builder = new ProcessBuilder(List.of(home.resolve("weir").toString(), "start"));
        builder.environment().put("WEIR_DATA_DIR", directory.toString());
        builder.environment().put("WEIR_HTTP_PORT", "0");
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        Process process = builder.start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith("weir ready ")) {
                return new Store(process, directory, URI.create(line.substring("weir ready ".length())));
            }
        }
        throw new IOException("the store ended before it was ready");
    }

    URI uri() {
        return uri;
    }

    Path directory() {
        return directory;
    }

    /** CPU time that the store's process used so far, in seconds. */
    double cpuSeconds() {
        return process.toHandle()
                .info()
                .totalCpuDuration()
                .map(duration -> duration.toMillis() / 1000.0)
                .orElse(Double.NaN);
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(Store::delete);
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
