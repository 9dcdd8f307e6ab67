package io.weir.actors.tiering;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.CatalogState;
import io.weir.actors.catalog.Datalake;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.actors.tiering.TieringDecision.Plan;
import io.weir.actors.tiering.TieringEvent.OffsetsForgotten;
import io.weir.actors.tiering.TieringEvent.RoundDue;
import io.weir.actors.tiering.TieringEvent.RoundScheduled;
import io.weir.actors.tiering.TieringEvent.TableChanged;
import io.weir.actors.tiering.TieringEvent.TableDisabled;
import io.weir.actors.tiering.TieringEvent.TableForgotten;
import io.weir.actors.tiering.TieringEvent.TableFound;
import io.weir.actors.tiering.TieringEvent.TableInitialized;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Follows the catalog: which tables go to the lake, and how. Remembers the catalog that it saw last. Not thread-safe. */
final class TieringCatalog {
    /** Most tables that come, change or go in one step; the rest follow in the next one. */
    private static final int CHANGED_MAX = 100;

    private @Nullable CatalogState seen;

    /** Whether all that the last catalog says has become events. */
    private boolean through;

    Optional<CatalogState> seen() {
        return Optional.ofNullable(seen);
    }

    /** Nothing, where this very catalog was seen before. */
    TieringDecision<Void> changed(TieringState state, CatalogState catalog, long nowMs) {
        Plan plan = new Plan(state);
        if (through && seen != null && seen.version() == catalog.version()) {
            return plan.reply(null);
        }
        Optional<CatalogState> before = through ? seen() : Optional.empty();
        seen = catalog;
        for (TieredTable table : List.copyOf(state.tables())) {
            boolean known = table.tableId() <= catalog.lastTableId();
            if (plan.size() < CHANGED_MAX && known && isOther(before, catalog, table.tableId())) {
                follow(plan, table, catalog, nowMs);
            }
        }
        for (Long id : catalog.tableIds()) {
            if (plan.size() < CHANGED_MAX && state.table(id).isEmpty() && isOther(before, catalog, id)) {
                catalog.table(id).flatMap(TieringCatalog::definition).ifPresent(now -> find(plan, id, now, nowMs));
            }
        }
        through = plan.size() < CHANGED_MAX;
        return plan.reply(null);
    }

    private static boolean isOther(Optional<CatalogState> before, CatalogState catalog, long tableId) {
        return before.isEmpty() || !before.get().table(tableId).equals(catalog.table(tableId));
    }

    private static void follow(Plan plan, TieredTable table, CatalogState catalog, long nowMs) {
        long tableId = table.tableId();
        Optional<TableInfo> info = catalog.table(tableId);
        Optional<TieredTable.Definition> now = info.flatMap(TieringCatalog::definition);
        boolean enabled = table.switches().enabled();
        if (info.isEmpty()) {
            plan.add(new TableForgotten(tableId));
        } else if (now.isEmpty()) {
            if (enabled) {
                plan.add(new TableDisabled(tableId));
            }
        } else if (!enabled) {
            find(plan, tableId, now.get(), nowMs);
        } else if (!now.get().equals(table.definition())) {
            change(plan, table, now.get(), nowMs);
        }
    }

    private static void find(Plan plan, long tableId, TieredTable.Definition definition, long nowMs) {
        plan.add(new TableFound(tableId, definition, nowMs));
        plan.add(new TableInitialized(tableId));
        if (!plan.table(tableId).switches().paused()) {
            dueAtOnce(plan, tableId, nowMs);
        }
    }

    private static void change(Plan plan, TieredTable before, TieredTable.Definition definition, long nowMs) {
        long tableId = before.tableId();
        plan.add(new TableChanged(tableId, definition));
        if (before.switches().paused()) {
            return;
        }
        if (before.place().state() == Tiering.State.FAILED) {
            // What was wrong with it may be right now.
            dueAtOnce(plan, tableId, nowMs);
        } else if (before.place().state() == Tiering.State.SCHEDULED
                && !before.definition().freshness().equals(definition.freshness())) {
            plan.add(new RoundScheduled(
                    tableId,
                    before.rounds().completedMs() + definition.freshness().toMillis()));
        }
    }

    static void dueAtOnce(Plan plan, long tableId, long nowMs) {
        plan.add(new RoundScheduled(tableId, nowMs));
        plan.add(new RoundDue(tableId, nowMs));
    }

    /** Empty where the table does not go to the lake. */
    private static Optional<TieredTable.Definition> definition(TableInfo table) {
        if (!Datalake.isEnabled(table.properties())) {
            return Optional.empty();
        }
        Datalake lake = TableProperties.from(table.properties()).lake();
        return Optional.of(new TieredTable.Definition(
                table.database(),
                table.name(),
                lake.group(),
                lake.freshness(),
                lake.maintenanceInterval(),
                Objects.hash(table.schema().schemaId(), table.properties())));
    }

    /** The lake offsets of buckets whose partition was dropped. */
    void forgetDropped(Plan plan, long tableId) {
        CatalogState catalog = seen;
        if (catalog == null
                || catalog.table(tableId).filter(TableInfo::isPartitioned).isEmpty()) {
            return;
        }
        List<String> dropped = plan.table(tableId).lake().offsets().keySet().stream()
                .filter(bucket -> isDropped(catalog, BucketId.parse(bucket)))
                .toList();
        if (!dropped.isEmpty()) {
            plan.add(new OffsetsForgotten(tableId, dropped));
        }
    }

    private static boolean isDropped(CatalogState catalog, BucketId bucket) {
        return bucket.partitionId() != 0
                && bucket.partitionId() <= catalog.lastPartitionId()
                && catalog.partition(bucket.tableId(), bucket.partitionId()).isEmpty();
    }
}
