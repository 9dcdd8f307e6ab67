package io.weir.codec.row;

import io.weir.codec.ErrorCode;
import io.weir.codec.RowError;
import io.weir.codec.WeirException;
import io.weir.codec.batch.ColumnView;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.TypeShape;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys as bytes whose unsigned order is the order of the keys, column after column. A key of the leading columns is a prefix of every
 * whole key that begins with them, and of no other. Widening a column (INT to BIGINT) leaves its keys as they are: all whole numbers,
 * dates and times take eight bytes. The byte layout is described in docs/formats.md and never changes:
 *
 * <pre>
 * BOOLEAN                                              one byte, 0 or 1
 * TINYINT SMALLINT INT BIGINT DATE TIME TIMESTAMP(_LTZ)  eight bytes, big-endian, of the value in its Arrow unit, highest bit flipped
 * DECIMAL                                              sixteen bytes, big-endian, of the unscaled value, highest bit flipped
 * BINARY(n)                                            the n bytes
 * CHAR STRING BYTES                                    the bytes, 00 FF for each 00, and 00 00 behind them
 * </pre>
 */
public final class KeyEncoder {
    private final List<Column> layout;
    private final int[] key;

    private KeyEncoder(List<Column> layout, int[] key) {
        this.layout = List.copyOf(layout);
        this.key = key;
    }

    /**
     * @param layout the columns of the rows that will be encoded, in order
     * @param key names of the key's columns (or of its leading columns, for prefixes), in the order of the key; none of them nested or
     *     floating
     * @throws WeirException COLUMN_NOT_FOUND where the layout lacks one
     * @throws IllegalArgumentException where one is nested or floating
     */
    public static KeyEncoder of(List<Column> layout, List<String> key) {
        int[] indexes = new int[key.size()];
        for (int i = 0; i < indexes.length; i++) {
            indexes[i] = indexOf(layout, key.get(i));
            DataType type = layout.get(indexes[i]).type();
            if (ValueWidth.isFloating(type)
                    || type instanceof DataType.Vector
                    || !TypeShape.children(type).isEmpty()) {
                throw new IllegalArgumentException("%s is no type of a key column: %s".formatted(type, key.get(i)));
            }
        }
        return new KeyEncoder(layout, indexes);
    }

    private static int indexOf(List<Column> layout, String name) {
        for (int i = 0; i < layout.size(); i++) {
            if (layout.get(i).name().equals(name)) {
                return i;
            }
        }
        throw new WeirException(ErrorCode.COLUMN_NOT_FOUND, "key column '" + name + "' is not among the rows' columns");
    }

    /**
     * One key a row.
     *
     * @throws WeirException INVALID_ROWS where a key column is null; CORRUPT_DATA where the rows are none of the layout
     */
    public List<Key> encode(EncodedRows rows) {
        List<ColumnView> views = ColumnView.of(layout, rows);
        KeyColumn[] columns = new KeyColumn[key.length];
        for (int i = 0; i < key.length; i++) {
            columns[i] = KeyColumn.of(views.get(key[i]));
        }
        checkNotNull(views);
        KeyWriter out = new KeyWriter();
        List<Key> keys = new ArrayList<>(rows.rowCount());
        for (int row = 0; row < rows.rowCount(); row++) {
            out.begin();
            for (KeyColumn column : columns) {
                column.put(row, out);
            }
            keys.add(out.end());
        }
        return keys;
    }

    private void checkNotNull(List<ColumnView> views) {
        List<RowError> errors = new ArrayList<>();
        for (int index : key) {
            ColumnView view = views.get(index);
            for (int row = 0; view.hasNulls() && row < view.length(); row++) {
                if (view.isNull(row) && errors.size() < WeirException.ROW_ERRORS_MAX) {
                    String name = layout.get(index).name();
                    String pointer = "/" + name.replace("~", "~0").replace("/", "~1");
                    errors.add(new RowError(row, pointer, "null in key column '%s'; give it a value".formatted(name)));
                }
            }
        }
        if (!errors.isEmpty()) {
            RowError first = errors.get(0);
            throw new WeirException(
                    ErrorCode.INVALID_ROWS,
                    "%d error(s), the first in row %d at %s: %s; nothing was stored"
                            .formatted(errors.size(), first.row(), first.pointer(), first.detail()),
                    errors);
        }
    }
}
