package io.weir.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
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
        out.printf("%n%-32s %8s %14s %14s%n", "table", "buckets", "rows", "bytes (hot)");
        forEachName(
                api,
                "/v1/databases",
                "databases",
                database ->
                        forEachName(api, "/v1/databases/" + HttpApi.encode(database) + "/tables", "tables", table -> {
                            long rows = 0;
                            long bytes = 0;
                            int buckets = 0;
                            String name = database + "." + table;
                            for (JsonNode bucket : api.get(HttpApi.tablePath(name) + "/buckets")
                                    .path("buckets")) {
                                buckets++;
                                rows += bucket.path("high_watermark").asLong()
                                        - bucket.path("log_start_offset").asLong();
                                bytes += bucket.path("hot_bytes").asLong();
                            }
                            out.printf("%-32s %8d %,14d %,14d%n", name, buckets, rows, bytes);
                        }));
        out.flush();
        return 0;
    }

    private interface NameVisitor {
        void visit(String name) throws Exception;
    }

    private static void forEachName(HttpApi api, String path, String member, NameVisitor visitor) throws Exception {
        String token = "";
        do {
            JsonNode page = api.get(path + "?page_size=1000" + (token.isEmpty() ? "" : "&page_token=" + token));
            for (JsonNode item : page.path(member)) {
                visitor.visit(
                        item.isTextual() ? item.asText() : item.path("name").asText());
            }
            token = HttpApi.encode(page.path("next_page_token").asText(""));
        } while (!token.isEmpty());
    }
}
