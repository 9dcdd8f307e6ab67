package io.weir.http;

import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a reader names of a table, checked against it. */
final class TableColumns {
    private TableColumns() {}

    /** The columns of a comma-separated list, in its order; all of the table where there is none. */
    static List<Column> wanted(TableInfo table, Optional<String> list) {
        return list.isEmpty()
                ? table.schema().columns()
                : named(table, Arrays.asList(list.get().split(",", -1)));
    }

    /** @throws WeirException COLUMN_NOT_FOUND; INVALID_REQUEST where a name is there twice */
    static List<Column> named(TableInfo table, List<String> names) {
        List<Column> columns = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            Column column = table.schema()
                    .column(name)
                    .orElseThrow(() -> new WeirException(
                            ErrorCode.COLUMN_NOT_FOUND, "The table has no column '" + name + "' to read"));
            if (!seen.add(name)) {
                throw new WeirException(
                        ErrorCode.INVALID_REQUEST, "The column '" + name + "' is asked for more than once");
            }
            columns.add(column);
        }
        return columns;
    }

    /** The predicate, or null where none is given; a mistake in it is answered before anything is read. */
    static @Nullable Predicate where(TableInfo table, Optional<String> where) {
        return where.map(text -> Predicate.parse(text, table.schema())).orElse(null);
    }

    static List<Integer> ids(List<Column> columns) {
        return columns.stream().map(Column::id).toList();
    }

    /** @throws WeirException INVALID_REQUEST where the table has no primary key */
    static void requirePrimaryKey(TableInfo table) {
        if (!table.hasPrimaryKey()) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "The table has no primary key, so its rows are not looked up by one; read T/log or T/scan");
        }
    }
}
