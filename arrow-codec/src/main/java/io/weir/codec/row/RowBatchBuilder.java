package io.weir.codec.row;

import io.weir.codec.batch.EncodedRows;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.List;

/** Builds record batches from encoded rows, on the heap, without Arrow vectors. Not thread-safe. */
public final class RowBatchBuilder {
    /**
     * @param schema version of the rows that are added ({@link RowVersions#upgrade} before)
     * @param wanted columns of the batch, in order; each is one of the schema's
     */
    public RowBatchBuilder(TableSchema schema, List<Column> wanted) {
        throw new UnsupportedOperationException("spine: " + schema + wanted);
    }

    public void add(byte[] row) {
        throw new UnsupportedOperationException("spine: " + row.length);
    }

    /** A row of nulls, also in columns that are not nullable. */
    public void addNulls() {
        throw new UnsupportedOperationException("spine");
    }

    public int rowCount() {
        throw new UnsupportedOperationException("spine");
    }

    /** About the size of the batch so far. */
    public long sizeInBytes() {
        throw new UnsupportedOperationException("spine");
    }

    /** The rows so far, uncompressed, and the builder is empty again. A batch of no rows is allowed. */
    public EncodedRows build(int schemaId) {
        throw new UnsupportedOperationException("spine: " + schemaId);
    }
}
