package io.weir.actors.catalog;

import io.weir.actors.json.StrictJson;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.codec.schema.TypeParser;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The copy of the catalog that lies in the object store as JSON, so that tables can be found again where the journal is lost. The copy
 * of a version has always the same bytes. docs/formats.md has the fields.
 */
public final class CatalogCopy {
    /** Most bytes of a copy that are read. */
    public static final int BYTES_MAX = 128 << 20;

    private static final int FORMAT = 1;
    private static final String WHAT = "the copy of the catalog";

    private CatalogCopy() {}

    private record CatalogJson(
            int format,
            String clusterId,
            long version,
            long lastTableId,
            long lastPartitionId,
            List<String> databases,
            List<TableJson> tables) {}

    private record TableJson(
            long tableId,
            String database,
            String name,
            List<SchemaJson> schemas,
            List<String> primaryKey,
            List<String> bucketKey,
            List<String> partitionBy,
            int buckets,
            SortedMap<String, String> properties,
            long createdAtMs,
            List<PartitionJson> partitions) {}

    private record SchemaJson(int schemaId, List<ColumnJson> columns) {}

    private record ColumnJson(int id, String name, String type, boolean nullable) {}

    private record PartitionJson(long partitionId, List<String> values, long createdAtMs) {}

    public static byte[] encode(CatalogState state) {
        CatalogState.Snapshot snapshot = state.snapshot();
        return StrictJson.encode(new CatalogJson(
                FORMAT,
                snapshot.clusterId(),
                snapshot.version(),
                snapshot.lastTableId(),
                snapshot.lastPartitionId(),
                snapshot.databases(),
                snapshot.tables().stream()
                        .sorted(Comparator.comparingLong(TableInfo::tableId))
                        .map(table -> json(table, state.partitions(table.tableId())))
                        .toList()));
    }

    /**
     * All of a catalog, checked to fit together: it may be given to {@link Catalog.Restore}.
     *
     * @throws WeirException CORRUPT_DATA where it is not such a copy
     */
    public static CatalogState.Snapshot decode(byte[] json) {
        CatalogJson copy = StrictJson.decode(WHAT, json, BYTES_MAX, FORMAT, CatalogJson.class);
        Map<Long, TableInfo> tables = new HashMap<>();
        List<CatalogState.PartitionsOfTable> partitions = new ArrayList<>();
        try {
            for (TableJson one : copy.tables()) {
                TableInfo table = table(one);
                if (tables.put(table.tableId(), table) != null) {
                    throw StrictJson.corrupt(WHAT, "it has table " + table.tableId() + " twice");
                }
                if (!one.partitions().isEmpty()) {
                    partitions.add(new CatalogState.PartitionsOfTable(
                            table.tableId(),
                            one.partitions().stream()
                                    .map(CatalogCopy::partition)
                                    .toList()));
                }
            }
            CatalogState.Snapshot snapshot = new CatalogState.Snapshot(
                    copy.lastTableId(),
                    copy.databases(),
                    List.copyOf(tables.values()),
                    copy.lastPartitionId(),
                    partitions,
                    copy.clusterId(),
                    copy.version());
            new SnapshotCheck(snapshot).check();
            return snapshot;
        } catch (WeirException e) {
            throw e.detail().startsWith(WHAT) ? e : StrictJson.corrupt(WHAT, e.detail());
        }
    }

    private static TableJson json(TableInfo table, List<PartitionInfo> partitions) {
        return new TableJson(
                table.tableId(),
                table.database(),
                table.name(),
                table.schemas().stream().map(CatalogCopy::json).toList(),
                table.primaryKey(),
                table.bucketKey(),
                table.partitionBy(),
                table.buckets(),
                new TreeMap<>(table.properties()),
                table.createdAt().toEpochMilli(),
                partitions.stream()
                        .map(one -> new PartitionJson(
                                one.partitionId(), one.values(), one.createdAt().toEpochMilli()))
                        .toList());
    }

    private static SchemaJson json(TableSchema schema) {
        return new SchemaJson(
                schema.schemaId(),
                schema.columns().stream()
                        .map(column -> new ColumnJson(
                                column.id(), column.name(), column.type().toString(), column.nullable()))
                        .toList());
    }

    private static TableInfo table(TableJson json) {
        return new TableInfo(
                json.tableId(),
                json.database(),
                json.name(),
                json.schemas().stream().map(CatalogCopy::schema).toList(),
                json.primaryKey(),
                json.bucketKey(),
                json.partitionBy(),
                json.buckets(),
                json.properties(),
                Instant.ofEpochMilli(json.createdAtMs()));
    }

    private static TableSchema schema(SchemaJson json) {
        List<Column> columns = new ArrayList<>();
        for (ColumnJson column : json.columns()) {
            DataType type = TypeParser.parse(column.type());
            columns.add(new Column(column.id(), column.name(), type, column.nullable()));
        }
        return new TableSchema(json.schemaId(), columns);
    }

    private static PartitionInfo partition(PartitionJson json) {
        return new PartitionInfo(
                json.partitionId(),
                PartitionInfo.name(json.values()),
                json.values(),
                Instant.ofEpochMilli(json.createdAtMs()));
    }
}
