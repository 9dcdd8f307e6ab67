package io.weir.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.actors.tiering.Tiering;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The state of the tiering service as JSON: times with zone, spans in milliseconds, null where there is none yet. */
final class TieringJson {
    private TieringJson() {}

    static ObjectNode status(Tiering.Status status) {
        Map<Long, String> names = new HashMap<>();
        ObjectNode json = Json.object()
                .put("now", time(status.nowMs()))
                .put("lake", status.lake())
                .put("workers_alive", alive(status))
                .put("workers_expected", status.workers().size())
                .put("tables_pending", status.queue().size());
        ArrayNode tables = json.putArray("tables");
        for (Tiering.TableStatus table : status.tables()) {
            names.put(table.tableId(), name(table));
            tables.add(table(table, status.nowMs()));
        }
        ArrayNode workers = json.putArray("workers");
        status.workers().forEach(worker -> workers.add(worker(worker, names)));
        ArrayNode queue = json.putArray("queue");
        status.queue().forEach(id -> queue.add(names.getOrDefault(id, "#" + id)));
        return json;
    }

    static long alive(Tiering.Status status) {
        return status.workers().stream().filter(Tiering.WorkerStatus::alive).count();
    }

    private static String name(Tiering.TableStatus table) {
        return table.database() + "." + table.name();
    }

    static ObjectNode table(Tiering.TableStatus table, long nowMs) {
        ObjectNode json = Json.object()
                .put("database", table.database())
                .put("table", table.name())
                .put("group", table.group())
                .put("state", word(table.state()))
                .put("paused", table.paused())
                .put("quarantined", table.quarantined())
                .put("epoch", table.epoch())
                .put("freshness_ms", table.freshness().toMillis())
                .put("lag_ms", since(table.plannedMs(), nowMs))
                .put("due_at", time(table.dueMs()))
                .put("pending_since", time(table.pendingMs()))
                .put("pending_ms", since(table.pendingMs(), nowMs))
                .put("started_at", time(table.startedMs()))
                .put("worker", table.worker());
        json.set("work", table.work() == null ? null : work(table.work()));
        json.put("planned_at", time(table.plannedMs()))
                .put("completed_at", time(table.completedMs()))
                .put("last_duration_ms", table.completedMs() == 0 ? null : (Long) table.lastDurationMs())
                .put("last_rows", table.lastRows())
                .put("last_bytes", table.lastBytes())
                .put("rounds", table.rounds())
                .put("failures", table.failures())
                .put("problem", table.problem())
                .put("maintained_at", time(table.maintainedMs()))
                .put("lake_snapshot", table.lakeSnapshotId() < 0 ? null : (Long) table.lakeSnapshotId())
                .put("lake_files", table.lakeFiles())
                .put("lake_rows", table.lakeRows());
        ObjectNode offsets = json.putObject("lake_offsets");
        new TreeMap<>(table.lakeOffsets()).forEach(offsets::put);
        return json;
    }

    private static ObjectNode work(Tiering.Work work) {
        return Json.object()
                .put("epoch", work.attempt().epoch())
                .put("phase", work.phase().name().toLowerCase(Locale.ROOT))
                .put("rows", work.rows())
                .put("rows_planned", work.rowsPlanned());
    }

    private static ObjectNode worker(Tiering.WorkerStatus worker, Map<Long, String> names) {
        ObjectNode json = Json.object()
                .put("id", worker.worker().id())
                .put("node", worker.worker().node())
                .put("group", worker.worker().group())
                .put("alive", worker.alive())
                .put("last_heartbeat", time(worker.heardMs()))
                .put("free_slots", worker.freeSlots());
        ArrayNode working = json.putArray("working_on");
        List<Tiering.Work> all = worker.working();
        all.forEach(work -> {
            long id = work.attempt().tableId();
            working.add(work(work).put("table", names.getOrDefault(id, "#" + id)));
        });
        return json;
    }

    /** As the contract and the documents write it, in capitals. */
    static String word(Tiering.State state) {
        return state.name();
    }

    private static @Nullable String time(long ms) {
        return ms == 0 ? null : Instant.ofEpochMilli(ms).toString();
    }

    private static @Nullable Long since(long ms, long nowMs) {
        return ms == 0 ? null : (Long) Math.max(0, nowMs - ms);
    }
}
