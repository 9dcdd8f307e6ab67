package io.weir.codec.row;

import io.weir.codec.schema.TableSchema;
import java.math.BigDecimal;

/** Puts encoded rows together, column after column from the first to the last. Reused from row to row; not thread-safe. */
public final class RowWriter {
    public RowWriter(TableSchema schema) {
        throw new UnsupportedOperationException("spine: " + schema);
    }

    /** Starts a row; the next value is that of the first column. */
    public RowWriter begin() {
        throw new UnsupportedOperationException("spine");
    }

    public RowWriter putNull() {
        throw new UnsupportedOperationException("spine");
    }

    /** The value that the column which is next has in another row of the same schema version; may be null. */
    public RowWriter copy(RowView from) {
        throw new UnsupportedOperationException("spine: " + from);
    }

    /** As {@link RowView#getLong}. */
    public RowWriter putLong(long value) {
        throw new UnsupportedOperationException("spine: " + value);
    }

    public RowWriter putDouble(double value) {
        throw new UnsupportedOperationException("spine: " + value);
    }

    /** @param value with the column's scale and within its precision */
    public RowWriter putDecimal(BigDecimal value) {
        throw new UnsupportedOperationException("spine: " + value);
    }

    /** CHAR, STRING (UTF-8), BINARY and BYTES. */
    public RowWriter putBytes(byte[] value, int start, int length) {
        throw new UnsupportedOperationException("spine: " + value.length + start + length);
    }

    /** The row; all its columns must have been put. */
    public byte[] end() {
        throw new UnsupportedOperationException("spine");
    }
}
