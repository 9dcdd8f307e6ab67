package io.weir.lake.iceberg;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.lake.LakeTableSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.io.SupportsPrefixOperations;
import org.apache.iceberg.transforms.Transforms;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;

/** Finds the table in the catalog or makes it. Whatever it was interrupted in, doing it again ends the same. */
final class TableSetUp {
    /** Ids of tables begin at 1 in each store, so the table's id alone does not say that this is it. */
    static final String CREATED = "weir.table-created-ms";

    /** Versions of the metadata file that are kept beside the newest; what a reader has open it has read whole. */
    private static final String METADATA_VERSIONS_KEPT = "20";

    /** Iceberg's hash is not the store's, so a round has a file open for each of them, and of a primary-key table two. */
    private static final int BUCKETS_MAX = RoundFiles.OPEN_MAX / 2;

    private final Catalog catalog;
    private final LakeTableSpec spec;
    private final TableIdentifier identifier;

    TableSetUp(Catalog catalog, LakeTableSpec spec) {
        this.catalog = catalog;
        this.spec = spec;
        this.identifier = IcebergLake.identifier(spec);
    }

    /** The table with the spec's schema. @throws WeirException LAKE_CONFLICT, NOT_SUPPORTED */
    TableOperations open() {
        IcebergTypes.check(spec.schema());
        checkKeys();
        BaseTable table = loadOrCreate();
        checkIdentity(table.operations().current(), spec);
        new TableEvolution(table, spec).apply();
        return table.operations();
    }

    /** Iceberg's identifier fields are no floats, whose equality engines do not agree on, and nothing nested. */
    private void checkKeys() {
        for (String key : spec.primaryKey()) {
            DataType type = spec.schema().column(key).orElseThrow().type();
            Type lakeType = IcebergTypes.type(key, type, () -> 0);
            if (!lakeType.isPrimitiveType()
                    || lakeType.typeId() == Type.TypeID.FLOAT
                    || lakeType.typeId() == Type.TypeID.DOUBLE) {
                throw new WeirException(
                        ErrorCode.NOT_SUPPORTED,
                        "column '%s' of the primary key is %s, which cannot identify a row in the lake; leave 'datalake.enabled' unset"
                                .formatted(key, type));
            }
        }
    }

    /** @throws WeirException LAKE_CONFLICT where the lake's table is not this one */
    static void checkIdentity(TableMetadata metadata, LakeTableSpec spec) {
        if (!isSame(metadata, spec)) {
            throw new WeirException(
                    ErrorCode.LAKE_CONFLICT,
                    "the lake has a table %s.%s already, %s: drop or rename it in the lake's catalog, or give this table another name"
                            .formatted(spec.database(), spec.name(), maker(metadata, spec)));
        }
    }

    static boolean isSame(TableMetadata metadata, LakeTableSpec spec) {
        return Long.toString(spec.tableId()).equals(metadata.properties().get(RoundMetadata.TABLE_ID))
                && Long.toString(spec.createdMs()).equals(metadata.properties().get(CREATED));
    }

    private static String maker(TableMetadata metadata, LakeTableSpec spec) {
        String id = metadata.properties().get(RoundMetadata.TABLE_ID);
        if (id == null) {
            return "which this store did not make";
        }
        return id.equals(Long.toString(spec.tableId()))
                ? "made by another store, or by this one before it was set up anew"
                : "made for a former table of that name (id %s, this is %d)".formatted(id, spec.tableId());
    }

    private BaseTable loadOrCreate() {
        try {
            return (BaseTable) catalog.loadTable(identifier);
        } catch (NoSuchTableException e) {
            createNamespace();
        }
        try {
            Schema schema = schema();
            Catalog.TableBuilder builder = catalog.buildTable(identifier, schema)
                    .withPartitionSpec(partitioning(schema))
                    .withProperties(properties(schema));
            return (BaseTable) placed(builder).create();
        } catch (AlreadyExistsException e) {
            return (BaseTable) catalog.loadTable(identifier);
        }
    }

    /**
     * A table that was renamed or dropped in the lake keeps its files where they are, which is where the next table of its name would be
     * put, and would delete them as orphans.
     */
    private static Catalog.TableBuilder placed(Catalog.TableBuilder builder) {
        Table staged = builder.createTransaction().table();
        boolean taken = staged.io() instanceof SupportsPrefixOperations files
                && files.listPrefix(staged.location() + "/").iterator().hasNext();
        return taken ? builder.withLocation(staged.location() + "-" + UUID.randomUUID()) : builder;
    }

    private void createNamespace() {
        if (!(catalog instanceof SupportsNamespaces namespaces)) {
            return;
        }
        Namespace namespace = identifier.namespace();
        if (namespaces.namespaceExists(namespace)) {
            return;
        }
        try {
            namespaces.createNamespace(namespace);
        } catch (RuntimeException e) {
            // Two who make it at once: not every catalog says so by an exception of its own.
            if (!namespaces.namespaceExists(namespace)) {
                throw e;
            }
        }
    }

    /** With the ids that Iceberg gives the fields when it makes the table. */
    private Schema schema() {
        int[] id = {0};
        List<Types.NestedField> fields = new ArrayList<>();
        for (Column column : spec.schema().columns()) {
            Types.NestedField field = IcebergTypes.field(column, () -> ++id[0]);
            fields.add(spec.primaryKey().contains(column.name()) ? field.asRequired() : field);
        }
        fields.add(Types.NestedField.required(++id[0], IcebergTypes.BUCKET, Types.IntegerType.get()));
        fields.add(Types.NestedField.required(++id[0], IcebergTypes.OFFSET, Types.LongType.get()));
        fields.add(Types.NestedField.required(++id[0], IcebergTypes.TIMESTAMP, Types.TimestampType.withZone()));
        Set<Integer> keys = new HashSet<>();
        for (Types.NestedField field : fields) {
            if (spec.primaryKey().contains(field.name())) {
                keys.add(field.fieldId());
            }
        }
        int[] fresh = {0};
        return TypeUtil.assignFreshIds(new Schema(fields, keys), () -> ++fresh[0]);
    }

    /**
     * Partition columns as they are; then buckets: by Iceberg's own transform where the bucket key has one column that it takes, else for
     * primary-key tables by the bucket's number, so that a key's deletes meet its rows' files and no others.
     */
    private PartitionSpec partitioning(Schema schema) {
        PartitionSpec.Builder partitioning = PartitionSpec.builderFor(schema);
        spec.partitionBy().forEach(partitioning::identity);
        if (spec.bucketKey().size() == 1
                && spec.buckets() <= BUCKETS_MAX
                && takesBuckets(schema, spec.bucketKey().get(0))) {
            partitioning.bucket(spec.bucketKey().get(0), spec.buckets(), bucketName(schema));
        } else if (spec.hasPrimaryKey()) {
            partitioning.identity(IcebergTypes.BUCKET);
        }
        return partitioning.build();
    }

    /** As Iceberg would name it, unless a column has that name. */
    private String bucketName(Schema schema) {
        String name = spec.bucketKey().get(0) + "_bucket";
        while (schema.findField(name) != null) {
            name = "_" + name;
        }
        return name;
    }

    private static boolean takesBuckets(Schema schema, String column) {
        return Transforms.bucket(1).canTransform(schema.findType(column));
    }

    private Map<String, String> properties(Schema schema) {
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put(TableProperties.FORMAT_VERSION, "2");
        properties.put(TableProperties.PARQUET_COMPRESSION, "zstd");
        properties.put(
                TableProperties.WRITE_TARGET_FILE_SIZE_BYTES,
                Long.toString(spec.maintenance().targetFileBytes()));
        properties.put(TableProperties.METADATA_DELETE_AFTER_COMMIT_ENABLED, "true");
        properties.put(TableProperties.METADATA_PREVIOUS_VERSIONS_MAX, METADATA_VERSIONS_KEPT);
        properties.put(RoundMetadata.TABLE_ID, Long.toString(spec.tableId()));
        properties.put(CREATED, Long.toString(spec.createdMs()));
        properties.put(
                ColumnMapping.PROPERTY,
                ColumnMapping.byName(spec.schema().columns(), schema).toJson());
        properties.put(TableEvolution.SCHEMA_ID, Integer.toString(spec.schema().schemaId()));
        return properties;
    }
}
