package io.weir.codec.schema;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * The JSON form of columns: {@code [{"name":"user","type":"STRING","nullable":true}]}, {@code nullable} true where absent. On
 * output each also has its {@code "id"}. Reading is strict: an unknown member is refused, so that a misspelt one is not ignored.
 */
public final class SchemaJson {
    /** Most columns of a table. */
    public static final int COLUMNS_MAX = 4096;

    private static final Set<String> MEMBERS = Set.of("name", "type", "nullable");

    private SchemaJson() {}

    /**
     * Reads columns that a client defines; ids are given from {@code firstId} on, in order.
     *
     * @param pointer where {@code columns} stands in the request, as a JSON pointer for error details, e.g. {@code /columns}
     * @throws WeirException INVALID_SCHEMA
     */
    public static List<Column> read(JsonNode columns, String pointer, int firstId) {
        if (!columns.isArray() || columns.isEmpty()) {
            throw refused(pointer, "expected an array of one column or more");
        }
        if (columns.size() > COLUMNS_MAX) {
            throw refused(pointer, columns.size() + " columns; at most " + COLUMNS_MAX);
        }
        List<Column> read = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < columns.size(); i++) {
            String at = pointer + "/" + i;
            Column column = column(columns.get(i), at, MEMBERS, firstId + i);
            if (!names.add(column.name())) {
                throw refused(at + "/name", "a column named '" + column.name() + "' stands before it");
            }
            read.add(column);
        }
        return List.copyOf(read);
    }

    /**
     * Reads columns in the form that {@link #write} gives, ids included.
     *
     * @throws WeirException INVALID_SCHEMA
     */
    public static List<Column> readWithIds(JsonNode columns, String pointer) {
        List<Column> read = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            String at = pointer + "/" + i;
            JsonNode id = columns.get(i).path("id");
            if (!id.isIntegralNumber() || !id.canConvertToInt() || id.intValue() < 1) {
                throw refused(at + "/id", "expected a number from 1");
            }
            read.add(column(columns.get(i), at, Set.of("id", "name", "type", "nullable"), id.intValue()));
        }
        return List.copyOf(read);
    }

    private static Column column(JsonNode node, String pointer, Set<String> members, int id) {
        if (!node.isObject()) {
            throw refused(pointer, "expected an object like {\"name\":\"user\",\"type\":\"STRING\"}");
        }
        for (Iterator<String> present = node.fieldNames(); present.hasNext(); ) {
            String member = present.next();
            if (!members.contains(member)) {
                String meant = ColumnNames.nearest(member, members)
                        .map(n -> "; '" + n + "' is the nearest")
                        .orElse("");
                throw refused(pointer, "unknown member '" + member + "'" + meant);
            }
        }
        String name = text(node.path("name"), pointer + "/name");
        ColumnNames.check(name, pointer + "/name");
        String type = text(node.path("type"), pointer + "/type");
        JsonNode nullable = node.path("nullable");
        if (!nullable.isMissingNode() && !nullable.isBoolean()) {
            throw refused(pointer + "/nullable", "expected true or false");
        }
        return new Column(id, name, type(type, pointer + "/type"), nullable.asBoolean(true));
    }

    private static DataType type(String text, String pointer) {
        try {
            return TypeParser.parse(text);
        } catch (WeirException e) {
            throw refused(pointer, e.detail());
        }
    }

    private static String text(JsonNode node, String pointer) {
        if (!node.isTextual()) {
            throw refused(pointer, "expected a string" + (node.isMissingNode() ? ", it is absent" : ""));
        }
        return node.textValue();
    }

    private static WeirException refused(String pointer, String detail) {
        return new WeirException(ErrorCode.INVALID_SCHEMA, pointer + ": " + detail);
    }

    /** Writes the array of columns, each with its id. */
    public static void write(JsonGenerator out, List<Column> columns) throws IOException {
        out.writeStartArray();
        for (Column column : columns) {
            out.writeStartObject();
            out.writeNumberField("id", column.id());
            out.writeStringField("name", column.name());
            out.writeStringField("type", column.type().toString());
            out.writeBooleanField("nullable", column.nullable());
            out.writeEndObject();
        }
        out.writeEndArray();
    }
}
