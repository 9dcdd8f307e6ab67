package io.weir.codec.ingest;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BaseIntVector;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.TimeMicroVector;
import org.apache.arrow.vector.TimeMilliVector;
import org.apache.arrow.vector.TimeNanoVector;
import org.apache.arrow.vector.TimeSecVector;
import org.apache.arrow.vector.TimeStampVector;

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

    /** Adds the value of a vector's slot. */
    void add(FieldVector vector, int i) {
        if (vector.isNull(i)) {
            addByte(0);
            return;
        }
        addByte(1);
        if (vector instanceof BaseIntVector integers) {
            addLong(integers.getValueAsLong(i));
        } else if (vector instanceof BaseVariableWidthVector values) {
            addSlice(values.getDataBuffer(), values.getStartOffset(i), values.getValueLength(i));
        } else if (vector instanceof TimeStampVector times) {
            addLong(times.get(i));
        } else if (vector instanceof DecimalVector decimals) {
            addArray(decimals.getObject(i).toPlainString().getBytes(StandardCharsets.US_ASCII));
        } else if (vector instanceof FixedSizeBinaryVector values) {
            addArray(values.get(i));
        } else if (vector instanceof BitVector bits) {
            addByte(bits.get(i));
        } else if (vector instanceof Float4Vector floats) {
            addDouble(floats.get(i));
        } else if (vector instanceof Float8Vector doubles) {
            addDouble(doubles.get(i));
        } else {
            addLong(dayOrTime(vector, i));
        }
    }

    private static long dayOrTime(FieldVector vector, int i) {
        if (vector instanceof DateDayVector days) {
            return days.get(i);
        }
        if (vector instanceof TimeSecVector seconds) {
            return seconds.get(i);
        }
        if (vector instanceof TimeMilliVector millis) {
            return millis.get(i);
        }
        if (vector instanceof TimeMicroVector micros) {
            return micros.get(i);
        }
        if (vector instanceof TimeNanoVector nanos) {
            return nanos.get(i);
        }
        throw new IllegalArgumentException(vector.getField() + " is no column of a key");
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

    private void addSlice(ArrowBuf buffer, int start, int count) {
        addLength(count);
        buffer.getBytes(start, bytes, length, count);
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
