package io.weir.codec.aggregate;

import java.util.Objects;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.jspecify.annotations.Nullable;

/** Values of a vector of strings or bytes, one at a time in an array that is used again. */
final class VariableBytes {
    private @Nullable ArrowBuf values;
    private int width;
    private @Nullable ArrowBuf offsets;
    private byte[] bytes = new byte[64];
    private int length;

    void bind(FieldVector vector) {
        values = vector.getDataBuffer();
        if (vector instanceof FixedSizeBinaryVector fixed) {
            width = fixed.getByteWidth();
        } else {
            offsets = vector.getOffsetBuffer();
        }
    }

    void read(int row) {
        long start = (long) width * row;
        length = width;
        if (offsets != null) {
            start = offsets.getInt(4L * row);
            length = (int) (offsets.getInt(4L * row + 4) - start);
        }
        if (bytes.length < length) {
            bytes = new byte[Math.max(length, (int) Math.min(1 << 30, 2L * bytes.length))];
        }
        Objects.requireNonNull(values).getBytes(start, bytes, 0, length);
    }

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }
}
