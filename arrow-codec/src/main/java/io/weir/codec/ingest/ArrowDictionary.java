package io.weir.codec.ingest;

import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.FieldVector;

/** The values of a dictionary that was sent. Owns the vector. */
final class ArrowDictionary implements AutoCloseable {
    private final FieldVector vector;
    private final long allBytes;

    ArrowDictionary(FieldVector vector) {
        this.vector = vector;
        this.allBytes = vector.getBufferSize();
    }

    FieldVector vector() {
        return vector;
    }

    int size() {
        return vector.getValueCount();
    }

    /** At most what a value takes where it is copied out; a few values of nested types are each counted as all of them. */
    long valueBytes(int index) {
        if (vector instanceof BaseVariableWidthVector strings) {
            return strings.getValueLength(index);
        }
        return vector instanceof BaseFixedWidthVector fixed ? fixed.getTypeWidth() : allBytes;
    }

    @Override
    public void close() {
        vector.close();
    }
}
