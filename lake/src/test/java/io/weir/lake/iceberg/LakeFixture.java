package io.weir.lake.iceberg;

import io.weir.codec.RowVectors;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.LakeMaintenance;
import io.weir.lake.LakeRows;
import io.weir.lake.LakeTableSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.data.IcebergGenerics;
import org.apache.iceberg.data.Record;
import org.apache.iceberg.io.CloseableIterable;

/** A lake in a directory, rows for it, and what another reader finds in it. */
public final class LakeFixture implements AutoCloseable {
    public static final LakeMaintenance MAINTENANCE =
            new LakeMaintenance(128L << 20, 8, Duration.ofHours(1), Duration.ofDays(1));
    public static final long TIMESTAMP_MS = 1_700_000_000_123L;

    final IcebergSettings settings;
    final IcebergLake lake;
    private final Catalog catalog;

    public LakeFixture(Path directory) {
        this(IcebergSettings.embedded(directory));
    }

    LakeFixture(IcebergSettings settings) {
        this.settings = settings;
        this.lake = new IcebergLake(settings, Clock.systemUTC());
        lake.describe();
        settings.directory().toFile().mkdirs();
        this.catalog =
                CatalogUtil.buildIcebergCatalog(IcebergSettings.CATALOG_NAME, settings.catalogProperties(), null);
    }

    public IcebergLake lake() {
        return lake;
    }

    public static LakeTableSpec log(TableSchema schema, String... bucketKey) {
        return new LakeTableSpec(7, "db", "t", schema, List.of(), List.of(bucketKey), List.of(), 4, MAINTENANCE);
    }

    public static LakeTableSpec keyed(TableSchema schema, List<String> key, List<String> partitionBy) {
        List<String> bucketKey =
                key.stream().filter(k -> !partitionBy.contains(k)).toList();
        return new LakeTableSpec(7, "db", "t", schema, key, bucketKey, partitionBy, 4, MAINTENANCE);
    }

    /** Rows in the form of {@code RandomRows.values}. */
    public static LakeRows rows(TableSchema schema, int bucket, long firstOffset, List<List<Object>> values) {
        return rows(schema, bucket, firstOffset, values, null);
    }

    public static LakeRows rows(
            TableSchema schema, int bucket, long firstOffset, List<List<Object>> values, BitSet selected) {
        return new LakeRows(
                bucket, schema.columns(), encode(schema, values), selected, row -> firstOffset + row, TIMESTAMP_MS);
    }

    public static EncodedRows encode(TableSchema schema, List<List<Object>> values) {
        try (BufferAllocator allocator = new RootAllocator();
                VectorSchemaRoot root = RowVectors.fill(schema, values, allocator)) {
            return RecordBatches.encode(schema.schemaId(), root);
        }
    }

    public static TableSchema schema(int schemaId, Column... columns) {
        return new TableSchema(schemaId, List.of(columns));
    }

    /** The table, as somebody else opens it. */
    BaseTable table(LakeTableSpec spec) {
        return (BaseTable) catalog.loadTable(IcebergLake.identifier(spec));
    }

    Catalog catalog() {
        return catalog;
    }

    /** All rows, as Iceberg's own reader finds them. */
    List<Record> read(LakeTableSpec spec) {
        List<Record> records = new ArrayList<>();
        try (CloseableIterable<Record> found = IcebergGenerics.read(table(spec)).build()) {
            found.forEach(record -> records.add(record.copy()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return records;
    }

    @Override
    public void close() {
        lake.close();
        if (catalog instanceof java.io.Closeable closeable) {
            try {
                closeable.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
