package io.weir.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "reap",
        description = {
            "Looks for objects of the object store that nothing names any more: what uploads that failed and what was dropped left.",
            "Without --delete it only says what it finds. The store does the same by itself every weir.remote.reaper-interval."
        },
        mixinStandardHelpOptions = true)
final class ReapCommand implements Callable<Integer> {
    /** Each waits for about a minute. */
    private static final int ATTEMPTS = 120;

    @Mixin
    private final ServerOption server = new ServerOption();

    @Option(names = "--delete", description = "delete them")
    private boolean delete;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws Exception {
        JsonNode report = server.api().post("/v1/remote:reap?dry_run=" + !delete, ATTEMPTS);
        PrintWriter out = spec.commandLine().getOut();
        line(out, "objects listed", report.path("scanned"), "");
        line(out, "live", report.path("live"), "");
        line(out, "young", report.path("young"), "may be of uploads under way");
        line(out, "unknown names", report.path("unknown"), "never deleted");
        line(
                out,
                "orphans",
                report.path("orphans"),
                "%,d bytes".formatted(report.path("orphan_bytes").asLong()));
        line(out, "deleted", report.path("deleted"), delete ? "" : "dry run; --delete deletes the orphans");
        list(out, "orphans, for example", report.path("examples"));
        list(out, "left alone", report.path("problems"));
        out.flush();
        return 0;
    }

    private static void line(PrintWriter out, String what, JsonNode count, String remark) {
        out.println("%-16s %,14d  %s".formatted(what, count.asLong(), remark).stripTrailing());
    }

    private static void list(PrintWriter out, String title, JsonNode items) {
        if (!items.isEmpty()) {
            out.printf("%n%s:%n", title);
            items.forEach(item -> out.println("  " + item.asText()));
        }
    }
}
