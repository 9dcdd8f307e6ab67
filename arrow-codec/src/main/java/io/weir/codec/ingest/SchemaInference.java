package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.json.JsonColumns;
import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.ColumnNames;
import io.weir.codec.schema.SchemaJson;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/** The columns that a body implies, all nullable, ids from 1 in order of appearance. */
final class SchemaInference {
    private SchemaInference() {}

    /** @see JsonColumns#infer */
    static List<Column> fromJson(boolean ndjson, ByteBuffer body, DecodeLimits limits) {
        return JsonColumns.infer(ndjson, body, limits.rows());
    }

    /**
     * @param schema as the schema message says it: a dictionary-encoded field has its values' type, not that of its indexes
     * @throws WeirException INVALID_SCHEMA
     */
    static List<Column> fromArrow(Schema schema) {
        List<Field> fields = schema.getFields();
        if (fields.isEmpty() || fields.size() > SchemaJson.COLUMNS_MAX) {
            throw new WeirException(
                    ErrorCode.INVALID_SCHEMA,
                    "%d fields in the Arrow schema; from 1 to %d".formatted(fields.size(), SchemaJson.COLUMNS_MAX));
        }
        List<Column> columns = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Field field : fields) {
            String name = String.valueOf(field.getName());
            ColumnNames.check(name, "Arrow schema");
            if (!names.add(name)) {
                throw new WeirException(ErrorCode.INVALID_SCHEMA, "Arrow schema: two fields named '" + name + "'");
            }
            columns.add(new Column(columns.size() + 1, name, ArrowSchemas.fromField(field), true));
        }
        return List.copyOf(columns);
    }
}
