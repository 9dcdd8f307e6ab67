package io.weir.codec.row;

import io.weir.codec.batch.EncodedRows;
import io.weir.codec.schema.TableSchema;

/**
 * Rows of a record batch as bytes, one array a row: schema version, null bits, then the values of the columns that are not null, in
 * order. Canonical: rows of one schema version are equal where their bytes are (-0 and 0 differ, NaNs are made one). The layout is
 * described in docs/formats.md.
 */
public final class RowEncoder {
    private RowEncoder() {}

    /**
     * @param schema what the rows are laid out by; its id is written into each row
     * @param rows checked rows, compressed or not
     */
    public static byte[][] encode(TableSchema schema, EncodedRows rows) {
        throw new UnsupportedOperationException("spine: " + schema + rows);
    }
}
