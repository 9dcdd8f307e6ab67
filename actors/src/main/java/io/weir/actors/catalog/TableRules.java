package io.weir.actors.catalog;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** What a table may be: names, columns, properties and the changes allowed to them. Plain functions; errors are WeirExceptions. */
public final class TableRules {
    public static final int NAME_LENGTH_MAX = 128;
    public static final int COLUMNS_MAX = 2000;
    public static final int BUCKETS_MAX = 1024;
    public static final int SCHEMA_VERSIONS_MAX = 1000;

    /** Names of the columns that reads add on demand; a table cannot have its own. */
    private static final Set<String> RESERVED_COLUMNS = Set.of(
            "_bucket", "_offset", "_timestamp", "_change_type", "_partition", "_log_offset", "_commit_timestamp");

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_-]*");

    private static final Pattern CLUSTER_ID = Pattern.compile("[A-Za-z0-9-]+");

    private TableRules() {}

    /**
     * Letters, digits, '_' and '-', at most {@value #NAME_LENGTH_MAX}, not starting with '-'.
     *
     * @param what what is named, for the message: database, table, column
     */
    public static void checkName(String what, String name) {
        if (name.length() > NAME_LENGTH_MAX || !NAME.matcher(name).matches()) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "'%s' is not a %s name; use 1 to %d letters, digits, '_' and '-', not starting with '-'"
                            .formatted(
                                    name.length() > 140 ? name.substring(0, 140) + "..." : name,
                                    what,
                                    NAME_LENGTH_MAX));
        }
    }

    /** Letters, digits and '-', at most {@value Catalog#CLUSTER_ID_LENGTH_MAX}. */
    static void checkClusterId(String id) {
        if (id.length() > Catalog.CLUSTER_ID_LENGTH_MAX
                || !CLUSTER_ID.matcher(id).matches()) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "a cluster id is 1 to %d letters, digits and '-'; this one is not"
                            .formatted(Catalog.CLUSTER_ID_LENGTH_MAX));
        }
    }

    /**
     * The table that the definition asks for, checked, with what it leaves open filled in.
     *
     * @throws WeirException INVALID_REQUEST, INVALID_SCHEMA, INVALID_PROPERTY or NOT_SUPPORTED
     */
    public static TableInfo create(
            long tableId, String database, Catalog.TableDefinition definition, Instant createdAt) {
        checkName("table", definition.name());
        checkColumns(definition.columns());
        KeyRules.check(definition);
        if (definition.buckets() < 1 || definition.buckets() > BUCKETS_MAX) {
            throw invalid("buckets is " + definition.buckets() + "; it has to be from 1 to " + BUCKETS_MAX);
        }
        TableInfo table = new TableInfo(
                tableId,
                database,
                definition.name(),
                List.of(firstSchema(definition)),
                definition.primaryKey(),
                KeyRules.bucketKey(definition),
                definition.partitionBy(),
                definition.buckets(),
                definition.properties(),
                createdAt);
        PropertyFit.check(table);
        return table;
    }

    /**
     * The table after the change; a new schema version where its columns changed. Stored batches are not touched.
     *
     * @throws WeirException INVALID_SCHEMA, COLUMN_NOT_FOUND, INVALID_PROPERTY or NOT_SUPPORTED; then nothing has changed
     */
    public static TableInfo change(TableInfo table, Catalog.TableChange change) {
        return SchemaChanges.apply(table, change);
    }

    /** Version 1 of the columns, ids given from 1 in order. Key and partition columns are never null, said or not, as in SQL. */
    private static TableSchema firstSchema(Catalog.TableDefinition definition) {
        List<Column> columns = new ArrayList<>();
        for (Column column : definition.columns()) {
            boolean key = definition.primaryKey().contains(column.name())
                    || definition.partitionBy().contains(column.name());
            columns.add(new Column(columns.size() + 1, column.name(), column.type(), column.nullable() && !key));
        }
        return new TableSchema(1, columns);
    }

    static void checkColumns(List<Column> columns) {
        if (columns.isEmpty() || columns.size() > COLUMNS_MAX) {
            throw invalid("a table has from 1 to " + COLUMNS_MAX + " columns, not " + columns.size());
        }
        Set<String> seen = new HashSet<>();
        for (Column column : columns) {
            checkName("column", column.name());
            if (RESERVED_COLUMNS.contains(column.name())) {
                throw invalid("column name '" + column.name() + "' is reserved for what reads add; choose another");
            }
            if (!seen.add(column.name())) {
                throw invalid("column '" + column.name() + "' is there twice; names have to differ");
            }
        }
    }

    static WeirException invalid(String detail) {
        return new WeirException(ErrorCode.INVALID_SCHEMA, detail);
    }
}
