package io.weir.server;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "load",
        description = "Writes a file's rows into a table: NDJSON (also gzipped), an Arrow stream or an Arrow file.",
        mixinStandardHelpOptions = true)
final class LoadCommand implements Callable<Integer> {
    @Mixin
    private final ServerOption server = new ServerOption();

    @Parameters(index = "0", paramLabel = "FILE")
    private Path file = Path.of("");

    @Parameters(index = "1", paramLabel = "DATABASE.TABLE")
    private String table = "";

    @Option(
            names = "--create",
            description = "create the table, with columns inferred from the first rows, if there is none")
    private boolean create;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws Exception {
        if (!Files.isReadable(file)) {
            throw new CommandFailure(CommandFailure.REFUSED, "cannot read " + file);
        }
        PrintWriter out = spec.commandLine().getOut();
        long begin = System.nanoTime();
        long rows = load(server.api());
        double seconds = Duration.ofNanos(System.nanoTime() - begin).toMillis() / 1000.0;
        out.printf("loaded %,d rows into %s in %.1f s%n", rows, table, seconds);
        out.flush();
        return 0;
    }

    /** One writer id for the whole load, so that a request repeated after a lost answer is stored once. Requests go in file order. */
    private long load(HttpApi api) throws IOException, InterruptedException {
        String path = HttpApi.tablePath(table) + "/rows" + (create ? "?create=infer" : "");
        String writerId = "load-" + UUID.randomUUID();
        long rows = 0;
        long sequence = 0;
        try (RowChunks chunks = RowChunks.open(file);
                Progress progress = Progress.of(Files.size(file))) {
            for (byte[] chunk = chunks.next(); chunk != null; chunk = chunks.next()) {
                rows += api.postRows(path, chunks.contentType(), chunk, writerId, ++sequence);
                progress.reached(chunks.bytesRead(), rows);
            }
        } catch (CommandFailure failure) {
            throw new CommandFailure(
                    failure.exitCode(),
                    "%s%n%,d rows before request %d are stored; nothing of that request is."
                            .formatted(failure.getMessage(), rows, sequence));
        } catch (IOException failure) {
            throw new CommandFailure(
                    CommandFailure.REFUSED,
                    "%s: %s%n%,d rows are known to be stored.".formatted(file, CommandFailure.explain(failure), rows));
        }
        return rows;
    }

    /** A bar on a terminal; elsewhere a plain line now and then. */
    private interface Progress extends AutoCloseable {
        void reached(long bytes, long rows);

        @Override
        void close();

        static Progress of(long totalBytes) {
            return System.console() == null || System.getenv("TERM") == null
                    ? new Lines(totalBytes)
                    : new Bar(totalBytes);
        }
    }

    private static final class Bar implements Progress {
        private final ProgressBar bar;

        Bar(long totalBytes) {
            bar = new ProgressBarBuilder()
                    .setTaskName("load")
                    .setInitialMax(totalBytes)
                    .setUnit(" MiB", 1 << 20)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setConsumer(new ConsoleProgressBarConsumer(System.err))
                    .build();
        }

        @Override
        public void reached(long bytes, long rows) {
            bar.stepTo(bytes).setExtraMessage(String.format("%,d rows", rows));
        }

        @Override
        public void close() {
            bar.close();
        }
    }

    private static final class Lines implements Progress {
        private static final long EVERY_NANOS = Duration.ofSeconds(5).toNanos();

        private final long totalBytes;
        private @Nullable Long lastNanos;

        Lines(long totalBytes) {
            this.totalBytes = totalBytes;
        }

        @Override
        public void reached(long bytes, long rows) {
            long now = System.nanoTime();
            if (lastNanos == null || now - lastNanos >= EVERY_NANOS) {
                lastNanos = now;
                long percent = totalBytes == 0 ? 100 : Math.min(100, bytes * 100 / totalBytes);
                System.err.printf("load: %d %% of the file, %,d rows%n", percent, rows);
            }
        }

        @Override
        public void close() {}
    }
}
