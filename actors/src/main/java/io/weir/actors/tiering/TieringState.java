package io.weir.actors.tiering;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import scala.collection.immutable.HashMap;
import scala.collection.immutable.HashMap$;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.OptionConverters;

/**
 * What the coordinator remembers across restarts: each table with its place in the queue, its epoch and its attempt. Immutable; a change
 * shares all it can with the state before it. Which workers live is not in it: they tell.
 */
public final class TieringState {
    public static final TieringState EMPTY = new TieringState(HashMap$.MODULE$.empty(), 0);

    private final HashMap<Long, TieredTable> tables;

    /** How often a table joined the queue. */
    private final long enqueued;

    private TieringState(HashMap<Long, TieredTable> tables, long enqueued) {
        this.tables = tables;
        this.enqueued = enqueued;
    }

    /** What a snapshot holds. */
    public record Snapshot(List<TieredTable> tables, long enqueued) {
        public Snapshot {
            tables = List.copyOf(tables);
        }
    }

    public static TieringState of(Snapshot snapshot) {
        HashMap<Long, TieredTable> tables = EMPTY.tables;
        for (TieredTable table : snapshot.tables()) {
            tables = tables.updated(table.tableId(), table);
        }
        return new TieringState(tables, snapshot.enqueued());
    }

    public Snapshot snapshot() {
        return new Snapshot(List.copyOf(tables()), enqueued);
    }

    /** In no order, those that are disabled included. */
    Collection<TieredTable> tables() {
        return CollectionConverters.asJava(tables).values();
    }

    /** Also one that is disabled. */
    Optional<TieredTable> table(long tableId) {
        return OptionConverters.toJava(tables.get(tableId));
    }

    /** One that goes to the lake. */
    Optional<TieredTable> enabled(long tableId) {
        return table(tableId).filter(table -> table.switches().enabled());
    }

    TieringState with(TieringEvent event) {
        long tableId = event.tableId();
        if (event instanceof TieringEvent.TableForgotten) {
            return new TieringState(tables.removed(tableId), enqueued);
        }
        Optional<TieredTable> before = table(tableId);
        if (before.isEmpty() && event instanceof TieringEvent.TableFound found) {
            return new TieringState(tables.updated(tableId, TieredTable.found(found)), enqueued);
        }
        TieredTable after = before.orElseThrow(() -> new IllegalStateException("event of an unknown table: " + event))
                .with(event, enqueued + 1);
        boolean joined = after.place().sequence() > enqueued;
        return new TieringState(tables.updated(tableId, after), joined ? enqueued + 1 : enqueued);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TieringState state && state.enqueued == enqueued && state.tables.equals(tables);
    }

    @Override
    public int hashCode() {
        return tables.hashCode();
    }

    @Override
    public String toString() {
        return "TieringState" + tables() + " enqueued=" + enqueued;
    }
}
