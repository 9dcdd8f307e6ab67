package io.weir.codec.merge;

import io.weir.codec.RowVectors;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.row.RowBatchBuilder;
import io.weir.codec.row.RowEncoder;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Rows in the form of {@link io.weir.codec.RandomRows} as encoded rows and back. */
final class MergeRows {
    private MergeRows() {}

    /** A schema whose first column, {@code id INT NOT NULL}, is the key. */
    static TableSchema schema(Column... others) {
        List<Column> columns = new ArrayList<>();
        columns.add(new Column(1, "id", io.weir.codec.schema.DataType.Simple.INT, false));
        columns.addAll(List.of(others));
        return new TableSchema(1, columns);
    }

    static byte[][] encode(TableSchema schema, List<List<Object>> rows) {
        try (BufferAllocator allocator = new RootAllocator();
                VectorSchemaRoot root = RowVectors.fill(schema, rows, allocator)) {
            return RowEncoder.encode(schema, RecordBatches.encode(1, root));
        }
    }

    static byte[] encode(TableSchema schema, Object... values) {
        return encode(schema, List.of(java.util.Arrays.asList(values)))[0];
    }

    static List<Object> decode(TableSchema schema, byte[] row) {
        RowBatchBuilder builder = new RowBatchBuilder(schema, schema.columns());
        builder.add(row);
        EncodedRows rows = builder.build(1);
        List<List<Object>> values = new ArrayList<>();
        try (BufferAllocator allocator = new RootAllocator()) {
            RecordBatches.load(
                    schema.columns(), rows, allocator, root -> values.addAll(RowVectors.read(schema.columns(), root)));
        }
        return values.get(0);
    }
}
