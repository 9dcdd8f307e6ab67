package io.weir.client;

import io.weir.codec.batch.ChangeType;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.schema.Column;
import java.util.List;

/** Changes of one bucket, in their order; at least one. Immutable. */
public final class ChangeBatch {
    private final int bucket;
    private final List<ChangeType> types;
    private final long[] offsets;
    private final List<Column> columns;
    private final EncodedRows rows;
    private final ChangelogCursor cursor;

    /** @param offsets one a row, growing; not copied */
    public ChangeBatch(
            int bucket,
            List<ChangeType> types,
            long[] offsets,
            List<Column> columns,
            EncodedRows rows,
            ChangelogCursor cursor) {
        if (types.size() != rows.rowCount() || offsets.length != rows.rowCount() || offsets.length == 0) {
            throw new IllegalArgumentException(
                    "%d types, %d offsets, %d rows".formatted(types.size(), offsets.length, rows.rowCount()));
        }
        this.bucket = bucket;
        this.types = List.copyOf(types);
        this.offsets = offsets;
        this.columns = List.copyOf(columns);
        this.rows = rows;
        this.cursor = cursor;
    }

    public int bucket() {
        return bucket;
    }

    public int count() {
        return rows.rowCount();
    }

    public ChangeType type(int row) {
        return types.get(row);
    }

    /** The row's offset in the bucket's log. */
    public long offset(int row) {
        return offsets[row];
    }

    /** The offset after the last row. */
    public long nextOffset() {
        return offsets[offsets.length - 1] + 1;
    }

    /** The columns that were asked for. Of a delete, only the key is sure to be set. */
    public List<Column> columns() {
        return columns;
    }

    public EncodedRows rows() {
        return rows;
    }

    public Rows asRows() {
        return Rows.of(columns, rows);
    }

    /** Behind this batch: to be stored once the batch is dealt with, and to be read on from. */
    public ChangelogCursor cursor() {
        return cursor;
    }

    ChangeBatch withCursor(ChangelogCursor behind) {
        return new ChangeBatch(bucket, types, offsets, columns, rows, behind);
    }
}
