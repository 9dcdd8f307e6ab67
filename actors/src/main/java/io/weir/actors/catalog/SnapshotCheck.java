package io.weir.actors.catalog;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Whether a catalog that was found somewhere fits together, so that one can be built of it. Each id and each name is there once. */
final class SnapshotCheck {
    private final CatalogState.Snapshot snapshot;
    private final Set<String> databases = new HashSet<>();
    private final Set<List<String>> tableNames = new HashSet<>();
    private final Map<Long, TableInfo> tables = new HashMap<>();
    private final Set<Long> partitionIds = new HashSet<>();

    SnapshotCheck(CatalogState.Snapshot snapshot) {
        this.snapshot = snapshot;
    }

    /** @throws WeirException CORRUPT_DATA, or what {@link TableRules} and {@link PartitionValues} say */
    void check() {
        if (!snapshot.clusterId().isEmpty()) {
            TableRules.checkClusterId(snapshot.clusterId());
        }
        require(
                snapshot.version() >= 0 && snapshot.version() < Long.MAX_VALUE,
                "its version is %s",
                snapshot.version());
        // The largest directory and object names have 18 digits.
        requireId(snapshot.lastTableId(), "last table id");
        requireId(snapshot.lastPartitionId(), "last partition id");
        for (String database : snapshot.databases()) {
            TableRules.checkName("database", database);
            require(databases.add(database), "database '%s' is there twice", database);
        }
        snapshot.tables().forEach(this::check);
        snapshot.partitions().forEach(this::check);
    }

    private void check(TableInfo table) {
        TableRules.checkName("table", table.name());
        require(databases.contains(table.database()), "there is no database '%s'", table.database());
        require(
                table.tableId() >= 1 && table.tableId() <= snapshot.lastTableId(),
                "table id %s is not one that was given",
                table.tableId());
        require(tables.put(table.tableId(), table) == null, "table id %s is there twice", table.tableId());
        require(
                tableNames.add(List.of(table.database(), table.name())),
                "table '%s' is there twice in its database",
                table.name());
        require(
                table.buckets() >= 1 && table.buckets() <= TableRules.BUCKETS_MAX,
                "a table has %s buckets",
                table.buckets());
        require(
                !table.schemas().isEmpty() && table.schemas().size() <= TableRules.SCHEMA_VERSIONS_MAX,
                "a table has %s versions of its columns",
                table.schemas().size());
        for (int i = 0; i < table.schemas().size(); i++) {
            check(table.schemas().get(i), i + 1);
        }
        checkColumnsThere(table, table.primaryKey());
        checkColumnsThere(table, table.bucketKey());
        checkColumnsThere(table, table.partitionBy());
    }

    private static void check(TableSchema schema, int schemaId) {
        require(schema.schemaId() == schemaId, "schema id %s is out of its order", schema.schemaId());
        List<Column> columns = schema.columns();
        require(
                !columns.isEmpty() && columns.size() <= TableRules.COLUMNS_MAX,
                "a table has %s columns",
                columns.size());
        Set<Integer> ids = new HashSet<>();
        Set<String> names = new HashSet<>();
        for (Column column : columns) {
            TableRules.checkName("column", column.name());
            require(column.id() >= 1 && ids.add(column.id()), "column id %s is wrong or there twice", column.id());
            require(names.add(column.name()), "column '%s' is there twice", column.name());
        }
    }

    private static void checkColumnsThere(TableInfo table, List<String> names) {
        require(new HashSet<>(names).size() == names.size(), "a key names a column twice: %s", names);
        for (String name : names) {
            require(table.schema().column(name).isPresent(), "a key names column '%s', which is not there", name);
        }
    }

    private void check(CatalogState.PartitionsOfTable some) {
        TableInfo table = tables.get(some.tableId());
        if (table == null) {
            throw invalid("there are partitions of table %s, but no such table", some.tableId());
        }
        Set<String> names = new HashSet<>();
        for (PartitionInfo partition : some.partitions()) {
            PartitionValues.check(table, partition.values());
            require(names.add(partition.name()), "partition '%s' is there twice in its table", partition.name());
            long id = partition.partitionId();
            require(
                    id >= 1 && id <= snapshot.lastPartitionId() && partitionIds.add(id),
                    "partition id %s is wrong or there twice",
                    id);
        }
    }

    private static void requireId(long id, String what) {
        require(id >= 0 && id < 1_000_000_000_000_000_000L, "its " + what + " is %s", id);
    }

    private static void require(boolean right, String why, Object value) {
        if (!right) {
            throw invalid(why, value);
        }
    }

    private static WeirException invalid(String why, Object value) {
        return new WeirException(ErrorCode.CORRUPT_DATA, why.formatted(value));
    }
}
