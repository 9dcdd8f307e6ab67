package io.weir.actors.tiering;

import io.weir.actors.tiering.Tiering.TableStatus;
import io.weir.actors.tiering.Tiering.Work;
import io.weir.actors.tiering.Tiering.WorkerStatus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the coordinator tells of itself. */
final class TieringStatus {
    /** Most lake offsets in one answer, so that it fits a message. */
    static final int OFFSETS_MAX = 100_000;

    private TieringStatus() {}

    /** @param workers as {@link TieringWorkers#status} has them */
    static Tiering.Status of(TieringState state, List<WorkerStatus> workers, @Nullable String lake, long nowMs) {
        List<TableStatus> tables = new ArrayList<>();
        int offsets = 0;
        for (TieredTable table : enabled(state)) {
            offsets += table.lake().offsets().size();
            tables.add(of(table, workers, offsets <= OFFSETS_MAX));
        }
        List<Long> queue = TieringQueue.of(state, TieringQueue.BY_DEADLINE).stream()
                .map(TieredTable::tableId)
                .toList();
        return new Tiering.Status(nowMs, lake, tables, workers, queue);
    }

    private static List<TieredTable> enabled(TieringState state) {
        return state.tables().stream()
                .filter(table -> table.switches().enabled())
                .sorted(Comparator.comparingLong(TieredTable::tableId))
                .toList();
    }

    static TableStatus of(TieredTable table, List<WorkerStatus> workers) {
        return of(table, workers, table.lake().offsets().size() <= OFFSETS_MAX);
    }

    private static TableStatus of(TieredTable table, List<WorkerStatus> workers, boolean withOffsets) {
        TieredTable.Attempts attempts = table.attempts();
        TieredTable.UnderWay underWay = attempts.underWay();
        Tiering.Worker worker = attempts.worker();
        TieredTable.Rounds rounds = table.rounds();
        return new TableStatus(
                table.tableId(),
                table.definition().database(),
                table.definition().name(),
                table.definition().group(),
                table.place().state(),
                table.switches().paused(),
                table.switches().quarantined(),
                attempts.epoch(),
                table.definition().freshness(),
                table.place().dueMs(),
                table.place().pendingMs(),
                underWay == null ? 0 : underWay.startedMs(),
                worker == null ? null : worker.id(),
                underWay == null || worker == null ? null : work(table, worker.id(), workers),
                rounds.plannedMs(),
                rounds.completedMs(),
                rounds.durationMs(),
                rounds.rows(),
                rounds.bytes(),
                rounds.count(),
                attempts.failures(),
                attempts.problem(),
                table.lake().maintainedMs(),
                table.lake().snapshotId(),
                table.lake().files(),
                table.lake().rows(),
                withOffsets ? table.lake().offsets() : Map.of());
    }

    private static @Nullable Work work(TieredTable table, String workerId, List<WorkerStatus> workers) {
        return workers.stream()
                .filter(status -> status.worker().id().equals(workerId))
                .flatMap(status -> status.working().stream())
                .filter(work -> work.attempt()
                        .equals(new Tiering.Attempt(
                                table.tableId(), table.attempts().epoch())))
                .findFirst()
                .orElse(null);
    }
}
