package io.weir.lake.iceberg;

import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import io.weir.lake.LakeScan;
import io.weir.lake.LakeSnapshot;
import io.weir.lake.LakeState;
import io.weir.lake.LakeTableSpec;
import java.util.List;
import java.util.Optional;
import org.apache.iceberg.Table;
import org.jspecify.annotations.Nullable;

/** The rows of a table at one snapshot. */
final class IcebergSnapshot implements LakeSnapshot {
    private final Table table;
    private final LakeTableSpec spec;
    private final LakeState state;
    private final ColumnMapping mapping;

    /** @param table pinned to the metadata whose current snapshot is read */
    IcebergSnapshot(Table table, LakeTableSpec spec, LakeState state, ColumnMapping mapping) {
        this.table = table;
        this.spec = spec;
        this.state = state;
        this.mapping = mapping;
    }

    @Override
    public LakeState state() {
        return state;
    }

    @Override
    public LakeScan scan(
            List<Column> columns, @Nullable Predicate where, Optional<List<String>> partition, int batchBytes) {
        throw new UnsupportedOperationException(table.name() + spec + mapping);
    }
}
