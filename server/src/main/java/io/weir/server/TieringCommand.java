package io.weir.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "tiering",
        description = {
            "Shows how far the lake is: the tables that go there, the workers, and the tables that wait.",
            "With an option, it tells the store about one table instead."
        },
        mixinStandardHelpOptions = true)
final class TieringCommand implements Callable<Integer> {
    private static final Pattern SQLITE = Pattern.compile(".*catalog sqlite (/.+)");

    @Mixin
    private final ServerOption server = new ServerOption();

    @ArgGroup
    private Action action = new Action();

    /** At most one of them. */
    private static final class Action {
        @Option(
                names = "--enable",
                paramLabel = "DATABASE.TABLE",
                description = "let the table go to the lake, and wait for its first round")
        private @Nullable String enable;

        @Option(
                names = "--trigger",
                paramLabel = "DATABASE.TABLE",
                description = "start a round now, and wait until it is through")
        private @Nullable String trigger;

        @Option(names = "--pause", paramLabel = "DATABASE.TABLE", description = "start no more rounds of the table")
        private @Nullable String pause;

        @Option(
                names = "--resume",
                paramLabel = "DATABASE.TABLE",
                description = "start rounds again, also after failures that stopped them")
        private @Nullable String resume;
    }

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws Exception {
        HttpApi api = server.api();
        PrintWriter out = spec.commandLine().getOut();
        if (action.enable != null) {
            enable(api, out, action.enable);
        } else if (action.trigger != null) {
            JsonNode table = TieringWait.round(api, action.trigger);
            out.printf(
                    "%s: %,d rows in the lake after %s%n",
                    action.trigger,
                    table.path("lake_rows").asLong(),
                    TieringTable.span(table.path("last_duration_ms")));
        } else if (action.pause != null) {
            tell(api, out, action.pause, "pause");
        } else if (action.resume != null) {
            tell(api, out, action.resume, "resume");
        } else {
            TieringTable.print(api.get("/v1/tiering"), out);
        }
        out.flush();
        return 0;
    }

    private static void tell(HttpApi api, PrintWriter out, String table, String what)
            throws IOException, InterruptedException {
        JsonNode now = api.post(HttpApi.tablePath(table) + "/tiering:" + what, 1);
        out.printf("%s: %s%n", table, TieringTable.state(now));
    }

    private void enable(HttpApi api, PrintWriter out, String table) throws IOException, InterruptedException {
        String lake = api.get("/v1/tiering").path("lake").asText("");
        if (lake.isEmpty()) {
            throw new CommandFailure(
                    CommandFailure.REFUSED,
                    "the store has no lake; start it with WEIR_LAKE_WAREHOUSE set to a place for one");
        }
        api.patch(HttpApi.tablePath(table), "{\"set_properties\":{\"datalake.enabled\":\"true\"}}");
        JsonNode now = TieringWait.round(api, table);
        out.printf(
                "%s is in the lake: %,d rows in %,d files%n",
                table, now.path("lake_rows").asLong(), now.path("lake_files").asLong());
        out.printf("%-8s %s, table %s%n", "where", lake, table);
        Matcher sqlite = SQLITE.matcher(lake);
        if (sqlite.matches()) {
            out.printf(
                    "%-8s load_catalog('weir', type='sql', uri='sqlite:///%s').load_table('%s').scan().to_arrow()   # pyiceberg%n",
                    "read", sqlite.group(1), table);
        } else {
            out.printf("%-8s curl '%s%s/scan?source=lake'%n", "read", server.server, HttpApi.tablePath(table));
        }
    }
}
