package io.weir.http;

import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.util.ArrayList;
import java.util.List;

/** The three ways to look at a table's log. */
enum LogView {
    /** The rows as they were stored. */
    LOG("/log"),
    /** What each row did, its place and its time, then its columns. */
    CHANGELOG("/changelog"),
    /** One row a change, with the row before it and after it. */
    BINLOG("/binlog");

    private final String path;

    LogView(String path) {
        this.path = CatalogRoutes.TABLE + path;
    }

    String path() {
        return path;
    }

    /** @param columns those wanted of the table */
    RowForm form(List<Column> columns, boolean metadata, boolean partitioned) {
        if (this == LOG) {
            return new RowForm(List.of(), columns, metadata ? added(partitioned) : List.of());
        }
        List<MetadataColumn> place = new ArrayList<>();
        if (metadata) {
            place.add(MetadataColumn.BUCKET);
            if (partitioned) {
                place.add(MetadataColumn.PARTITION);
            }
        }
        MetadataColumn change = this == BINLOG ? MetadataColumn.CHANGE : MetadataColumn.CHANGE_TYPE;
        return new RowForm(
                List.of(change, MetadataColumn.LOG_OFFSET, MetadataColumn.COMMIT_TIMESTAMP),
                this == BINLOG ? beforeAndAfter(columns) : columns,
                place);
    }

    private static List<MetadataColumn> added(boolean partitioned) {
        List<MetadataColumn> added = new ArrayList<>(List.of(
                MetadataColumn.BUCKET, MetadataColumn.OFFSET, MetadataColumn.TIMESTAMP, MetadataColumn.CHANGE_TYPE));
        if (partitioned) {
            added.add(MetadataColumn.PARTITION);
        }
        return added;
    }

    /** The two columns of a binlog over rows of these columns. */
    static List<Column> beforeAndAfter(List<Column> columns) {
        DataType row = new DataType.Row(columns.stream()
                .map(c -> new DataType.Row.Field(c.name(), c.type(), c.nullable()))
                .toList());
        return List.of(new Column(-101, "before", row, true), new Column(-102, "after", row, true));
    }
}
