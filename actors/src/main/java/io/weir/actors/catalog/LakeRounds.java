package io.weir.actors.catalog;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongUnaryOperator;

/**
 * Since when every row of a table's old partitions is in the lake, so that they may be dropped. Confined to the catalog's actor.
 *
 * <p>Who has asked for a partition writes to it for up to a minute after it became too old. So a round has all of its rows only when it was
 * planned later than that. Too old by the rule as it is now: where that has changed, it counts from then on.
 */
final class LakeRounds {
    /** From when a partition is too old until nobody writes to it any more for certain, and clocks differ by less. */
    static final Duration WRITES_END = Duration.ofMinutes(2);

    private final LongUnaryOperator plannedMs;
    private final Map<Long, Instant> changed = new HashMap<>();
    private Instant started = Instant.MAX;

    /** @param plannedMs of a table's id: when the last complete round was planned, ms; 0 for never */
    LakeRounds(LongUnaryOperator plannedMs) {
        this.plannedMs = plannedMs;
    }

    /** The catalog begins, and does not know when tables have changed before. */
    void start(Instant now) {
        started = now;
        changed.clear();
    }

    /** Others are dropped, or have no rule; whoever gets one changes. */
    void retain(Set<Long> autoPartitioned) {
        changed.keySet().retainAll(autoPartitioned);
    }

    /** The table's properties may be others from now on. */
    void change(TableInfo after, Instant now) {
        if (TableProperties.goesToLake(after.properties())) {
            changed.put(after.tableId(), now);
        } else {
            changed.remove(after.tableId());
        }
    }

    /** A time: partitions that were too old at it may be dropped now. {@link Instant#MIN} for none. */
    Instant settled(TableInfo table, Instant now) {
        if (!TableProperties.goesToLake(table.properties())) {
            return now;
        }
        long planned = plannedMs.applyAsLong(table.tableId());
        Instant settled = Instant.ofEpochMilli(planned).minus(WRITES_END);
        boolean ruleIsNewer = settled.isBefore(changed.getOrDefault(table.tableId(), started));
        return planned <= 0 || ruleIsNewer ? Instant.MIN : settled;
    }
}
