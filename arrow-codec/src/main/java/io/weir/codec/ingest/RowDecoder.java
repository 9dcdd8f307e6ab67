package io.weir.codec.ingest;

import io.weir.codec.batch.EncodedRows;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;

/** From a request body to checked rows. Nothing is returned unless every row is right. Blocks on CPU only. */
public final class RowDecoder {
    private RowDecoder() {}

    /**
     * Decodes and checks a body against a table's schema. Columns are matched by name, in any order; absent nullable columns
     * become null; an Arrow batch whose columns already are the schema's, in type and order, is kept as it came, byte for byte
     * (compressed or not), once checked.
     *
     * @throws io.weir.codec.WeirException INVALID_JSON, INVALID_ARROW, INVALID_ROWS (with row errors), BODY_TOO_LARGE
     */
    public static List<EncodedRows> decode(
            RowFormat format, ByteBuffer body, TableSchema schema, DecodeLimits limits, BufferAllocator allocator) {
        return switch (format) {
            case JSON, NDJSON -> JsonRowDecoder.decode(format == RowFormat.NDJSON, body, schema, limits, allocator);
            case ARROW_STREAM, ARROW_FILE ->
                ArrowRowDecoder.decode(format == RowFormat.ARROW_FILE, body, schema, limits, allocator);
        };
    }

    /**
     * Decodes and checks the rows of a write to a primary-key table. NOT NULL holds for whole rows, and in a PATCH for what a row sets
     * (a JSON row sets the members it has, an Arrow row the stream's columns). Key columns are in every row. A DELETE may hold other
     * columns of the table as well; they are passed over. The generated column is left out or null.
     *
     * @throws io.weir.codec.WeirException as {@link #decode}
     */
    public static List<ChangedRows> decodeChanges(
            ChangeKind kind,
            RowFormat format,
            ByteBuffer body,
            TableSchema schema,
            ChangeRules rules,
            DecodeLimits limits,
            BufferAllocator allocator) {
        return new ChangeDecoder(kind, schema, rules, limits, allocator).decode(format, body);
    }

    /**
     * The columns that a body implies, for {@code ?create=infer}; all nullable, ids from 1 in order of appearance.
     *
     * @throws io.weir.codec.WeirException INVALID_JSON, INVALID_ARROW, INVALID_SCHEMA
     */
    public static List<Column> infer(
            RowFormat format, ByteBuffer body, DecodeLimits limits, BufferAllocator allocator) {
        return switch (format) {
            case JSON, NDJSON -> SchemaInference.fromJson(format == RowFormat.NDJSON, body, limits);
            case ARROW_STREAM, ARROW_FILE -> ArrowRowDecoder.infer(format == RowFormat.ARROW_FILE, body);
        };
    }
}
