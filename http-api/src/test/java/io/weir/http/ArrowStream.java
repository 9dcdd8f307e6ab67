package io.weir.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;

/** A body in Arrow's own hand. */
final class ArrowStream {
    private ArrowStream() {}

    static byte[] of(String longs, long[] first, String ints, Integer[] second) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (RootAllocator allocator = new RootAllocator();
                BigIntVector keys = new BigIntVector(longs, allocator);
                IntVector values = new IntVector(ints, allocator)) {
            for (int i = 0; i < first.length; i++) {
                keys.setSafe(i, first[i]);
                if (second[i] == null) {
                    values.setNull(i);
                } else {
                    values.setSafe(i, second[i]);
                }
            }
            VectorSchemaRoot root = new VectorSchemaRoot(List.of(keys, values));
            root.setRowCount(first.length);
            try (ArrowStreamWriter writer = new ArrowStreamWriter(root, null, out)) {
                writer.start();
                writer.writeBatch();
                writer.end();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
