package io.weir.codec.batch;

import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.List;
import java.util.function.Consumer;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Between {@link EncodedRows} and Arrow vectors, and what is done on whole record batches without looking at values. */
public final class RecordBatches {
    private RecordBatches() {}

    /**
     * Lends the rows as vectors to {@code use}; they are released when it returns.
     *
     * @param columns what the rows hold, in order
     * @param rows checked rows, compressed or not
     */
    public static void load(
            List<Column> columns, EncodedRows rows, BufferAllocator allocator, Consumer<VectorSchemaRoot> use) {
        throw new UnsupportedOperationException("spine: " + columns + rows + allocator + use);
    }

    /** Copies vectors into an uncompressed record batch; the root stays the caller's. */
    public static EncodedRows encode(int schemaId, VectorSchemaRoot root) {
        throw new UnsupportedOperationException("spine: " + schemaId + root);
    }

    /** The rows with their buffers compressed by {@code compression}, buffer by buffer; the same rows where they already are. */
    public static EncodedRows compress(EncodedRows rows, Compression compression) {
        throw new UnsupportedOperationException("spine: " + rows + compression);
    }

    /** One record batch, uncompressed, of several with the same schema version, in order. */
    public static EncodedRows merge(TableSchema schema, List<EncodedRows> parts, BufferAllocator allocator) {
        throw new UnsupportedOperationException("spine: " + schema + parts + allocator);
    }

    /** The rows at these indexes (ascending or not), uncompressed. */
    public static EncodedRows select(List<Column> columns, EncodedRows rows, int[] indexes, BufferAllocator allocator) {
        throw new UnsupportedOperationException("spine: " + columns + rows + indexes.length + allocator);
    }

    /** The rows with every column of {@code from} widened to its type in {@code to} (INT to BIGINT, FLOAT to DOUBLE and so on). */
    public static EncodedRows widen(List<Column> from, List<Column> to, EncodedRows rows, BufferAllocator allocator) {
        throw new UnsupportedOperationException("spine: " + from + to + rows + allocator);
    }
}
