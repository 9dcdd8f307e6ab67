package io.weir.server;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import io.weir.codec.WeirException;
import io.weir.sharding.RecoveryReport;
import io.weir.sharding.StoreRecovery;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "recover",
        description = {
            "Makes the journal of a store anew from its object store, where the data directory with the journal was lost.",
            "Run it on the node that holds the journal, with the settings of `weir start` (WEIR_DATA_DIR, WEIR_OBJECT_STORE, AWS_...),"
                    + " while no node runs; then start the node."
        },
        mixinStandardHelpOptions = true)
final class RecoverCommand implements Callable<Integer> {
    @Option(names = "--dry-run", description = "only say what the object store has")
    private boolean dryRun;

    @Option(
            names = "--accept-loss",
            description =
                    "go on where rows that were on the object store cannot be had any more; without it nothing is written then")
    private boolean acceptLoss;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        long begin = System.nanoTime();
        RecoveryReport report = run();
        print(out, report);
        double seconds = Duration.ofNanos(System.nanoTime() - begin).toMillis() / 1000.0;
        if (!dryRun && !report.written()) {
            out.flush();
            throw new CommandFailure(
                    CommandFailure.REFUSED, "nothing was written: see what is lost; --accept-loss goes on without it");
        }
        out.printf(
                "%n%s (%.1f s)%n",
                dryRun ? "dry run, nothing was written" : "recovered; `weir start` serves it now", seconds);
        out.flush();
        return 0;
    }

    private RecoveryReport run() throws Exception {
        StoreRecovery.Mode mode = dryRun
                ? StoreRecovery.Mode.DRY_RUN
                : acceptLoss ? StoreRecovery.Mode.ACCEPT_LOSS : StoreRecovery.Mode.RECOVER;
        boolean terminal = System.console() != null && System.getenv("TERM") != null;
        try (ProgressBar bar = terminal ? bar() : null) {
            return StoreRecovery.run(ConfigFactory.defaultApplication(), mode, (found, about) -> {
                if (bar != null) {
                    bar.maxHint(about).stepTo(found);
                }
            });
        } catch (IllegalArgumentException | IllegalStateException | ConfigException e) {
            throw new CommandFailure(CommandFailure.REFUSED, "cannot recover: " + e.getMessage());
        } catch (WeirException e) {
            throw new CommandFailure(CommandFailure.REFUSED, "cannot recover: " + e.detail());
        }
    }

    private static ProgressBar bar() {
        return new ProgressBarBuilder()
                .setTaskName("recover")
                .setInitialMax(1)
                .setUnit(" buckets", 1)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(System.err))
                .build();
    }

    private static void print(PrintWriter out, RecoveryReport report) {
        out.printf("%-22s %s%n", "object store", report.store());
        out.printf("%-22s %s, catalog version %d%n", "cluster", report.clusterId(), report.catalogVersion());
        count(out, "databases", report.databases());
        count(out, "tables", report.tables());
        count(out, "partitions", report.partitions());
        count(out, "buckets with rows", report.buckets());
        count(out, "segments", report.segments());
        count(out, "KV snapshots", report.snapshots());
        count(out, "bytes", report.bytes());
        count(out, "logs on this disk", report.keptHere());
        count(out, "losses", report.lossCount());
        list(out, "lost", report.losses());
        list(out, "also found", report.notes());
    }

    private static void count(PrintWriter out, String what, long count) {
        out.printf("%-22s %,18d%n", what, count);
    }

    private static void list(PrintWriter out, String title, List<String> sentences) {
        if (!sentences.isEmpty()) {
            out.printf("%n%s:%n", title);
            sentences.forEach(sentence -> out.println("  " + sentence));
        }
    }
}
