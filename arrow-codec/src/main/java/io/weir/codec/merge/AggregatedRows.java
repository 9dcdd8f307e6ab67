package io.weir.codec.merge;

import io.weir.codec.row.RowView;
import io.weir.codec.row.RowWriter;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows become one column by column; the key's columns and those that the write does not set stay as they are. */
final class AggregatedRows implements MergeEngine {
    private final @Nullable ColumnMerge[] merges;
    private final PartialRows partial;
    private final boolean bounded;
    private final RowView before;
    private final RowView written;
    private final RowWriter out;

    AggregatedRows(TableSchema schema, List<String> key, MergeSpec spec, PartialRows partial) {
        List<Column> columns = schema.columns();
        this.merges = new @Nullable ColumnMerge[columns.size()];
        this.partial = partial;
        this.before = new RowView(schema);
        this.written = new RowView(schema);
        this.out = new RowWriter(schema);
        boolean anyBounded = false;
        for (int i = 0; i < merges.length; i++) {
            if (!key.contains(columns.get(i).name())) {
                ColumnMerge merge = ColumnMerge.of(columns.get(i), i, spec);
                merges[i] = merge;
                anyBounded |= merge.isBounded();
            }
        }
        this.bounded = anyBounded;
    }

    @Override
    public byte[] merge(byte @Nullable [] old, byte[] row, @Nullable BitSet present) {
        if (old == null) {
            if (bounded) {
                checkFirst(row);
            }
            return partial.insert(row, present);
        }
        before.on(old);
        written.on(row);
        out.begin();
        for (int i = 0; i < merges.length; i++) {
            ColumnMerge merge = merges[i];
            if (merge == null || (present != null && !present.get(i))) {
                out.copy(before);
            } else {
                merge.merge(before, written, out);
            }
        }
        return out.end();
    }

    private void checkFirst(byte[] row) {
        written.on(row);
        for (ColumnMerge merge : merges) {
            if (merge != null) {
                merge.checkFirst(written);
            }
        }
    }
}
