package io.weir.actors.tiering;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the coordinator knows, for the metrics of the node that it runs on; at most about a second old. Empty on other nodes, and where
 * there is no lake. Thread-safe.
 */
public final class TieringMirror {
    private volatile @Nullable Seen seen;

    private record Seen(
            TieringState state, List<Tiering.WorkerStatus> workers, @Nullable String lake, long atMs) {}

    public Optional<Tiering.Status> get() {
        return Optional.ofNullable(seen)
                .map(now -> TieringStatus.of(now.state(), now.workers(), now.lake(), now.atMs()));
    }

    /** When the last round of a table was planned that took all there was, ms; 0 where there was none, or where it is not known here. */
    public long plannedMs(long tableId) {
        Seen now = seen;
        return now == null
                ? 0
                : now.state()
                        .table(tableId)
                        .map(table -> table.rounds().plannedMs())
                        .orElse(0L);
    }

    void publish(TieringState state, List<Tiering.WorkerStatus> workers, @Nullable String lake, long nowMs) {
        seen = new Seen(state, workers, lake, nowMs);
    }

    void clear() {
        seen = null;
    }
}
