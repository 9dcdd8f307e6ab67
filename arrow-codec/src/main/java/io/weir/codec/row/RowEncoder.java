package io.weir.codec.row;

import io.weir.codec.batch.ColumnView;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.schema.TableSchema;

/**
 * Rows of a record batch as bytes, one array a row: schema version, null bits, then the values of the columns that are not null, in
 * order. Canonical: rows of one schema version are equal where their bytes are (-0 and 0 differ, NaNs are made one). The layout is
 * described in docs/formats.md:
 *
 * <pre>
 * row      number of the schema version; null bits of the columns; values
 * number   seven bits a byte, lowest first, highest bit set in all but the last; as short as it can be
 * bits     a bit for each of so many, from the lowest of the first byte on, 1 where null; the rest of the last byte is 0
 * value    little-endian
 *   BOOLEAN                    one byte, 0 or 1
 *   TINYINT SMALLINT INT BIGINT  1, 2, 4, 8 bytes
 *   FLOAT DOUBLE               4, 8 bytes; NaN is 7FC00000, 7FF8000000000000
 *   DECIMAL(p,s)               unscaled value, 8 bytes where p &lt;= 18, else 16
 *   DATE TIME TIMESTAMP(_LTZ)  as in their Arrow type: 4 bytes for DATE and TIME(0-3), else 8
 *   BINARY(n)                  the n bytes
 *   ARRAY&lt;FLOAT&gt;(n)            n times 4 bytes
 *   CHAR STRING BYTES          number of bytes; the bytes
 *   ARRAY MAP ROW              as a column: number of bytes; the content. Within others: the content
 * content
 *   ARRAY                      number of elements; null bits where elements may be null; values
 *   MAP                        number of entries; null bits of the values where they may be null; key, value, key, value ...
 *   ROW                        null bits of the fields; values
 * </pre>
 */
public final class RowEncoder {
    private RowEncoder() {}

    /**
     * @param schema what the rows are laid out by; its id is written into each row
     * @param rows checked rows, compressed or not
     */
    public static byte[][] encode(TableSchema schema, EncodedRows rows) {
        ValueEncoder[] columns =
                ValueEncoder.of(ColumnView.of(schema.columns(), rows)).toArray(ValueEncoder[]::new);
        GrowingBytes out = new GrowingBytes(256);
        byte[][] encoded = new byte[rows.rowCount()][];
        for (int row = 0; row < encoded.length; row++) {
            out.clear();
            out.putLength(schema.schemaId());
            int bits = out.length();
            out.putZeros((columns.length + 7) >> 3);
            for (int i = 0; i < columns.length; i++) {
                if (columns[i].view.isNull(row)) {
                    out.setBit(bits, i);
                } else {
                    columns[i].writeColumn(row, out);
                }
            }
            encoded[row] = out.toArray();
        }
        return encoded;
    }
}
