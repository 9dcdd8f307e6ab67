package io.weir.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The archive of parsed classes that {@code ./weir start} makes: with it, a store takes a third of the CPU time to start. */
final class QuickStart {
    static final Path PROGRAM = Path.of("target", "weir").toAbsolutePath();
    static final Path ARCHIVE = PROGRAM.resolve("classes-" + Runtime.version().feature() + ".jsa");

    private QuickStart() {}

    /** Has the archive made, where there is none of this build; without one everything works, only later. */
    static synchronized void prepare() {
        try {
            boolean present = Files.exists(ARCHIVE)
                    && Files.getLastModifiedTime(ARCHIVE).compareTo(Files.getLastModifiedTime(PROGRAM.resolve("built")))
                            >= 0;
            if (!present) {
                make();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void make() throws IOException {
        Path data = Files.createTempDirectory("weir-quick-start");
        ProcessBuilder start = new ProcessBuilder("./weir", "start")
                .directory(Path.of("..").toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        start.environment()
                .putAll(Map.of(
                        "WEIR_DATA_DIR",
                        data.toString(),
                        "WEIR_HTTP_PORT",
                        "0",
                        "WEIR_CLUSTER_PORT",
                        "0",
                        "JAVA_HOME",
                        System.getProperty("java.home")));
        StoreProcess.awaitReady(start.start()).close();
        try (var files = Files.walk(data)) {
            files.sorted(java.util.Comparator.reverseOrder())
                    .forEach(path -> path.toFile().delete());
        }
    }
}
