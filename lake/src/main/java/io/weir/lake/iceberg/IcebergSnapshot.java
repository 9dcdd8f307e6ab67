package io.weir.lake.iceberg;

import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.LakeScan;
import io.weir.lake.LakeSnapshot;
import io.weir.lake.LakeState;
import io.weir.lake.LakeTableSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.util.SnapshotUtil;
import org.jspecify.annotations.Nullable;

/** Reads one snapshot of an Iceberg table, however the table moves on; see {@link SnapshotExpiry} for how long its files stay. */
final class IcebergSnapshot implements LakeSnapshot {
    private final Table table;
    private final LakeTableSpec spec;
    private final LakeState state;
    private final ColumnMapping mapping;
    private final Supplier<TableMetadata> newest;

    /**
     * @param table pinned to the metadata whose current snapshot is read
     * @param newest reads the table's metadata anew
     */
    IcebergSnapshot(
            Table table, LakeTableSpec spec, LakeState state, ColumnMapping mapping, Supplier<TableMetadata> newest) {
        this.table = table;
        this.spec = spec;
        this.state = state;
        this.mapping = mapping;
        this.newest = newest;
    }

    @Override
    public LakeState state() {
        return state;
    }

    @Override
    public LakeScan scan(
            List<Column> columns, @Nullable Predicate where, Optional<List<String>> partition, int batchBytes) {
        List<Predicate> predicates = new ArrayList<>();
        partition.ifPresent(values -> predicates.add(inPartition(values)));
        if (where != null) {
            predicates.add(where);
        }
        ScanProjection projection =
                ScanProjection.of(columns, predicates, mapping, SnapshotUtil.schemaFor(table, state.snapshotId()));
        return new IcebergScan(
                table, state.snapshotId(), projection, columns.size(), predicates, mapping, newest, batchBytes);
    }

    /** A partition is a predicate like any other: files of other partitions have none of its rows, as their metadata tells. */
    private Predicate inPartition(List<String> values) {
        TableSchema schema = spec.schema();
        if (values.size() != spec.partitionBy().size()) {
            throw new IllegalArgumentException("%s are no values of %s".formatted(values, spec.partitionBy()));
        }
        String text = IntStream.range(0, values.size())
                .mapToObj(i -> equal(schema.column(spec.partitionBy().get(i)).orElseThrow(), values.get(i)))
                .collect(Collectors.joining(" AND "));
        return Predicate.parse(text, schema);
    }

    private static String equal(Column column, String value) {
        boolean bare = column.type() == DataType.Simple.BOOLEAN;
        return "\"%s\" = %s"
                .formatted(column.name().replace("\"", "\"\""), bare ? value : "'" + value.replace("'", "''") + "'");
    }
}
