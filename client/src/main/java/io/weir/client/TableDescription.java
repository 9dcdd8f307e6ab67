package io.weir.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.codec.schema.TypeParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.util.ByteString;

/**
 * A table as it was when it was asked for. Columns that are added later are not seen; asking for one that is gone fails.
 *
 * @param tableId tells a table from another that had the same name before it
 * @param primaryKey empty: a log table
 * @param bucketKey never empty, and some of the primary key, where there is one
 * @param partitionBy empty: not partitioned
 */
public record TableDescription(
        String database,
        String name,
        long tableId,
        TableSchema schema,
        List<String> primaryKey,
        List<String> bucketKey,
        List<String> partitionBy,
        int buckets,
        Map<String, String> properties) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int BUCKETS_MAX = 1 << 16;

    public TableDescription {
        primaryKey = List.copyOf(primaryKey);
        bucketKey = List.copyOf(bucketKey);
        partitionBy = List.copyOf(partitionBy);
        properties = Map.copyOf(properties);
    }

    /** Database and name, as messages show the table. */
    public String fullName() {
        return database + "." + name;
    }

    public List<Column> columns() {
        return schema.columns();
    }

    /**
     * The columns of these names, in this order.
     *
     * @throws WeirException COLUMN_NOT_FOUND
     */
    public List<Column> columns(List<String> names) {
        return names.stream().map(this::column).toList();
    }

    /** @throws WeirException COLUMN_NOT_FOUND */
    public Column column(String name) {
        return schema.column(name)
                .orElseThrow(() -> new WeirException(
                        ErrorCode.COLUMN_NOT_FOUND,
                        "table %s has no column '%s'; it has %s"
                                .formatted(
                                        fullName(),
                                        name,
                                        columns().stream().map(Column::name).toList())));
    }

    static TableDescription parse(ByteString body) {
        try {
            return read(JSON.readTree(body.toArrayUnsafe()));
        } catch (IOException | IllegalArgumentException e) {
            throw new WeirException(ErrorCode.INVALID_JSON, "the store's description of the table: " + e, e);
        }
    }

    private static TableDescription read(JsonNode json) {
        List<Column> columns = new ArrayList<>();
        for (JsonNode column : json.path("columns")) {
            columns.add(new Column(
                    column.path("id").asInt(),
                    text(column, "name"),
                    TypeParser.parse(text(column, "type")),
                    column.path("nullable").asBoolean(true)));
        }
        Map<String, String> properties = new LinkedHashMap<>();
        json.path("properties")
                .properties()
                .forEach(p -> properties.put(p.getKey(), p.getValue().asText()));
        int buckets = json.path("buckets").asInt();
        if (buckets < 1 || buckets > BUCKETS_MAX || columns.isEmpty()) {
            throw new IllegalArgumentException("%d columns, %d buckets".formatted(columns.size(), buckets));
        }
        return new TableDescription(
                text(json, "database"),
                text(json, "name"),
                json.path("table_id").asLong(),
                new TableSchema(json.path("schema_id").asInt(), columns),
                texts(json.path("primary_key")),
                texts(json.path("bucket_key")),
                texts(json.path("partition_by")),
                buckets,
                properties);
    }

    private static String text(JsonNode json, String member) {
        String text = json.path(member).asText("");
        if (text.isEmpty()) {
            throw new IllegalArgumentException("no '" + member + "'");
        }
        return text;
    }

    private static List<String> texts(JsonNode json) {
        List<String> texts = new ArrayList<>();
        json.forEach(item -> texts.add(item.asText()));
        return texts;
    }
}
