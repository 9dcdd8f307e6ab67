package io.weir.codec.json;

import com.fasterxml.jackson.core.JsonGenerator;
import io.weir.codec.schema.Column;
import java.io.IOException;
import java.util.List;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * Writes rows as JSON objects, in the forms of the HTTP contract: 64-bit integers as numbers, BYTES as base64, DECIMAL as a string,
 * times in ISO-8601 (with zone Z for TIMESTAMP_LTZ), NaN and infinities as strings.
 */
public final class JsonRowWriter {
    private JsonRowWriter() {}

    /** Writes row {@code row} as one object; null columns are written as null. */
    public static void write(JsonGenerator out, List<Column> columns, VectorSchemaRoot root, int row)
            throws IOException {
        throw new UnsupportedOperationException("spine: " + out + columns + root + row);
    }

    /** Writes only the fields, into an object that the caller has begun. */
    public static void writeFields(JsonGenerator out, List<Column> columns, VectorSchemaRoot root, int row)
            throws IOException {
        throw new UnsupportedOperationException("spine: " + out + columns + root + row);
    }
}
