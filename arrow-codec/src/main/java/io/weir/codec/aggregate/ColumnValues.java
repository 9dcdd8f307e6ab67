package io.weir.codec.aggregate;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.BitSet;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;

/** The values of vectors in bulk; those of null slots are anything. */
final class ColumnValues {
    private ColumnValues() {}

    /** The rows that are not null. */
    static BitSet present(FieldVector vector, int rowCount) {
        BitSet present = new BitSet(rowCount);
        if (vector.getNullCount() == 0) {
            present.set(0, rowCount);
            return present;
        }
        byte[] bits = new byte[(rowCount + 7) >> 3];
        vector.getValidityBuffer().getBytes(0, bits);
        present.or(BitSet.valueOf(bits));
        present.clear(rowCount, Math.max(rowCount, bits.length << 3));
        return present;
    }

    /** BOOLEAN, whole numbers, dates, times and timestamps. */
    static long[] longs(FieldVector vector, int rowCount) {
        long[] values = new long[rowCount];
        ArrowBuf data = vector.getDataBuffer();
        int width = vector instanceof BitVector ? 0 : ((BaseFixedWidthVector) vector).getTypeWidth();
        for (int i = 0; i < rowCount; i++) {
            values[i] = switch (width) {
                case 0 -> data.getByte(i >> 3) >> (i & 7) & 1;
                case 1 -> data.getByte(i);
                case 2 -> data.getShort(2L * i);
                case 4 -> data.getInt(4L * i);
                default -> data.getLong(8L * i);
            };
        }
        return values;
    }

    static double[] doubles(FieldVector vector, int rowCount) {
        double[] values = new double[rowCount];
        ArrowBuf data = vector.getDataBuffer();
        boolean narrow = vector instanceof Float4Vector;
        for (int i = 0; i < rowCount; i++) {
            values[i] = narrow ? data.getFloat(4L * i) : data.getDouble(8L * i);
        }
        return values;
    }

    /** DECIMALs, unscaled: the lower and the upper half of each. */
    static long[] decimals(FieldVector vector, int rowCount) {
        long[] halves = new long[Math.multiplyExact(2, rowCount)];
        ArrowBuf data = vector.getDataBuffer();
        for (int i = 0; i < halves.length; i++) {
            halves[i] = data.getLong(8L * i);
        }
        return halves;
    }

    static BigInteger wide(long high, long low) {
        return new BigInteger(ByteBuffer.allocate(16).putLong(high).putLong(low).array());
    }
}
