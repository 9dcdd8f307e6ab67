package io.weir.codec.row;

import io.weir.codec.batch.EncodedRows;
import io.weir.codec.schema.Column;
import java.util.List;

/**
 * Keys as bytes whose unsigned order is the order of the keys, column after column. A key of the leading columns is a prefix of every
 * whole key that begins with them, and of no other. Widening a column (INT to BIGINT) leaves its keys as they are: all whole numbers,
 * dates and times take eight bytes. The byte layout is described in docs/formats.md and never changes.
 */
public final class KeyEncoder {
    private KeyEncoder(List<Column> layout, List<String> key) {
        throw new UnsupportedOperationException("spine: " + layout + key);
    }

    /**
     * @param layout the columns of the rows that will be encoded, in order
     * @param key names of the key's columns (or of its leading columns, for prefixes), in the order of the key; none of them nested or
     *     floating
     * @throws io.weir.codec.WeirException COLUMN_NOT_FOUND where the layout lacks one
     */
    public static KeyEncoder of(List<Column> layout, List<String> key) {
        return new KeyEncoder(layout, key);
    }

    /**
     * One key a row.
     *
     * @throws io.weir.codec.WeirException INVALID_ROWS where a key column is null
     */
    public List<Key> encode(EncodedRows rows) {
        throw new UnsupportedOperationException("spine: " + rows);
    }
}
