package io.weir.actors.catalog;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import scala.collection.immutable.HashMap;
import scala.collection.immutable.HashMap$;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.OptionConverters;

/**
 * All databases and tables at one moment. Immutable; a change shares all it can with the state before it (Scala's persistent hash
 * maps), so that thousands of tables are not copied for each event.
 */
public final class CatalogState {
    public static final CatalogState EMPTY = new CatalogState(0, none(), none());

    private final long lastTableId;
    private final HashMap<String, HashMap<String, Long>> databases;
    private final HashMap<Long, TableInfo> tables;

    private CatalogState(
            long lastTableId, HashMap<String, HashMap<String, Long>> databases, HashMap<Long, TableInfo> tables) {
        this.lastTableId = lastTableId;
        this.databases = databases;
        this.tables = tables;
    }

    /** What a snapshot holds. */
    public record Snapshot(long lastTableId, List<String> databases, List<TableInfo> tables) {
        public Snapshot {
            databases = List.copyOf(databases);
            tables = List.copyOf(tables);
        }
    }

    public static CatalogState of(Snapshot snapshot) {
        CatalogState state = new CatalogState(snapshot.lastTableId(), none(), none());
        for (String database : snapshot.databases()) {
            state = state.withDatabase(database);
        }
        for (TableInfo table : snapshot.tables()) {
            state = state.withTable(table);
        }
        return state;
    }

    public Snapshot snapshot() {
        return new Snapshot(
                lastTableId,
                databaseNames(),
                List.copyOf(CollectionConverters.asJava(tables).values()));
    }

    /** The highest id ever given to a table; 0 before the first. */
    public long lastTableId() {
        return lastTableId;
    }

    public List<String> databaseNames() {
        return CollectionConverters.asJava(databases).keySet().stream().sorted().toList();
    }

    public boolean hasDatabase(String database) {
        return databases.contains(database);
    }

    /** Sorted names; empty where there is no such database. */
    public List<String> tableNames(String database) {
        return List.copyOf(new TreeMap<>(tableIdsByName(database)).keySet());
    }

    public Optional<TableInfo> table(String database, String table) {
        return Optional.ofNullable(tableIdsByName(database).get(table)).flatMap(this::table);
    }

    public Optional<TableInfo> table(long tableId) {
        return OptionConverters.toJava(tables.get(tableId));
    }

    public Set<Long> tableIds() {
        return Set.copyOf(CollectionConverters.asJava(tables).keySet());
    }

    public CatalogState apply(CatalogEvent event) {
        if (event instanceof CatalogEvent.DatabaseCreated created) {
            return withDatabase(created.database());
        } else if (event instanceof CatalogEvent.DatabaseDropped dropped) {
            return withoutDatabase(dropped.database());
        } else if (event instanceof CatalogEvent.TableCreated created) {
            CatalogState base =
                    created.databaseCreated() ? withDatabase(created.table().database()) : this;
            return base.withTable(created.table());
        } else if (event instanceof CatalogEvent.TableDropped dropped) {
            return withoutTable(dropped);
        } else if (event instanceof CatalogEvent.TableAltered altered) {
            return withTable(altered.table());
        }
        throw new IllegalStateException("unknown event " + event);
    }

    private static <K, V> HashMap<K, V> none() {
        return HashMap$.MODULE$.empty();
    }

    private Map<String, Long> tableIdsByName(String database) {
        return OptionConverters.toJava(databases.get(database))
                .map(CollectionConverters::asJava)
                .orElse(Map.of());
    }

    private CatalogState withDatabase(String database) {
        return databases.contains(database)
                ? this
                : new CatalogState(lastTableId, databases.updated(database, none()), tables);
    }

    private CatalogState withoutDatabase(String database) {
        HashMap<Long, TableInfo> left = tables;
        Collection<Long> ids = new ArrayList<>(tableIdsByName(database).values());
        for (Long id : ids) {
            left = left.removed(id);
        }
        return new CatalogState(lastTableId, databases.removed(database), left);
    }

    private CatalogState withTable(TableInfo table) {
        HashMap<String, Long> names = databases.apply(table.database());
        return new CatalogState(
                Math.max(lastTableId, table.tableId()),
                databases.updated(table.database(), names.updated(table.name(), table.tableId())),
                tables.updated(table.tableId(), table));
    }

    private CatalogState withoutTable(CatalogEvent.TableDropped dropped) {
        HashMap<String, Long> names = databases.apply(dropped.database());
        return new CatalogState(
                lastTableId,
                databases.updated(dropped.database(), names.removed(dropped.table())),
                tables.removed(dropped.tableId()));
    }
}
