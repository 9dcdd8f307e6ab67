package io.weir.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
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

    /** On a new directory. Returns when the store says that it is ready. */
    static Store start(Path home, Path workDirectory) throws IOException {
        Files.createDirectories(workDirectory);
        return start(home, Files.createTempDirectory(workDirectory, "weir-bench-"), Map.of());
    }

    /** @param environment besides what this process has */
    static Store start(Path home, Path directory, Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(List.of(home.resolve("weir").toString(), "start"));
        builder.environment().putAll(environment);
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

    /** Most memory that the store's process had resident at one time; Linux only. */
    long peakMemoryBytes() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElse(0);
        }
    }

    /** Ends the process in order; its directory stays. */
    void stop() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        stop();
        delete(directory);
    }

    /** A file, or a directory with all that is in it; nothing where there is none. */
    static void delete(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
