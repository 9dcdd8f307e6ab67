package io.weir.actors.catalog;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.codec.schema.TypeParser;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Changes of a table by metadata alone, in the order drop, rename, widen, add, then properties. */
final class SchemaChanges {
    private static final List<DataType> INTEGERS =
            List.of(DataType.Simple.TINYINT, DataType.Simple.SMALLINT, DataType.Simple.INT, DataType.Simple.BIGINT);

    private final List<Column> columns;
    private final List<String> bucketKey;
    private int lastColumnId;

    private SchemaChanges(TableInfo table) {
        columns = new ArrayList<>(table.schema().columns());
        bucketKey = new ArrayList<>(table.bucketKey());
        lastColumnId = table.schemas().stream()
                .flatMap(schema -> schema.columns().stream())
                .mapToInt(Column::id)
                .max()
                .orElse(0);
    }

    static TableInfo apply(TableInfo table, Catalog.TableChange change) {
        SchemaChanges changes = new SchemaChanges(table);
        change.dropColumns().forEach(changes::drop);
        changes.rename(change.renames());
        new TreeMap<>(change.widenings()).forEach(changes::widen);
        change.addColumns().forEach(changes::add);
        TableRules.checkColumns(changes.columns);
        return new TableInfo(
                table.tableId(),
                table.database(),
                table.name(),
                changes.schemas(table),
                List.of(),
                changes.bucketKey,
                List.of(),
                table.buckets(),
                properties(table, change),
                table.createdAt());
    }

    private List<TableSchema> schemas(TableInfo table) {
        if (columns.equals(table.schema().columns())) {
            return table.schemas();
        }
        if (table.schemas().size() >= TableRules.SCHEMA_VERSIONS_MAX) {
            throw TableRules.invalid("the table has had %d schema versions, which is the most it can have"
                    .formatted(TableRules.SCHEMA_VERSIONS_MAX));
        }
        List<TableSchema> schemas = new ArrayList<>(table.schemas());
        schemas.add(new TableSchema(table.schema().schemaId() + 1, columns));
        return schemas;
    }

    private static Map<String, String> properties(TableInfo table, Catalog.TableChange change) {
        Map<String, String> properties = new HashMap<>(table.properties());
        for (String name : change.unsetProperties()) {
            PropertyRules.checkName(name);
            if (change.setProperties().containsKey(name)) {
                throw new WeirException(
                        ErrorCode.INVALID_PROPERTY, "property '" + name + "' is both set and unset; do one of them");
            }
            properties.remove(name);
        }
        properties.putAll(change.setProperties());
        TableRules.checkProperties(properties);
        return properties;
    }

    private void drop(String name) {
        int index = indexOf(name);
        if (bucketKey.contains(name)) {
            throw TableRules.invalid("column '" + name + "' is part of the bucket key and cannot be dropped");
        }
        if (!columns.get(index).nullable()) {
            throw TableRules.invalid("column '" + name + "' is NOT NULL; only nullable columns can be dropped");
        }
        columns.remove(index);
    }

    /** All at once, so that two columns may swap their names. */
    private void rename(Map<String, String> renames) {
        Map<Integer, String> newNames = new HashMap<>();
        renames.forEach((old, name) -> newNames.put(columns.get(indexOf(old)).id(), name));
        columns.replaceAll(c -> new Column(c.id(), newNames.getOrDefault(c.id(), c.name()), c.type(), c.nullable()));
        bucketKey.replaceAll(name -> renames.getOrDefault(name, name));
    }

    private void widen(String name, String typeText) {
        int index = indexOf(name);
        Column column = columns.get(index);
        DataType type = TypeParser.parse(typeText);
        if (type.equals(column.type())) {
            return;
        }
        if (bucketKey.contains(name)) {
            throw TableRules.invalid(
                    "column '%s' is part of the bucket key; another type would send rows to other buckets"
                            .formatted(name));
        }
        if (!widens(column.type(), type)) {
            throw TableRules.invalid(
                    "column '%s' is %s and cannot become %s; integers, FLOAT to DOUBLE, DECIMAL precision and CHAR may grow"
                            .formatted(name, column.type(), type));
        }
        columns.set(index, new Column(column.id(), name, type, column.nullable()));
    }

    private void add(Column column) {
        if (!column.nullable()) {
            throw TableRules.invalid("added column '" + column.name()
                    + "' is NOT NULL, but the rows that are there have no value for it");
        }
        columns.add(new Column(++lastColumnId, column.name(), column.type(), true));
    }

    private static boolean widens(DataType from, DataType to) {
        if (INTEGERS.contains(from)) {
            return INTEGERS.indexOf(to) > INTEGERS.indexOf(from);
        }
        if (from == DataType.Simple.FLOAT) {
            return to == DataType.Simple.DOUBLE;
        }
        if (from instanceof DataType.Decimal narrow && to instanceof DataType.Decimal wide) {
            return wide.scale() == narrow.scale() && wide.precision() > narrow.precision();
        }
        if (from instanceof DataType.Char narrow) {
            return to == DataType.Simple.STRING
                    || (to instanceof DataType.Char wide && wide.length() > narrow.length());
        }
        return false;
    }

    private int indexOf(String name) {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).name().equals(name)) {
                return i;
            }
        }
        throw new WeirException(ErrorCode.COLUMN_NOT_FOUND, "the table has no column '" + name + "'");
    }
}
