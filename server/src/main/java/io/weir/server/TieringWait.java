package io.weir.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Waits for a round of one table and shows how far it is: a bar on a terminal, elsewhere a plain line now and then. */
final class TieringWait implements AutoCloseable {
    private static final long LOOK_EVERY_MS = 500;
    private static final long LINE_EVERY_NANOS = Duration.ofSeconds(5).toNanos();

    /** The catalog tells the coordinator of a table that was let in just now; that takes a moment. */
    private static final int UNKNOWN_MAX = 40;

    private final String table;
    private final @Nullable ProgressBar bar;
    private long lastLineNanos = System.nanoTime();

    private TieringWait(String table) {
        this.table = table;
        this.bar = System.console() == null || System.getenv("TERM") == null ? null : bar();
    }

    private static ProgressBar bar() {
        return new ProgressBarBuilder()
                .setTaskName("tiering")
                .setInitialMax(1)
                .setUnit(" rows", 1)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(System.err))
                .build();
    }

    /**
     * Triggers a round and waits until all rows that the table has now are in the lake.
     *
     * @return the table as the coordinator knows it then
     * @throws CommandFailure where the table is paused or its rounds were given up
     */
    static JsonNode round(HttpApi api, String table) throws IOException, InterruptedException {
        Instant since = known(api, table);
        long former = api.post(HttpApi.tablePath(table) + "/tiering:trigger", 1)
                .path("epoch")
                .asLong();
        try (TieringWait wait = new TieringWait(table)) {
            for (; ; Thread.sleep(LOOK_EVERY_MS)) {
                JsonNode now = find(api.get("/v1/tiering"), table);
                if (now == null) {
                    throw new CommandFailure(
                            CommandFailure.REFUSED, table + " was dropped, or does not go to the lake any more");
                }
                if (isThrough(now, former, since)) {
                    return now;
                }
                wait.check(now);
                wait.show(now);
            }
        }
    }

    /** The coordinator's time, once it knows the table. */
    private static Instant known(HttpApi api, String table) throws IOException, InterruptedException {
        JsonNode status = api.get("/v1/tiering");
        for (int attempt = 1; find(status, table) == null && attempt < UNKNOWN_MAX; attempt++) {
            Thread.sleep(LOOK_EVERY_MS);
            status = api.get("/v1/tiering");
        }
        return Instant.parse(status.path("now").asText());
    }

    private static @Nullable JsonNode find(JsonNode status, String name) {
        for (JsonNode table : status.path("tables")) {
            if (name.equals(
                    table.path("database").asText() + "." + table.path("table").asText())) {
                return table;
            }
        }
        return null;
    }

    /** Whether an attempt after the former one has ended, and the lake has all that was there at that time. */
    private static boolean isThrough(JsonNode now, long former, Instant since) {
        boolean running = now.path("state").asText().equals("TIERING");
        return now.path("epoch").asLong() - (running ? 1 : 0) > former
                && now.hasNonNull("planned_at")
                && !Instant.parse(now.path("planned_at").asText()).isBefore(since);
    }

    private void check(JsonNode now) {
        if (now.path("quarantined").asBoolean() || now.path("paused").asBoolean()) {
            String why = now.path("quarantined").asBoolean()
                    ? "its rounds failed " + now.path("failures").asInt() + " times in a row, the last one with: "
                            + now.path("problem").asText()
                    : "it is paused";
            throw new CommandFailure(
                    CommandFailure.REFUSED,
                    table + " does not go to the lake for now: " + why + "; then `weir tiering --resume " + table
                            + "`");
        }
    }

    private void show(JsonNode now) {
        JsonNode work = now.path("work");
        long rows = work.path("rows").asLong();
        long planned = work.path("rows_planned").asLong();
        String what = work.path("phase").asText(TieringTable.state(now).toLowerCase(Locale.ROOT));
        if (now.hasNonNull("problem")) {
            what = "tries again after: " + now.path("problem").asText();
        }
        if (bar != null) {
            bar.maxHint(Math.max(1, planned)).stepTo(rows).setExtraMessage(what);
        } else if (System.nanoTime() - lastLineNanos >= LINE_EVERY_NANOS) {
            lastLineNanos = System.nanoTime();
            System.err.printf("tiering: %s, %,d of %,d rows%n", what, rows, planned);
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
