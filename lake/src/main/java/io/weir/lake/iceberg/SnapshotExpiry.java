package io.weir.lake.iceberg;

import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.ExpireSnapshots;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.util.SnapshotUtil;
import org.jspecify.annotations.Nullable;

/**
 * Removes snapshots that ceased to be the current one longer ago than the retention, and then the files that only they name. A reader
 * that takes the current snapshot thus has the whole retention to read it, however old it was when the reader came; so readers need not
 * say that they are there. The age counts from when the snapshot that took its place was made, by the clock of who made it.
 */
final class SnapshotExpiry {
    private SnapshotExpiry() {}

    /** @return how many */
    static int run(TableOperations operations, String name, long nowMs, Duration retention) {
        Set<Long> due = due(operations.refresh(), nowMs, retention);
        if (due.isEmpty()) {
            return 0;
        }
        // Only what is named: no snapshot is too old by itself.
        ExpireSnapshots expiry =
                new BaseTable(operations, name).expireSnapshots().expireOlderThan(Long.MIN_VALUE);
        due.forEach(expiry::expireSnapshotId);
        expiry.commit();
        return due.size();
    }

    static Set<Long> due(TableMetadata table, long nowMs, Duration retention) {
        Set<Long> due = new LinkedHashSet<>();
        Set<Long> named = new HashSet<>();
        for (SnapshotRef ref : table.refs().values()) {
            SnapshotUtil.ancestorsOf(ref.snapshotId(), table::snapshot).forEach(s -> named.add(s.snapshotId()));
        }
        for (Snapshot snapshot : table.snapshots()) {
            if (!named.contains(snapshot.snapshotId()) && isOver(snapshot.timestampMillis(), nowMs, retention)) {
                due.add(snapshot.snapshotId()); // no branch and no tag leads to it
            }
        }
        Snapshot current = table.currentSnapshot();
        if (current != null) {
            addFormer(table, current, nowMs, retention, due);
        }
        for (SnapshotRef ref : table.refs().values()) {
            due.remove(ref.snapshotId());
        }
        return due;
    }

    private static void addFormer(
            TableMetadata table, Snapshot current, long nowMs, Duration retention, Set<Long> due) {
        @Nullable Snapshot successor = null;
        boolean over = false;
        boolean stateSaid = false;
        for (Snapshot snapshot : SnapshotUtil.ancestorsOf(current.snapshotId(), table::snapshot)) {
            // Whatever came before one that is over is over: clocks need not agree on that.
            over = over || (successor != null && isOver(successor.timestampMillis(), nowMs, retention));
            if (over && stateSaid) {
                due.add(snapshot.snapshotId());
            }
            // Where another engine made the newest, it is asked of them in turn how far the lake has the table.
            stateSaid |= saysState(snapshot);
            successor = snapshot;
        }
    }

    private static boolean saysState(Snapshot snapshot) {
        return snapshot.summary().containsKey(RoundMetadata.EPOCH)
                && snapshot.summary().containsKey(RoundMetadata.OFFSETS);
    }

    private static boolean isOver(long sinceMs, long nowMs, Duration retention) {
        return nowMs - sinceMs > retention.toMillis();
    }
}
