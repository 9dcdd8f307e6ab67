package io.weir.codec.row;

import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.math.BigDecimal;
import java.math.BigInteger;

/** Puts encoded rows together, column after column from the first to the last. Reused from row to row; not thread-safe. */
public final class RowWriter {
    private final TableSchema schema;
    private final int[] widths;
    private final GrowingBytes out = new GrowingBytes(256);
    private int nullBits;
    private int next;

    public RowWriter(TableSchema schema) {
        this(schema, ValueWidth.ofColumns(schema));
    }

    /** @param widths of the schema's columns, shared */
    RowWriter(TableSchema schema, int[] widths) {
        this.schema = schema;
        this.widths = widths;
    }

    /** Starts a row; the next value is that of the first column. */
    public RowWriter begin() {
        out.clear();
        out.putLength(schema.schemaId());
        nullBits = out.length();
        out.putZeros((widths.length + 7) >> 3);
        next = 0;
        return this;
    }

    public RowWriter putNull() {
        nextWidth();
        out.setBit(nullBits, next - 1);
        return this;
    }

    /** The value that the column which is next has in another row of the same schema version; may be null. */
    public RowWriter copy(RowView from) {
        return from.isNull(next) ? putNull() : putSlice(from.bytes(), from.start(next), from.length(next));
    }

    /** As {@link RowView#getLong}. @param value within the range of the column's type */
    public RowWriter putLong(long value) {
        switch (nextWidth()) {
            case 1 -> out.putByte((int) value);
            case 2 -> out.putShort((int) value);
            case 4 -> out.putInt((int) value);
            case 8 -> out.putLong(value);
            default -> throw unfit("a whole number");
        }
        return this;
    }

    /** FLOAT and DOUBLE; for a FLOAT the nearest one. */
    public RowWriter putDouble(double value) {
        switch (nextWidth()) {
            case 4 -> out.putFloat((float) value);
            case 8 -> out.putDouble(value);
            default -> throw unfit("a floating number");
        }
        return this;
    }

    /** @param value with the column's scale and within its precision */
    public RowWriter putDecimal(BigDecimal value) {
        int width = nextWidth();
        Column column = schema.columns().get(next - 1);
        if (!(column.type() instanceof DataType.Decimal type)
                || value.scale() != type.scale()
                || value.precision() > type.precision()) {
            throw unfit(value.toString());
        }
        if (width == 8) {
            out.putLong(value.unscaledValue().longValueExact());
        } else {
            BigInteger unscaled = value.unscaledValue();
            putHalves(unscaled.longValue(), unscaled.shiftRight(64).longValue());
        }
        return this;
    }

    /** A DECIMAL whose unscaled value is in a long. */
    RowWriter putUnscaled(long value) {
        if (nextWidth() == 8) {
            out.putLong(value);
        } else {
            putHalves(value, value >> 63);
        }
        return this;
    }

    private void putHalves(long low, long high) {
        out.putLong(low);
        out.putLong(high);
    }

    /** CHAR, STRING (UTF-8), BINARY and BYTES. */
    public RowWriter putBytes(byte[] value, int start, int length) {
        return putSlice(value, start, length);
    }

    /** A value as it lies in another row. */
    RowWriter putSlice(byte[] source, int start, int length) {
        int width = nextWidth();
        if (width == ValueWidth.VARIABLE) {
            out.putLength(length);
        } else if (width != length) {
            throw unfit(length + " bytes");
        }
        out.put(source, start, length);
        return this;
    }

    /** The row; all its columns must have been put. */
    public byte[] end() {
        if (next != widths.length) {
            throw new IllegalStateException("%d of %d columns were put".formatted(next, widths.length));
        }
        return out.toArray();
    }

    private int nextWidth() {
        if (next == widths.length) {
            throw new IllegalStateException("more than %d columns".formatted(widths.length));
        }
        return widths[next++];
    }

    private IllegalArgumentException unfit(String value) {
        return new IllegalArgumentException(
                "%s is no value of %s".formatted(value, schema.columns().get(next - 1)));
    }
}
