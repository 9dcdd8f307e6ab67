package io.weir.actors.catalog;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.codec.schema.TypeParser;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Changes of a table by metadata alone, in the order drop, rename, widen, add, then properties. */
final class SchemaChanges {
    private static final List<DataType> INTEGERS =
            List.of(DataType.Simple.TINYINT, DataType.Simple.SMALLINT, DataType.Simple.INT, DataType.Simple.BIGINT);

    private final List<Column> columns;
    private final TableInfo table;
    private final Set<String> added = new HashSet<>();
    private int lastColumnId;

    private SchemaChanges(TableInfo table) {
        this.table = table;
        columns = new ArrayList<>(table.schema().columns());
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
        Map<String, String> before = MergeProperties.renamed(table.properties(), change.renames());
        TableInfo after = new TableInfo(
                table.tableId(),
                table.database(),
                table.name(),
                changes.schemas(),
                renamed(table.primaryKey(), change),
                renamed(table.bucketKey(), change),
                renamed(table.partitionBy(), change),
                table.buckets(),
                properties(before, change),
                table.createdAt());
        PropertyFit.check(after);
        PropertyFit.checkChange(before, after, changes.added);
        return after;
    }

    private static List<String> renamed(List<String> names, Catalog.TableChange change) {
        return names.stream()
                .map(name -> change.renames().getOrDefault(name, name))
                .toList();
    }

    private List<TableSchema> schemas() {
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

    private static Map<String, String> properties(Map<String, String> before, Catalog.TableChange change) {
        Map<String, String> properties = new HashMap<>(before);
        for (String name : change.unsetProperties()) {
            PropertyRules.checkName(name);
            if (change.setProperties().containsKey(name)) {
                throw new WeirException(
                        ErrorCode.INVALID_PROPERTY, "property '" + name + "' is both set and unset; do one of them");
            }
            properties.remove(name);
        }
        properties.putAll(change.setProperties());
        return properties;
    }

    private void drop(String name) {
        int index = indexOf(name);
        requireUnused("primary key", table.primaryKey(), name);
        requireUnused("bucket key", table.bucketKey(), name);
        requireUnused("partition columns", table.partitionBy(), name);
        MergeProperties.naming(name, table.properties()).ifPresent(property -> {
            throw TableRules.invalid(
                    "column '%s' is what property '%s' is about and cannot be dropped".formatted(name, property));
        });
        if (!columns.get(index).nullable()) {
            throw TableRules.invalid("column '" + name + "' is NOT NULL; only nullable columns can be dropped");
        }
        columns.remove(index);
    }

    private static void requireUnused(String what, List<String> names, String column) {
        if (names.contains(column)) {
            throw TableRules.invalid("column '%s' is part of the %s and cannot be dropped".formatted(column, what));
        }
    }

    /** All at once, so that two columns may swap their names. */
    private void rename(Map<String, String> renames) {
        Map<Integer, String> newNames = new HashMap<>();
        renames.forEach((old, name) -> newNames.put(columns.get(indexOf(old)).id(), name));
        columns.replaceAll(c -> new Column(c.id(), newNames.getOrDefault(c.id(), c.name()), c.type(), c.nullable()));
    }

    /** Key columns too: the bytes of keys and of what is hashed are those of the value, whatever its width. */
    private void widen(String name, String typeText) {
        int index = indexOf(name);
        Column column = columns.get(index);
        DataType type = TypeParser.parse(typeText);
        if (type.equals(column.type())) {
            return;
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
        added.add(column.name());
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
