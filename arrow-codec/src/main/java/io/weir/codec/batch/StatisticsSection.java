package io.weir.codec.batch;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchStatistics.ColumnStatistics;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The statistics section of a stored batch, version 1, little-endian; one entry a column follows the head:
 *
 * <pre>
 * head    0  u8   version (1)          entry   0  u32  CRC-32C of the column's buffers
 *         1  u8   0                            4  i32  null count
 *         2  u16  number of columns            8  u8   kind of min
 *                                              9  u8   a, length of min
 *                                             10  u8   kind of max
 *                                             11  u8   b, length of max
 *                                             12  a bytes of min, then b bytes of max
 *
 * kind    0  absent      no bytes              3  double   8 bytes, IEEE 754
 *         1  boolean     1 byte, 0 or 1        4  decimal  u8 scale, then two's complement, big-endian
 *         2  integer     8 bytes               5  bytes    at most 32 bytes
 * </pre>
 */
final class StatisticsSection {
    private static final int VERSION = 1;
    private static final int HEAD_BYTES = 4;
    private static final int ENTRY_BYTES = 12;
    private static final int ABSENT = 0;
    private static final int BOOLEAN = 1;
    private static final int INTEGER = 2;
    private static final int DOUBLE = 3;
    private static final int DECIMAL = 4;
    private static final int BYTES = 5;

    private StatisticsSection() {}

    static ByteBuffer encode(BatchStatistics statistics) {
        List<ColumnStatistics> columns = statistics.columns();
        ByteBuffer out = ByteBuffer.allocate(
                        HEAD_BYTES + columns.size() * (ENTRY_BYTES + 2 * BatchStatistics.PREFIX_BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        out.put((byte) VERSION).put((byte) 0).putShort((short) columns.size());
        for (ColumnStatistics column : columns) {
            byte[] min = bytesOf(column.min());
            byte[] max = bytesOf(column.max());
            out.putInt(column.crc()).putInt((int) column.nullCount());
            out.put((byte) kindOf(column.min())).put((byte) min.length);
            out.put((byte) kindOf(column.max())).put((byte) max.length);
            out.put(min).put(max);
        }
        return out.flip();
    }

    private static int kindOf(@Nullable Object value) {
        if (value == null) {
            return ABSENT;
        }
        if (value instanceof Boolean) {
            return BOOLEAN;
        }
        if (value instanceof Long) {
            return INTEGER;
        }
        if (value instanceof Double) {
            return DOUBLE;
        }
        return value instanceof BigDecimal ? DECIMAL : BYTES;
    }

    private static byte[] bytesOf(@Nullable Object value) {
        if (value == null) {
            return new byte[0];
        }
        if (value instanceof Boolean bool) {
            return new byte[] {(byte) (bool ? 1 : 0)};
        }
        if (value instanceof Long number) {
            return eight(number);
        }
        if (value instanceof Double number) {
            return eight(Double.doubleToRawLongBits(number));
        }
        if (value instanceof BigDecimal number) {
            byte[] unscaled = number.unscaledValue().toByteArray();
            return ByteBuffer.allocate(unscaled.length + 1)
                    .put((byte) number.scale())
                    .put(unscaled)
                    .array();
        }
        ByteBuffer bytes = ((ByteBuffer) value).duplicate();
        if (bytes.remaining() > BatchStatistics.PREFIX_BYTES) {
            throw new IllegalArgumentException("a bound of " + bytes.remaining() + " bytes was not cut");
        }
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
    }

    private static byte[] eight(long value) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    static BatchStatistics decode(ByteBuffer section) {
        ByteBuffer in = section.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (!in.hasRemaining()) {
            return new BatchStatistics(List.of());
        }
        try {
            int version = in.get();
            in.get();
            int count = Short.toUnsignedInt(in.getShort());
            if (version != VERSION || count > in.remaining() / ENTRY_BYTES) {
                throw corrupt("version %d, %d columns".formatted(version, count), null);
            }
            List<ColumnStatistics> columns = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                columns.add(column(in));
            }
            return new BatchStatistics(columns);
        } catch (BufferUnderflowException | NumberFormatException e) {
            throw corrupt("they end too early", e);
        }
    }

    private static ColumnStatistics column(ByteBuffer in) {
        int crc = in.getInt();
        int nullCount = in.getInt();
        int minKind = in.get();
        byte[] min = new byte[Byte.toUnsignedInt(in.get())];
        int maxKind = in.get();
        byte[] max = new byte[Byte.toUnsignedInt(in.get())];
        in.get(min).get(max);
        return new ColumnStatistics(nullCount, valueOf(minKind, min), valueOf(maxKind, max), crc);
    }

    private static @Nullable Object valueOf(int kind, byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        return switch (kind) {
            case ABSENT -> null;
            case BOOLEAN -> in.get() != 0;
            case INTEGER -> in.getLong();
            case DOUBLE -> in.getDouble();
            case DECIMAL -> {
                int scale = in.get();
                byte[] unscaled = new byte[in.remaining()];
                in.get(unscaled);
                yield new BigDecimal(new BigInteger(unscaled), scale);
            }
            case BYTES -> in.asReadOnlyBuffer();
            default -> throw corrupt("unknown kind of bound " + kind, null);
        };
    }

    private static WeirException corrupt(String detail, @Nullable Throwable cause) {
        return new WeirException(
                ErrorCode.CORRUPT_DATA, "the column statistics of a batch are damaged: " + detail, cause);
    }
}
