package io.weir.codec.row;

import io.weir.codec.schema.TableSchema;

/** Where the values of an encoded row lie. Made once for a schema version and moved from row to row; not thread-safe. */
public final class RowView {
    public RowView(TableSchema schema) {
        throw new UnsupportedOperationException("spine: " + schema);
    }

    /**
     * @param row a row of this view's schema version
     * @throws io.weir.codec.WeirException CORRUPT_DATA where it is none
     */
    public RowView on(byte[] row) {
        throw new UnsupportedOperationException("spine: " + row.length);
    }

    public byte[] bytes() {
        throw new UnsupportedOperationException("spine");
    }

    public boolean isNull(int column) {
        throw new UnsupportedOperationException("spine: " + column);
    }

    /** Where the column's value begins in {@link #bytes}; a variable value without its length. */
    public int start(int column) {
        throw new UnsupportedOperationException("spine: " + column);
    }

    public int length(int column) {
        throw new UnsupportedOperationException("spine: " + column);
    }

    /** BOOLEAN as 0 or 1, whole numbers, dates, times and timestamps in the column's unit. */
    public long getLong(int column) {
        throw new UnsupportedOperationException("spine: " + column);
    }

    /** FLOAT and DOUBLE. */
    public double getDouble(int column) {
        throw new UnsupportedOperationException("spine: " + column);
    }

    public java.math.BigDecimal getDecimal(int column) {
        throw new UnsupportedOperationException("spine: " + column);
    }
}
