package io.weir.actors.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import scala.collection.immutable.HashMap;
import scala.collection.immutable.HashMap$;
import scala.collection.immutable.HashSet;
import scala.collection.immutable.HashSet$;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.OptionConverters;

/**
 * All databases and tables at one moment. Immutable; a change shares all it can with the state before it (Scala's persistent hash
 * maps), so that thousands of tables are not copied for each event.
 */
public final class CatalogState {
    public static final CatalogState EMPTY =
            new CatalogState(new Head("", 0, 0, 0), none(), none(), none(), HashSet$.MODULE$.empty());

    private final Head head;
    private final HashMap<String, HashMap<String, Long>> databases;
    private final HashMap<Long, TableInfo> tables;

    /** By table id; a table without partitions is not in it. */
    private final HashMap<Long, TablePartitions> partitions;

    /** Ids of the tables whose partitions come and go with time, so that the rest need not be looked at for it. */
    private final HashSet<Long> autoPartitioned;

    private CatalogState(
            Head head,
            HashMap<String, HashMap<String, Long>> databases,
            HashMap<Long, TableInfo> tables,
            HashMap<Long, TablePartitions> partitions,
            HashSet<Long> autoPartitioned) {
        this.head = head;
        this.databases = databases;
        this.tables = tables;
        this.partitions = partitions;
        this.autoPartitioned = autoPartitioned;
    }

    /** What the catalog says of itself. Ids and version only grow. */
    private record Head(String clusterId, long version, long lastTableId, long lastPartitionId) {
        Head withIds(long tableId, long partitionId) {
            return new Head(clusterId, version, Math.max(lastTableId, tableId), Math.max(lastPartitionId, partitionId));
        }
    }

    /**
     * What a snapshot holds.
     *
     * @param partitions of the tables that have any
     * @param clusterId empty where the cluster has no name yet, as in snapshots of older versions
     * @param version grows by one with each event; older versions counted none
     */
    public record Snapshot(
            long lastTableId,
            List<String> databases,
            List<TableInfo> tables,
            long lastPartitionId,
            List<PartitionsOfTable> partitions,
            String clusterId,
            long version) {
        public Snapshot {
            clusterId = Objects.requireNonNullElse(clusterId, "");
            databases = List.copyOf(databases);
            tables = List.copyOf(tables);
            partitions = List.copyOf(partitions);
        }
    }

    /** A table's partitions, in a snapshot. */
    public record PartitionsOfTable(long tableId, List<PartitionInfo> partitions) {
        public PartitionsOfTable {
            partitions = List.copyOf(partitions);
        }
    }

    public static CatalogState of(Snapshot snapshot) {
        CatalogState state = EMPTY;
        for (String database : snapshot.databases()) {
            state = state.withDatabase(database);
        }
        for (TableInfo table : snapshot.tables()) {
            state = state.withTable(table);
        }
        for (PartitionsOfTable some : snapshot.partitions()) {
            state = state.withPartitions(some.tableId(), some.partitions());
        }
        return state.withHead(new Head(snapshot.clusterId(), snapshot.version(), 0, 0)
                .withIds(state.lastTableId(), state.lastPartitionId())
                .withIds(snapshot.lastTableId(), snapshot.lastPartitionId()));
    }

    public Snapshot snapshot() {
        List<PartitionsOfTable> ofTables = new ArrayList<>();
        CollectionConverters.asJava(partitions)
                .forEach((id, some) -> ofTables.add(new PartitionsOfTable(id, some.oldestFirst())));
        return new Snapshot(
                head.lastTableId(),
                databaseNames(),
                List.copyOf(CollectionConverters.asJava(tables).values()),
                head.lastPartitionId(),
                ofTables,
                head.clusterId(),
                head.version());
    }

    /** Made once, and never another; empty before. */
    public String clusterId() {
        return head.clusterId();
    }

    /** Grows by one with each event: two states of one catalog that have the same one are the same. */
    public long version() {
        return head.version();
    }

    /** True where nothing ever happened. */
    boolean isNew() {
        return head.equals(EMPTY.head) && databases.isEmpty();
    }

    /** The highest id ever given to a table; 0 before the first. */
    public long lastTableId() {
        return head.lastTableId();
    }

    /** The highest id ever given to a partition, of any table; 0 before the first. */
    public long lastPartitionId() {
        return head.lastPartitionId();
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

    /** A table's partitions, oldest first; none where there is no such table. */
    public List<PartitionInfo> partitions(long tableId) {
        return partitionsOf(tableId).oldestFirst();
    }

    /** A partition by the name that {@link PartitionInfo#name(List)} makes of its values. */
    public Optional<PartitionInfo> partition(long tableId, String name) {
        return partitionsOf(tableId).find(name);
    }

    public Optional<PartitionInfo> partition(long tableId, long partitionId) {
        return partitionsOf(tableId).find(partitionId);
    }

    /** The ids of all partitions of all tables. */
    public Set<Long> partitionIds() {
        Set<Long> ids = new java.util.HashSet<>();
        CollectionConverters.asJava(partitions).values().forEach(some -> ids.addAll(some.ids()));
        return ids;
    }

    TablePartitions partitionsOf(long tableId) {
        return OptionConverters.toJava(partitions.get(tableId)).orElse(TablePartitions.NONE);
    }

    /** The ids of the tables that have an auto-partition rule. */
    Set<Long> autoPartitioned() {
        return CollectionConverters.asJava(autoPartitioned);
    }

    public CatalogState apply(CatalogEvent event) {
        CatalogState after = changed(event);
        return after.withHead(
                new Head(after.clusterId(), after.version() + 1, after.lastTableId(), after.lastPartitionId()));
    }

    private CatalogState changed(CatalogEvent event) {
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
        } else if (event instanceof CatalogEvent.PartitionsCreated created) {
            return withPartitions(created.tableId(), created.partitions());
        } else if (event instanceof CatalogEvent.PartitionsDropped dropped) {
            return withoutPartitions(dropped);
        } else if (event instanceof CatalogEvent.ClusterNamed named) {
            return withHead(new Head(named.clusterId(), version(), lastTableId(), lastPartitionId()));
        } else if (event instanceof CatalogEvent.CatalogRestored restored) {
            return of(restored.snapshot());
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
        return databases.contains(database) ? this : withDatabases(databases.updated(database, none()));
    }

    private CatalogState withoutDatabase(String database) {
        CatalogState left = this;
        for (Long id : List.copyOf(tableIdsByName(database).values())) {
            left = left.withoutTable(id);
        }
        return left.withDatabases(databases.removed(database));
    }

    private CatalogState withTable(TableInfo table) {
        HashMap<String, Long> names = databases.apply(table.database());
        return new CatalogState(
                head.withIds(table.tableId(), 0),
                databases.updated(table.database(), names.updated(table.name(), table.tableId())),
                tables.updated(table.tableId(), table),
                partitions,
                TableProperties.hasAutoPartition(table.properties())
                        ? autoPartitioned.incl(table.tableId())
                        : autoPartitioned.excl(table.tableId()));
    }

    private CatalogState withoutTable(CatalogEvent.TableDropped dropped) {
        HashMap<String, Long> names = databases.apply(dropped.database());
        CatalogState left = withoutTable(dropped.tableId());
        return left.withDatabases(databases.updated(dropped.database(), names.removed(dropped.table())));
    }

    private CatalogState withoutTable(long tableId) {
        return new CatalogState(
                head, databases, tables.removed(tableId), partitions.removed(tableId), autoPartitioned.excl(tableId));
    }

    private CatalogState withPartitions(long tableId, List<PartitionInfo> created) {
        TablePartitions all = partitionsOf(tableId);
        long last = 0;
        for (PartitionInfo partition : created) {
            all = all.with(partition);
            last = Math.max(last, partition.partitionId());
        }
        return new CatalogState(
                head.withIds(0, last), databases, tables, partitions.updated(tableId, all), autoPartitioned);
    }

    private CatalogState withoutPartitions(CatalogEvent.PartitionsDropped dropped) {
        TablePartitions left = partitionsOf(dropped.tableId());
        for (Long id : dropped.partitionIds()) {
            left = left.without(id);
        }
        return new CatalogState(
                head,
                databases,
                tables,
                left.size() == 0 ? partitions.removed(dropped.tableId()) : partitions.updated(dropped.tableId(), left),
                autoPartitioned);
    }

    private CatalogState withDatabases(HashMap<String, HashMap<String, Long>> databasesNow) {
        return new CatalogState(head, databasesNow, tables, partitions, autoPartitioned);
    }

    private CatalogState withHead(Head headNow) {
        return new CatalogState(headNow, databases, tables, partitions, autoPartitioned);
    }
}
