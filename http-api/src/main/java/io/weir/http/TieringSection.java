package io.weir.http;

import io.weir.actors.tiering.Tiering;
import java.time.Duration;

/** What the landing page says of the lake. */
final class TieringSection {
    private static final int TABLES_MAX = 50;

    private TieringSection() {}

    static String html(Tiering.Status status) {
        StringBuilder html = new StringBuilder("<h2>Lake</h2><p>")
                .append(LandingPage.escaped(status.lake() == null ? "none" : status.lake()))
                .append(" · workers alive ")
                .append(TieringJson.alive(status))
                .append(" of ")
                .append(status.workers().size())
                .append(" · tables waiting ")
                .append(status.queue().size())
                .append("</p>\n");
        if (status.tables().isEmpty()) {
            return html.toString();
        }
        html.append(
                "<table><tr><th>table<th>state<th>lag<th>freshness<th>last round<th>rows<th>files<th>problem</tr>\n");
        status.tables().stream().limit(TABLES_MAX).forEach(table -> row(html, table, status.nowMs()));
        return html.append("</table>\n").toString();
    }

    private static void row(StringBuilder html, Tiering.TableStatus table, long nowMs) {
        LandingPage.cells(
                html,
                LandingPage.escaped(table.database() + "." + table.name()),
                LandingPage.escaped(state(table)),
                table.plannedMs() == 0 ? "not yet" : seconds(Math.max(0, nowMs - table.plannedMs())),
                seconds(table.freshness().toMillis()),
                table.completedMs() == 0 ? "none" : seconds(table.lastDurationMs()),
                "%,d".formatted(table.lakeRows()),
                "%,d".formatted(table.lakeFiles()),
                LandingPage.escaped(table.problem() == null ? "" : table.problem()));
    }

    private static String state(Tiering.TableStatus table) {
        String state = TieringJson.word(table.state());
        return table.quarantined() ? state + ", in quarantine" : table.paused() ? state + ", paused" : state;
    }

    private static String seconds(long ms) {
        Duration span = Duration.ofMillis(ms);
        return span.toMinutes() >= 10 ? span.toMinutes() + " min" : "%.1f s".formatted(ms / 1e3);
    }
}
