package io.weir.codec.schema;

import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Vectors, nested ones mostly, that no value was set in and that therefore have no buffers of their own. */
public final class UntouchedVectors {
    private UntouchedVectors() {}

    /**
     * Gives them buffers. Without, all of them share the allocator's one empty buffer, and a list without elements moves the end
     * of that one for everybody when its offsets are asked for.
     */
    public static void allocate(VectorSchemaRoot root) {
        root.getFieldVectors().forEach(UntouchedVectors::allocate);
    }

    private static void allocate(FieldVector vector) {
        if (vector.getValidityBuffer().capacity() == 0) {
            vector.setNull(0);
        }
        vector.getChildrenFromFields().forEach(UntouchedVectors::allocate);
    }
}
