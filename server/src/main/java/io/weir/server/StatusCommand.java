package io.weir.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "status",
        description = "Shows the members of the cluster and the tables.",
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {
    @Mixin
    private final ServerOption server = new ServerOption();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws Exception {
        HttpApi api = server.api();
        PrintWriter out = spec.commandLine().getOut();
        out.printf("%-24s %-10s %-10s %12s%n", "node", "state", "version", "buckets led");
        for (JsonNode member : api.get("/v1/cluster").path("members")) {
            out.printf(
                    "%-24s %-10s %-10s %12d%n",
                    member.path("address").asText(),
                    member.path("state").asText(),
                    member.path("version").asText(),
                    member.path("buckets_led").asInt());
        }
        out.printf(
                "%n%-32s %8s %14s %16s %16s %16s%n",
                "table", "buckets", "rows", "bytes (hot)", "bytes (remote)", "upload backlog");
        List<String> problems = new ArrayList<>();
        forEach(api, "/v1/databases", "databases", database -> {
            String tables = "/v1/databases/" + HttpApi.encode(name(database)) + "/tables";
            forEach(api, tables, "tables", table -> print(api, out, name(database) + "." + name(table), problems));
        });
        if (!problems.isEmpty()) {
            out.printf("%nThe object store does not take everything:%n");
            problems.forEach(problem -> out.printf("  %s%n", problem));
        }
        out.flush();
        return 0;
    }

    private static void print(HttpApi api, PrintWriter out, String table, List<String> problems) throws Exception {
        Sums sums = new Sums();
        forEach(api, HttpApi.tablePath(table) + "/buckets", "buckets", sums::add);
        out.printf(
                "%-32s %8d %,14d %,16d %,16d %,16d%n",
                table, sums.buckets, sums.rows, sums.hotBytes, sums.remoteBytes, sums.backlogBytes);
        if (!sums.problem.isEmpty()) {
            problems.add(table + ": " + sums.problem);
        }
    }

    /** Over the buckets of one table. */
    private static final class Sums {
        private int buckets;
        private long rows;
        private long hotBytes;
        private long remoteBytes;
        private long backlogBytes;
        private String problem = "";

        void add(JsonNode bucket) {
            buckets++;
            rows += bucket.path("high_watermark").asLong()
                    - bucket.path("log_start_offset").asLong();
            hotBytes += bucket.path("hot_bytes").asLong();
            remoteBytes += bucket.path("remote_bytes").asLong();
            backlogBytes += bucket.path("upload_backlog_bytes").asLong();
            if (problem.isEmpty() && bucket.hasNonNull("upload_problem")) {
                problem = bucket.path("upload_problem").asText();
            }
        }
    }

    private interface Visitor {
        void visit(JsonNode item) throws Exception;
    }

    private static void forEach(HttpApi api, String path, String member, Visitor visitor) throws Exception {
        String token = "";
        do {
            JsonNode page = api.get(path + "?page_size=1000" + (token.isEmpty() ? "" : "&page_token=" + token));
            for (JsonNode item : page.path(member)) {
                visitor.visit(item);
            }
            token = HttpApi.encode(page.path("next_page_token").asText(""));
        } while (!token.isEmpty());
    }

    private static String name(JsonNode item) {
        return item.isTextual() ? item.asText() : item.path("name").asText();
    }
}
