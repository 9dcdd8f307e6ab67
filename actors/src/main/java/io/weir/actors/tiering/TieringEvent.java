package io.weir.actors.tiering;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What happened to a table on its way to the lake. Stored for ever: names and shapes are pinned by the event serializer's golden file.
 * Times are milliseconds since the epoch by the coordinator's clock. {@link TieredTable} says what each one makes of a table.
 */
public sealed interface TieringEvent {
    long tableId();

    /** The catalog has a table with a lake, for the first time or again: NEW. What was known of it before is kept, its epoch above all. */
    record TableFound(long tableId, TieredTable.Definition definition, long atMs) implements TieringEvent {}

    record TableInitialized(long tableId) implements TieringEvent {}

    /** @param definition as it is after the change; a quarantine ends with it */
    record TableChanged(long tableId, TieredTable.Definition definition) implements TieringEvent {}

    /** It is not to go to the lake any more. An attempt under way is given up. */
    record TableDisabled(long tableId) implements TieringEvent {}

    /** It was dropped; its id never comes back. */
    record TableForgotten(long tableId) implements TieringEvent {}

    record RoundScheduled(long tableId, long dueMs) implements TieringEvent {}

    /** It joins the queue: PENDING. */
    record RoundDue(long tableId, long atMs) implements TieringEvent {}

    /** Stored before the order is sent, so that no epoch is given out twice. */
    record RoundAssigned(long tableId, long epoch, Tiering.Worker worker, boolean claim, boolean maintain, long atMs)
            implements TieringEvent {}

    /**
     * The attempt is given up without a word from its worker.
     *
     * @param retryMs when it is due again; 0 for at once: it is in the queue again with the time that it was due
     */
    record RoundFenced(long tableId, long epoch, String why, long atMs, long retryMs) implements TieringEvent {}

    /**
     * @param finished with the offsets of the buckets that moved alone
     * @param nextMs when the next round is due, so that a round that moves nothing stores little; 0 for never
     */
    record RoundFinished(long tableId, long epoch, Tiering.Finished finished, long atMs, long nextMs)
            implements TieringEvent {}

    /** @param retryMs when it is due again */
    record RoundFailed(long tableId, long epoch, Tiering.Failed failed, long atMs, long retryMs)
            implements TieringEvent {}

    record TableQuarantined(long tableId) implements TieringEvent {}

    /** Another round follows the one that is under way. */
    record RoundTriggered(long tableId) implements TieringEvent {}

    record TablePaused(long tableId) implements TieringEvent {}

    /** Neither paused nor quarantined any more. */
    record TableResumed(long tableId) implements TieringEvent {}

    /** An attempt that was given up had committed all the same; the lake is that far at least. */
    record LakeSeen(long tableId, Map<String, Long> lakeOffsets) implements TieringEvent {
        public LakeSeen {
            lakeOffsets = Map.copyOf(lakeOffsets);
        }
    }

    /** Their partitions were dropped. */
    record OffsetsForgotten(long tableId, List<String> entityIds) implements TieringEvent {
        public OffsetsForgotten {
            entityIds = List.copyOf(entityIds);
        }
    }

    record TableMaintained(
            long tableId,
            int compacted,
            int expired,
            int orphans,
            long lakeFiles,
            @Nullable String problem,
            long atMs) implements TieringEvent {}
}
