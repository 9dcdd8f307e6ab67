package io.weir.codec.aggregate;

import io.weir.codec.RowVectors;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Runs queries over rows in the form of {@link io.weir.codec.RandomRows}. */
final class AggregateRuns {
    private AggregateRuns() {}

    /** @param batches rows of the whole schema, in batches */
    static List<List<Object>> run(
            AggregateQuery query, TableSchema schema, List<List<List<Object>>> batches, long bytesMax) {
        AggregateQuery.Accumulation accumulation = query.start(bytesMax);
        try (BufferAllocator allocator = new RootAllocator()) {
            for (List<List<Object>> batch : batches) {
                List<List<Object>> projected = new ArrayList<>();
                for (List<Object> row : batch) {
                    List<Object> values = new ArrayList<>();
                    for (Column column : query.columns()) {
                        values.add(row.get(schema.indexOf(column.id())));
                    }
                    projected.add(values);
                }
                try (VectorSchemaRoot root =
                        RowVectors.fill(new TableSchema(1, query.columns()), projected, allocator)) {
                    accumulation.add(root, batch.size());
                }
            }
            EncodedRows rows = accumulation.result();
            List<List<Object>> result = new ArrayList<>();
            RecordBatches.load(
                    query.resultColumns(),
                    rows,
                    allocator,
                    root -> result.addAll(RowVectors.read(query.resultColumns(), root)));
            return result;
        }
    }
}
