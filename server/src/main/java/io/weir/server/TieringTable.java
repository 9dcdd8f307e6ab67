package io.weir.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The answer of {@code GET /v1/tiering} for people. */
final class TieringTable {
    private TieringTable() {}

    static void print(JsonNode status, PrintWriter out) {
        out.printf(
                "lake %s%nworkers %d alive of %d%n%n",
                status.path("lake").asText("none: start the store with WEIR_LAKE_WAREHOUSE"),
                status.path("workers_alive").asInt(),
                status.path("workers_expected").asInt());
        if (status.path("tables").isEmpty()) {
            if (status.hasNonNull("lake")) {
                out.println("No table goes to the lake; `weir tiering --enable DATABASE.TABLE` sends one there.");
            }
        } else {
            tables(status, out);
        }
        workers(status, out);
        if (!status.path("queue").isEmpty()) {
            List<String> waiting = new ArrayList<>();
            status.path("queue").forEach(name -> waiting.add(name.asText()));
            out.printf("%nwaiting for a worker, the next one first: %s%n", String.join(", ", waiting));
        }
    }

    private static void tables(JsonNode status, PrintWriter out) {
        out.printf(
                "%-32s %-22s %10s %10s %11s %14s %8s%n",
                "table", "state", "lag", "freshness", "last round", "rows in lake", "files");
        List<String> problems = new ArrayList<>();
        for (JsonNode table : status.path("tables")) {
            String name =
                    table.path("database").asText() + "." + table.path("table").asText();
            out.printf(
                    "%-32s %-22s %10s %10s %11s %,14d %,8d%n",
                    name,
                    state(table),
                    span(table.path("lag_ms")),
                    span(table.path("freshness_ms")),
                    span(table.path("last_duration_ms")),
                    table.path("lake_rows").asLong(),
                    table.path("lake_files").asLong());
            if (table.hasNonNull("problem")) {
                problems.add("%s (%d in a row): %s"
                        .formatted(
                                name,
                                table.path("failures").asInt(),
                                table.path("problem").asText()));
            }
        }
        if (!problems.isEmpty()) {
            out.printf("%nlast failures:%n");
            problems.forEach(problem -> out.println("  " + problem));
        }
    }

    private static void workers(JsonNode status, PrintWriter out) {
        if (status.path("workers").isEmpty()) {
            return;
        }
        out.printf("%n%-24s %-16s %-6s %-16s %s%n", "worker on", "group", "alive", "last heard of", "working on");
        for (JsonNode worker : status.path("workers")) {
            List<String> work = new ArrayList<>();
            worker.path("working_on")
                    .forEach(one -> work.add("%s (%s, %,d of %,d rows)"
                            .formatted(
                                    one.path("table").asText(),
                                    one.path("phase").asText(),
                                    one.path("rows").asLong(),
                                    one.path("rows_planned").asLong())));
            out.println("%-24s %-16s %-6s %-16s %s"
                    .formatted(
                            worker.path("node").asText(),
                            worker.path("group").asText().isEmpty()
                                    ? "-"
                                    : worker.path("group").asText(),
                            worker.path("alive").asBoolean() ? "yes" : "NO",
                            ago(worker.path("last_heartbeat"), status.path("now")),
                            String.join(", ", work))
                    .stripTrailing());
        }
    }

    static String state(JsonNode table) {
        String state = table.path("state").asText();
        if (table.path("quarantined").asBoolean()) {
            return state + ", quarantined";
        }
        return table.path("paused").asBoolean() ? state + ", paused" : state;
    }

    private static String ago(JsonNode time, JsonNode now) {
        if (!time.isTextual() || !now.isTextual()) {
            return "-";
        }
        Duration span = Duration.between(Instant.parse(time.asText()), Instant.parse(now.asText()));
        return text(Math.max(0, span.toMillis())) + " ago";
    }

    /** Milliseconds as people say them; a dash where there are none yet. */
    static String span(JsonNode millis) {
        return millis.isNumber() ? text(millis.asLong()) : "-";
    }

    private static String text(long millis) {
        if (millis < 1000) {
            return millis + " ms";
        }
        if (millis < 120_000) {
            return "%.1f s".formatted(millis / 1e3);
        }
        return millis < 7_200_000 ? millis / 60_000 + " min" : millis / 3_600_000 + " h";
    }
}
