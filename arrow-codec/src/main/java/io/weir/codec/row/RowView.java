package io.weir.codec.row;

import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * Where the values of an encoded row ({@link RowEncoder}) lie. Made once for a schema version and moved from row to row; not
 * thread-safe. What lies within a nested value is not looked at.
 */
public final class RowView {
    private final TableSchema schema;
    private final int[] widths;
    private final int[] starts;
    private final int[] lengths;
    private final RowInput in = new RowInput();
    private int nullBits;

    public RowView(TableSchema schema) {
        this(schema, ValueWidth.ofColumns(schema));
    }

    /** @param widths of the schema's columns, shared */
    RowView(TableSchema schema, int[] widths) {
        this.schema = schema;
        this.widths = widths;
        this.starts = new int[widths.length];
        this.lengths = new int[widths.length];
    }

    /**
     * @param row a row of this view's schema version
     * @throws io.weir.codec.WeirException CORRUPT_DATA where it is none
     */
    public RowView on(byte[] row) {
        in.over(row, 0, row.length);
        int schemaId = in.number();
        if (schemaId != schema.schemaId()) {
            throw RowInput.damaged("schema version %d where %d is expected".formatted(schemaId, schema.schemaId()));
        }
        nullBits = in.take((widths.length + 7) >> 3);
        if ((widths.length & 7) != 0 && (row[in.position() - 1] & 0xFF) >> (widths.length & 7) != 0) {
            throw RowInput.damaged("null bits of columns that there are not");
        }
        for (int i = 0; i < widths.length; i++) {
            if (isNull(i)) {
                lengths[i] = 0;
                starts[i] = in.position();
            } else {
                lengths[i] = widths[i] == ValueWidth.VARIABLE ? in.number() : widths[i];
                starts[i] = in.take(lengths[i]);
            }
        }
        in.expectEnd();
        return this;
    }

    public byte[] bytes() {
        return in.bytes();
    }

    public boolean isNull(int column) {
        return (in.bytes()[nullBits + (column >> 3)] & 1 << (column & 7)) != 0;
    }

    /** Where the column's value begins in {@link #bytes}; a variable value without its length. */
    public int start(int column) {
        return starts[column];
    }

    /** Length of the column's value in bytes, 0 where it is null. */
    public int length(int column) {
        return lengths[column];
    }

    /** BOOLEAN as 0 or 1, whole numbers, dates, times and timestamps in the column's unit. The value must not be null. */
    public long getLong(int column) {
        byte[] bytes = in.bytes();
        int at = starts[column];
        return switch (lengths[column]) {
            case 1 -> bytes[at];
            case 2 -> (short) GrowingBytes.SHORTS.get(bytes, at);
            case 4 -> (int) GrowingBytes.INTS.get(bytes, at);
            case 8 -> (long) GrowingBytes.LONGS.get(bytes, at);
            default -> throw noNumber(column);
        };
    }

    /** FLOAT and DOUBLE. The value must not be null. */
    public double getDouble(int column) {
        return switch (lengths[column]) {
            case 4 -> Float.intBitsToFloat((int) getLong(column));
            case 8 -> Double.longBitsToDouble(getLong(column));
            default -> throw noNumber(column);
        };
    }

    /** DECIMAL, with the column's scale. The value must not be null. */
    public BigDecimal getDecimal(int column) {
        int scale = ((DataType.Decimal) schema.columns().get(column).type()).scale();
        if (lengths[column] == 8) {
            return BigDecimal.valueOf(getLong(column), scale);
        }
        byte[] bigEndian = new byte[lengths[column]];
        for (int i = 0; i < bigEndian.length; i++) {
            bigEndian[i] = in.bytes()[starts[column] + bigEndian.length - 1 - i];
        }
        if (bigEndian.length == 0) {
            throw noNumber(column);
        }
        return new BigDecimal(new BigInteger(bigEndian), scale);
    }

    private IllegalStateException noNumber(int column) {
        return new IllegalStateException(
                "column %s holds %s bytes, no number".formatted(schema.columns().get(column), lengths[column]));
    }
}
