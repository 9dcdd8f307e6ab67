package io.weir.codec.ingest;

import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.json.JsonRows;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;

/** Bodies of JSON and NDJSON rows as record batches. */
final class JsonRowDecoder {
    private JsonRowDecoder() {}

    /** @throws io.weir.codec.WeirException INVALID_JSON, INVALID_ROWS (with row errors), BODY_TOO_LARGE, OVERLOADED */
    static List<EncodedRows> decode(
            boolean ndjson, ByteBuffer body, TableSchema schema, DecodeLimits limits, BufferAllocator allocator) {
        List<EncodedRows> batches = new ArrayList<>();
        JsonRows.read(
                ndjson,
                body,
                schema,
                limits.decodedBytes(),
                limits.rows(),
                limits.batchBytes(),
                allocator,
                root -> batches.add(RecordBatches.encode(schema.schemaId(), root)));
        return List.copyOf(batches);
    }
}
