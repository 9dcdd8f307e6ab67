package io.weir.codec.ingest;

import io.weir.codec.batch.ColumnView;
import io.weir.codec.schema.DataType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The bytes of a bucket key that are hashed; a part of the format, which never changes. Per column, in the order of the key:
 *
 * <pre>
 * null                                                   0x00
 * value                                                  0x01, then
 *   BOOLEAN                                              one byte, 0 or 1
 *   TINYINT SMALLINT INT BIGINT DATE TIME TIMESTAMP(_LTZ)  eight bytes, little-endian, of the value in its Arrow unit
 *   FLOAT DOUBLE                                         the eight bytes of the value as a double (-0 as 0, one NaN)
 *   DECIMAL                                              the text without exponent, its length before it (four bytes)
 *   CHAR STRING BINARY BYTES                             the bytes, their length before them (four bytes)
 * </pre>
 *
 * Widening a column (INT to BIGINT, FLOAT to DOUBLE) therefore leaves its rows where they are. Nested types are no key columns.
 */
final class KeyBytes {
    private byte[] bytes = new byte[256];
    private int length;

    void clear() {
        length = 0;
    }

    int hash() {
        return Murmur3.hash(bytes, length, 0);
    }

    /** What hashes so far, for tests that pin it. */
    byte[] toArray() {
        return Arrays.copyOf(bytes, length);
    }

    boolean equalTo(byte[] other) {
        return Arrays.equals(bytes, 0, length, other, 0, other.length);
    }

    /** Adds a column's value in a row. */
    void add(ColumnView column, int row) {
        if (column.isNull(row)) {
            addByte(0);
            return;
        }
        addByte(1);
        DataType type = column.type();
        if (type instanceof DataType.Simple simple) {
            add(simple, column, row);
        } else if (type instanceof DataType.Char) {
            addSlice(column, row);
        } else if (type instanceof DataType.Timestamp || type instanceof DataType.TimestampLtz) {
            addLong(column.longAt(row));
        } else if (type instanceof DataType.Time time) {
            addLong(time.precision() <= 3 ? column.intAt(row) : column.longAt(row));
        } else if (type instanceof DataType.Binary binary) {
            addLength(binary.length());
            column.copyFixed(row, binary.length(), bytes, length);
            length += binary.length();
        } else if (type instanceof DataType.Decimal decimal) {
            addArray(text(decimal, column, row).getBytes(StandardCharsets.US_ASCII));
        } else {
            throw new IllegalArgumentException(type + " is no type of a key");
        }
    }

    private void add(DataType.Simple type, ColumnView column, int row) {
        switch (type) {
            case BOOLEAN -> addByte(column.bitAt(row) ? 1 : 0);
            case TINYINT -> addLong(column.byteAt(row));
            case SMALLINT -> addLong(column.shortAt(row));
            case INT, DATE -> addLong(column.intAt(row));
            case BIGINT -> addLong(column.longAt(row));
            case FLOAT -> addDouble(Float.intBitsToFloat(column.intAt(row)));
            case DOUBLE -> addDouble(Double.longBitsToDouble(column.longAt(row)));
            case STRING, BYTES -> addSlice(column, row);
        }
    }

    private static String text(DataType.Decimal type, ColumnView column, int row) {
        long low = column.longAt(2 * row);
        long high = column.longAt(2 * row + 1);
        BigInteger unscaled = high == low >> 63
                ? BigInteger.valueOf(low)
                : new BigInteger(
                        ByteBuffer.allocate(16).putLong(high).putLong(low).array());
        return new BigDecimal(unscaled, type.scale()).toPlainString();
    }

    /** What stands before each value that is not null. */
    void addPresent() {
        addByte(1);
    }

    void addLong(long value) {
        reserve(8);
        for (int shift = 0; shift < 64; shift += 8) {
            bytes[length++] = (byte) (value >>> shift);
        }
    }

    void addArray(byte[] value) {
        addLength(value.length);
        System.arraycopy(value, 0, bytes, length, value.length);
        length += value.length;
    }

    private void addSlice(ColumnView column, int row) {
        int from = column.offset(row);
        int count = column.offset(row + 1) - from;
        addLength(count);
        column.copyBytes(from, count, bytes, length);
        length += count;
    }

    private void addDouble(double value) {
        addLong(Double.doubleToLongBits(
                value == 0 ? 0.0 : value)); // -0 equals 0, so they belong together; NaNs are made one
    }

    private void addLength(int count) {
        reserve(Math.addExact(4, count));
        for (int shift = 0; shift < 32; shift += 8) {
            bytes[length++] = (byte) (count >>> shift);
        }
    }

    private void addByte(int value) {
        reserve(1);
        bytes[length++] = (byte) value;
    }

    private void reserve(int more) {
        int needed = Math.addExact(length, more);
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - 8L, Math.max(needed, 2L * bytes.length)));
        }
    }
}
