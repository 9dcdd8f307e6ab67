package io.weir.codec.schema;

import java.util.List;
import java.util.Optional;

/** One version of a table's columns, in order. Versions of a table count from 1; a stored batch names the one it was written with. */
public record TableSchema(int schemaId, List<Column> columns) {
    public TableSchema {
        columns = List.copyOf(columns);
    }

    public Optional<Column> column(String name) {
        return columns.stream().filter(c -> c.name().equals(name)).findFirst();
    }

    public Optional<Column> columnById(int id) {
        return columns.stream().filter(c -> c.id() == id).findFirst();
    }

    /** Position of the column with this id, or -1. */
    public int indexOf(int columnId) {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).id() == columnId) {
                return i;
            }
        }
        return -1;
    }
}
