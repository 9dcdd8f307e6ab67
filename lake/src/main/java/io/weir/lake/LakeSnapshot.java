package io.weir.lake;

import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The rows of a table in the lake at one of its snapshots. Thread-safe; its scans are not. */
public interface LakeSnapshot {
    LakeState state();

    /**
     * Reads the rows that are live in the snapshot, in no order. Columns the lake does not have yet are null.
     *
     * @param columns wanted columns of the table's current schema, in the wanted order
     * @param where rows that do not pass are left out; files that have none are not read where statistics tell
     * @param partition texts of the partition columns' values, where only one partition is wanted
     * @param batchBytes about how much a batch may have
     */
    LakeScan scan(List<Column> columns, @Nullable Predicate where, Optional<List<String>> partition, int batchBytes);
}
