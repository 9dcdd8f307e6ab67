package io.weir.codec.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.ColumnNames;
import io.weir.codec.schema.SchemaJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The columns that a body of JSON rows implies. All rows are looked at.
 *
 * <pre>
 * whole numbers                      BIGINT; DECIMAL(38,0) where one does not fit 64 bits
 * other numbers, or a mix            DOUBLE
 * true and false                     BOOLEAN
 * strings, all date-times with zone  TIMESTAMP_LTZ(3), or of more digits where one has more
 * other strings, also with numbers or booleans among them, or nothing but nulls    STRING
 * arrays, objects                    ARRAY, ROW; objects that all are empty: MAP&lt;STRING, STRING&gt;
 * </pre>
 */
public final class JsonColumns {
    private JsonColumns() {}

    /**
     * @return all nullable, ids from 1 in order of appearance
     * @throws WeirException INVALID_JSON, INVALID_SCHEMA, INVALID_ROWS (no rows, or rows that are no objects), BODY_TOO_LARGE
     */
    public static List<Column> infer(boolean ndjson, ByteBuffer body, int rowsMax) {
        try (JsonInput in = new JsonInput(ndjson, body)) {
            Map<String, Shape> shapes = new LinkedHashMap<>();
            while (in.nextRow()) {
                if (in.row() >= rowsMax) {
                    throw new WeirException(
                            ErrorCode.BODY_TOO_LARGE, "more than " + rowsMax + " rows; send them in several requests");
                }
                while (in.parser.nextToken() != JsonToken.END_OBJECT) {
                    Shape shape = column(shapes, in);
                    in.parser.nextToken();
                    shape.note(in);
                }
            }
            in.throwErrors();
            if (in.row() < 0) {
                throw new WeirException(ErrorCode.INVALID_ROWS, "no rows in the body; send one or more");
            }
            return columns(shapes);
        } catch (JsonProcessingException e) {
            throw JsonInput.invalidJson(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // the body is in memory, so this is a bug
        }
    }

    private static Shape column(Map<String, Shape> shapes, JsonInput in) throws IOException {
        String name = in.parser.currentName();
        Shape shape = shapes.get(name);
        if (shape == null) {
            ColumnNames.check(name, "row " + in.row());
            if (shapes.size() == SchemaJson.COLUMNS_MAX) {
                throw new WeirException(
                        ErrorCode.INVALID_SCHEMA,
                        "row %d: more than %d columns".formatted(in.row(), SchemaJson.COLUMNS_MAX));
            }
            shape = new Shape(name, 1, new Shape.Budget());
            shapes.put(name, shape);
        }
        return shape;
    }

    private static List<Column> columns(Map<String, Shape> shapes) {
        if (shapes.isEmpty()) {
            throw new WeirException(ErrorCode.INVALID_SCHEMA, "no row has a field, so there are no columns to infer");
        }
        List<Column> columns = new ArrayList<>();
        shapes.forEach((name, shape) -> columns.add(new Column(columns.size() + 1, name, shape.type(), true)));
        return List.copyOf(columns);
    }
}
