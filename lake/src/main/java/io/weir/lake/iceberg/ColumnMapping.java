package io.weir.lake.iceberg;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.iceberg.Schema;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/**
 * Which field of the lake's table a column is, by ids: names change, and a dropped column's name may come back with another column.
 * Kept in the table property {@code weir.column-ids}, a JSON object from column id to field id.
 */
record ColumnMapping(Map<Integer, Integer> fieldIds) {
    static final String PROPERTY = "weir.column-ids";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    ColumnMapping {
        fieldIds = Map.copyOf(fieldIds);
    }

    /** @throws WeirException LAKE_CONFLICT where the table has no mapping, or one that is none */
    static ColumnMapping of(TableMetadata table) {
        String text = table.properties().get(PROPERTY);
        if (text == null) {
            throw unusable("is missing", null);
        }
        try {
            return new ColumnMapping(JSON.readValue(text, new TypeReference<Map<Integer, Integer>>() {}));
        } catch (JsonProcessingException e) {
            throw unusable("cannot be read", e);
        }
    }

    private static WeirException unusable(String how, @Nullable Throwable cause) {
        return new WeirException(
                ErrorCode.LAKE_CONFLICT,
                "property '%s' of the lake's table %s: another engine changed it; restore it, or drop the table in the lake so that it is made anew"
                        .formatted(PROPERTY, how),
                cause);
    }

    /** The mapping of columns that have their names in {@code schema}. */
    static ColumnMapping byName(List<Column> columns, Schema schema) {
        Map<Integer, Integer> ids = new LinkedHashMap<>();
        for (Column column : columns) {
            ids.put(column.id(), schema.findField(column.name()).fieldId());
        }
        return new ColumnMapping(ids);
    }

    /** The field that holds the column; null where the lake does not have it (yet). */
    Types.@Nullable NestedField field(int columnId, Schema schema) {
        Integer fieldId = fieldIds.get(columnId);
        return fieldId == null ? null : schema.asStruct().field(fieldId);
    }

    String toJson() {
        try {
            return JSON.writeValueAsString(new TreeMap<>(fieldIds));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
