package io.weir.actors.catalog;

import io.weir.codec.schema.TableSchema;
import java.util.Map;

/** What a table may be: names, columns, properties and the changes allowed to them. Plain functions; errors are WeirExceptions. */
public final class TableRules {
    private TableRules() {}

    public static final int NAME_LENGTH_MAX = 128;
    public static final int COLUMNS_MAX = 2000;
    public static final int BUCKETS_MAX = 1024;

    /** Letters, digits, '_' and '-', at most {@value #NAME_LENGTH_MAX}, not starting with '-'. */
    public static void checkName(String what, String name) {
        throw new UnsupportedOperationException("spine: " + what + name);
    }

    public static void check(Catalog.TableDefinition definition) {
        throw new UnsupportedOperationException("spine: " + definition);
    }

    public static TableInfo change(TableInfo table, Catalog.TableChange change) {
        throw new UnsupportedOperationException("spine: " + table + change);
    }

    public static TableSchema firstSchema(Catalog.TableDefinition definition) {
        throw new UnsupportedOperationException("spine: " + definition);
    }

    public static void checkProperties(Map<String, String> properties) {
        throw new UnsupportedOperationException("spine: " + properties);
    }
}
