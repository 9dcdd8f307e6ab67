package io.weir.lake.iceberg;

import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.util.List;

/** Schemas for tests that the lake takes: times and timestamps have at most six digits. */
final class LakeSchemas {
    private LakeSchemas() {}

    static TableSchema fitted(TableSchema schema) {
        List<Column> columns = schema.columns().stream()
                .map(c -> new Column(c.id(), c.name(), fitted(c.type()), c.nullable()))
                .toList();
        return new TableSchema(schema.schemaId(), columns);
    }

    private static DataType fitted(DataType type) {
        if (type instanceof DataType.Time time) {
            return new DataType.Time(Math.min(6, time.precision()));
        }
        if (type instanceof DataType.Timestamp time) {
            return new DataType.Timestamp(Math.min(6, time.precision()));
        }
        if (type instanceof DataType.TimestampLtz time) {
            return new DataType.TimestampLtz(Math.min(6, time.precision()));
        }
        if (type instanceof DataType.Array array) {
            return new DataType.Array(fitted(array.element()), array.elementNullable());
        }
        if (type instanceof DataType.Map map) {
            return new DataType.Map(fitted(map.key()), fitted(map.value()), map.valueNullable());
        }
        if (type instanceof DataType.Row row) {
            return new DataType.Row(row.fields().stream()
                    .map(f -> new DataType.Row.Field(f.name(), fitted(f.type()), f.nullable()))
                    .toList());
        }
        return type;
    }
}
