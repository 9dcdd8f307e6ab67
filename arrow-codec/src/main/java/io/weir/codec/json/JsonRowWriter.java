package io.weir.codec.json;

import com.fasterxml.jackson.core.JsonGenerator;
import io.weir.codec.schema.Column;
import java.io.IOException;
import java.util.List;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * Writes rows as JSON objects, in the forms of the HTTP contract: 64-bit integers as numbers, BYTES as base64, DECIMAL as a string,
 * times in ISO-8601 (with zone Z for TIMESTAMP_LTZ) with as many fractional digits as the type has, NaN and infinities as strings,
 * a MAP whose keys are strings as an object and any other as an array of {@code {"key","value"}} objects.
 */
public final class JsonRowWriter {
    private JsonRowWriter() {}

    /** Writes row {@code row} as one object; null columns are written as null. */
    public static void write(JsonGenerator out, List<Column> columns, VectorSchemaRoot root, int row)
            throws IOException {
        out.writeStartObject();
        writeFields(out, columns, root, row);
        out.writeEndObject();
    }

    /** Writes only the fields, into an object that the caller has begun. */
    public static void writeFields(JsonGenerator out, List<Column> columns, VectorSchemaRoot root, int row)
            throws IOException {
        for (int i = 0; i < columns.size(); i++) {
            Column column = columns.get(i);
            out.writeFieldName(column.name());
            ValueWriter.write(out, root.getVector(i), column.type(), row);
        }
    }
}
