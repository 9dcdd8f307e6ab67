package io.weir.client;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.ingest.DecodeLimits;
import io.weir.codec.ingest.RowDecoder;
import io.weir.codec.ingest.RowFormat;
import io.weir.codec.json.JsonRowWriter;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * Rows on their way to or from the store: Arrow record batches on the heap, so there is nothing to release. Immutable.
 *
 * @param columns what the batches hold, in order
 * @param batches none where there are no rows; no batch is empty
 */
public record Rows(List<Column> columns, List<EncodedRows> batches) {
    private static final JsonFactory JSON = new JsonFactory();

    public Rows {
        columns = List.copyOf(columns);
        batches = List.copyOf(batches);
    }

    public static Rows of(List<Column> columns, EncodedRows rows) {
        return new Rows(columns, rows.rowCount() == 0 ? List.of() : List.of(rows));
    }

    /**
     * Rows written as JSON, an object or an array of objects, in the forms of the HTTP interface.
     *
     * @throws io.weir.codec.WeirException INVALID_JSON, INVALID_ROWS
     */
    public static Rows parse(List<Column> columns, String json, BufferAllocator allocator) {
        ByteBuffer body = ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8));
        TableSchema schema = new TableSchema(0, columns);
        return new Rows(columns, RowDecoder.decode(RowFormat.JSON, body, schema, DecodeLimits.DEFAULT, allocator));
    }

    public int count() {
        return batches.stream().mapToInt(EncodedRows::rowCount).sum();
    }

    public boolean isEmpty() {
        return batches.isEmpty();
    }

    /** These rows and then those, which have the same columns. */
    Rows and(Rows more) {
        List<EncodedRows> all = new ArrayList<>(batches);
        all.addAll(more.batches);
        return new Rows(columns, all);
    }

    /** The rows as one record batch, uncompressed; there must be some. */
    public EncodedRows merged(BufferAllocator allocator) {
        return RecordBatches.merge(new TableSchema(0, columns), batches, allocator);
    }

    /** Lends the rows batch by batch as Arrow vectors, which are released when {@code use} returns. */
    public void read(BufferAllocator allocator, Consumer<VectorSchemaRoot> use) {
        batches.forEach(batch -> RecordBatches.load(columns, batch, allocator, use));
    }

    /** The rows as a JSON array of objects. */
    public String toJson(BufferAllocator allocator) {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text)) {
            out.writeStartArray();
            read(allocator, root -> write(out, root));
            out.writeEndArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a writer into memory does not fail
        }
        return text.toString();
    }

    private void write(JsonGenerator out, VectorSchemaRoot root) {
        try {
            for (int row = 0; row < root.getRowCount(); row++) {
                JsonRowWriter.write(out, columns, root, row);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
