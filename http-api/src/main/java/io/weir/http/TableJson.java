package io.weir.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TypeParser;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Tables in JSON, both ways. Strict: a member that is not known is refused, so that a misspelt option is not silently without effect.
 * Only shapes are checked here; what a table may be is the catalog's business.
 */
final class TableJson {
    private static final Set<String> DEFINITION =
            Set.of("name", "columns", "bucket_key", "buckets", "properties", "primary_key", "partition_by");
    private static final Set<String> CHANGE = Set.of(
            "add_columns", "rename_columns", "widen_columns", "drop_columns", "set_properties", "unset_properties");

    private TableJson() {}

    static ObjectNode describe(TableInfo info) {
        ObjectNode json = Json.object()
                .put("database", info.database())
                .put("name", info.name())
                .put("table_id", info.tableId())
                .put("schema_id", info.schema().schemaId());
        ArrayNode columns = json.putArray("columns");
        for (Column column : info.schema().columns()) {
            columns.addObject()
                    .put("id", column.id())
                    .put("name", column.name())
                    .put("type", column.type().toString())
                    .put("nullable", column.nullable());
        }
        put(json, "primary_key", info.primaryKey());
        put(json, "bucket_key", info.bucketKey());
        put(json, "partition_by", info.partitionBy());
        json.put("buckets", info.buckets());
        ObjectNode properties = json.putObject("properties");
        new TreeMap<>(info.properties()).forEach(properties::put);
        return json.put("created_at", info.createdAt().toString());
    }

    private static void put(ObjectNode json, String member, List<String> columns) {
        ArrayNode names = json.putArray(member);
        columns.forEach(names::add);
    }

    static Catalog.TableDefinition definition(ObjectNode json) {
        onlyMembers(json, "", DEFINITION);
        JsonNode columns = json.get("columns");
        if (columns == null) {
            throw invalid("The member 'columns' is missing: a table needs a list of columns");
        }
        return new Catalog.TableDefinition(
                name(json, "name"),
                columns(columns, "/columns"),
                columnNames(json, "primary_key"),
                columnNames(json, "bucket_key"),
                columnNames(json, "partition_by"),
                json.has("buckets") ? wholeNumber(json.get("buckets")) : 1,
                json.has("properties") ? properties(json.get("properties"), "/properties") : Map.of());
    }

    private static List<String> columnNames(ObjectNode json, String member) {
        return json.has(member) ? strings(json.get(member), "/" + member) : List.of();
    }

    static Catalog.TableChange change(ObjectNode json) {
        onlyMembers(json, "", CHANGE);
        if (json.isEmpty()) {
            throw invalid("The change is empty; it takes " + String.join(", ", new TreeSet<>(CHANGE)));
        }
        return new Catalog.TableChange(
                json.has("add_columns") ? columns(json.get("add_columns"), "/add_columns") : List.of(),
                json.has("rename_columns") ? texts(json.get("rename_columns"), "/rename_columns") : Map.of(),
                json.has("widen_columns") ? texts(json.get("widen_columns"), "/widen_columns") : Map.of(),
                json.has("drop_columns") ? strings(json.get("drop_columns"), "/drop_columns") : List.of(),
                json.has("set_properties") ? properties(json.get("set_properties"), "/set_properties") : Map.of(),
                json.has("unset_properties")
                        ? new HashSet<>(strings(json.get("unset_properties"), "/unset_properties"))
                        : Set.of());
    }

    private static List<Column> columns(JsonNode json, String pointer) {
        if (!json.isArray()) {
            throw invalid("The member " + pointer + " must be an array of columns");
        }
        List<Column> columns = new ArrayList<>();
        for (JsonNode item : json) {
            columns.add(column(item, pointer + "/" + columns.size()));
        }
        return columns;
    }

    private static Column column(JsonNode json, String pointer) {
        if (!(json instanceof ObjectNode object)) {
            throw invalid("The column at " + pointer + " must be an object with 'name' and 'type'");
        }
        onlyMembers(object, pointer, Set.of("name", "type", "nullable"));
        JsonNode nullable = object.get("nullable");
        if (nullable != null && !nullable.isBoolean()) {
            throw invalid("The member " + pointer + "/nullable must be true or false");
        }
        String type = text(object.get("type"), pointer + "/type");
        try {
            return new Column(
                    0,
                    text(object.get("name"), pointer + "/name"),
                    TypeParser.parse(type),
                    nullable == null || nullable.booleanValue());
        } catch (WeirException e) {
            throw new WeirException(e.code(), "At " + pointer + "/type: " + e.detail(), e);
        }
    }

    static String name(ObjectNode json, String member) {
        String name = text(json.get(member), "/" + member);
        if (!Names.isName(name)) {
            throw invalid(
                    "The member /" + member + " must be 1 to 128 letters, digits, '_' and '-', not starting with '-'");
        }
        return name;
    }

    private static String text(@Nullable JsonNode json, String pointer) {
        if (json == null || !json.isTextual()) {
            throw invalid("The member " + pointer + (json == null ? " is missing" : " must be a string"));
        }
        return json.textValue();
    }

    private static int wholeNumber(JsonNode json) {
        if (!json.isIntegralNumber() || !json.canConvertToInt()) {
            throw invalid("The member /buckets must be a whole number");
        }
        return json.intValue();
    }

    private static List<String> strings(JsonNode json, String pointer) {
        if (!json.isArray()) {
            throw invalid("The member " + pointer + " must be an array of strings");
        }
        List<String> strings = new ArrayList<>();
        for (JsonNode item : json) {
            strings.add(text(item, pointer + "/" + strings.size()));
        }
        return strings;
    }

    private static Map<String, String> texts(JsonNode json, String pointer) {
        if (!json.isObject()) {
            throw invalid("The member " + pointer + " must be an object of strings");
        }
        Map<String, String> texts = new HashMap<>();
        json.properties().forEach(entry -> {
            texts.put(entry.getKey(), text(entry.getValue(), pointer + "/" + entry.getKey()));
        });
        return texts;
    }

    /** Property values are texts; numbers and booleans stand for how they are written, so that {@code 0} is as good as {@code "0"}. */
    private static Map<String, String> properties(JsonNode json, String pointer) {
        if (!json.isObject()) {
            throw invalid("The member " + pointer + " must be an object of strings");
        }
        Map<String, String> properties = new HashMap<>();
        json.properties().forEach(entry -> {
            JsonNode value = entry.getValue();
            properties.put(
                    entry.getKey(),
                    value.isNumber() || value.isBoolean()
                            ? value.asText()
                            : text(value, pointer + "/" + entry.getKey()));
        });
        return properties;
    }

    static void onlyMembers(ObjectNode json, String pointer, Set<String> known) {
        json.properties().forEach(entry -> {
            String name = entry.getKey();
            if (!known.contains(name)) {
                throw invalid("Unknown member " + pointer + "/" + name + "; known are "
                        + String.join(", ", new TreeSet<>(known)));
            }
        });
    }

    static WeirException invalid(String detail) {
        return new WeirException(ErrorCode.INVALID_REQUEST, detail);
    }
}
