package io.weir.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.weir.actors.bucket.Bucket;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.json.JsonRowWriter;
import io.weir.codec.schema.Column;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * What a row of an answer is made of, in order.
 *
 * @param columns of the batches that are read
 */
record RowForm(List<MetadataColumn> before, List<Column> columns, List<MetadataColumn> after) {
    RowForm {
        before = List.copyOf(before);
        columns = List.copyOf(columns);
        after = List.copyOf(after);
    }

    static RowForm plain(List<Column> columns) {
        return new RowForm(List.of(), columns, List.of());
    }

    boolean isPlain() {
        return before.isEmpty() && after.isEmpty();
    }

    /** Does not include the rows' own columns. */
    boolean adds(String name) {
        return before.stream().anyMatch(c -> c.column().name().equals(name))
                || after.stream().anyMatch(c -> c.column().name().equals(name));
    }

    List<Column> all() {
        List<Column> all = new ArrayList<>();
        before.forEach(c -> all.add(c.column()));
        all.addAll(columns);
        after.forEach(c -> all.add(c.column()));
        return all;
    }

    /** @param root the batch's rows as vectors of {@link #columns} */
    void writeRow(JsonGenerator json, VectorSchemaRoot root, Slice slice, Bucket.FetchedRows rows, int row)
            throws IOException {
        json.writeStartObject();
        for (MetadataColumn column : before) {
            column.writeField(json, slice, rows, row);
        }
        JsonRowWriter.writeFields(json, columns, root, row);
        for (MetadataColumn column : after) {
            column.writeField(json, slice, rows, row);
        }
        json.writeEndObject();
    }

    /** The rows with the columns that the form adds; as they came where it adds none. */
    EncodedRows encode(Slice slice, Bucket.FetchedRows rows, BufferAllocator allocator) {
        if (isPlain()) {
            return rows.rows();
        }
        EncodedRows[] result = new EncodedRows[1];
        RecordBatches.load(columns, rows.rows(), allocator, root -> {
            List<FieldVector> added = new ArrayList<>();
            try {
                before.forEach(c -> added.add(c.vector(slice, rows, allocator)));
                after.forEach(c -> added.add(c.vector(slice, rows, allocator)));
                List<FieldVector> all = new ArrayList<>(added.subList(0, before.size()));
                all.addAll(root.getFieldVectors());
                all.addAll(added.subList(before.size(), added.size()));
                VectorSchemaRoot wider = new VectorSchemaRoot(all);
                wider.setRowCount(rows.rows().rowCount());
                result[0] = RecordBatches.encode(0, wider);
            } finally {
                added.forEach(FieldVector::close);
            }
        });
        return result[0];
    }
}
