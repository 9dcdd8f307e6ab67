package io.weir.lake;

import io.weir.codec.batch.EncodedRows;
import io.weir.codec.schema.Column;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of one bucket on their way to the lake.
 *
 * @param bucket number of the bucket in its partition
 * @param columns what the rows hold, in order
 * @param selected rows that are meant; null for all
 * @param offsets offset of each row of {@code rows}, selected or not
 */
public record LakeRows(
        int bucket,
        List<Column> columns,
        EncodedRows rows,
        @Nullable BitSet selected,
        Offsets offsets,
        long timestampMs) {
    public LakeRows {
        columns = List.copyOf(columns);
    }

    @FunctionalInterface
    public interface Offsets {
        long at(int row);
    }

    public int count() {
        return selected == null ? rows.rowCount() : selected.cardinality();
    }
}
