package io.weir.actors.tiering;

import java.util.Comparator;
import java.util.List;

/**
 * The tables that are due, in the order in which workers get them. The deadline of a round is the time it was due plus the table's
 * freshness: of two tables that became due together the one that has to be fresher goes first. Nobody starves, since a waiting table's
 * deadline stays and those of newcomers grow.
 */
final class TieringQueue {
    static final Comparator<TieredTable> BY_DEADLINE = Comparator.comparingLong(TieredTable::deadlineMs)
            .thenComparingLong(table -> table.place().sequence());

    private TieringQueue() {}

    static List<TieredTable> of(TieringState state, Comparator<TieredTable> order) {
        return state.tables().stream()
                .filter(TieredTable::isPending)
                .sorted(order)
                .toList();
    }
}
