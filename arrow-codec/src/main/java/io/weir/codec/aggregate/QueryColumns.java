package io.weir.codec.aggregate;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.merge.BitmapKind;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.ColumnNames;
import io.weir.codec.schema.TableSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The table's columns, as a query names them. */
final class QueryColumns {
    private final TableSchema schema;
    private final Map<String, Column> byName;
    private final Map<String, BitmapKind> bitmaps;

    QueryColumns(TableSchema schema, Map<String, BitmapKind> bitmaps) {
        this.schema = schema;
        this.bitmaps = Map.copyOf(bitmaps);
        this.byName = new java.util.HashMap<>();
        schema.columns().forEach(column -> byName.put(column.name(), column));
    }

    /** @throws WeirException COLUMN_NOT_FOUND; {@code where} says in it where the name stands */
    Column column(String name, String where) {
        Column column = byName.get(name);
        if (column == null) {
            String near = ColumnNames.nearest(name, byName.keySet())
                    .map(n -> "; did you mean " + n + "?")
                    .orElse("");
            throw new WeirException(
                    ErrorCode.COLUMN_NOT_FOUND,
                    where + ": the table has no column " + AggregateLexer.shown(name) + near);
        }
        return column;
    }

    BitmapKind bitmap(Column column, AggregateLexer lexer, int position) {
        BitmapKind kind = bitmaps.get(column.name());
        if (kind == null) {
            List<String> names = new ArrayList<>(new TreeSet<>(bitmaps.keySet()));
            throw lexer.error(
                    position,
                    "column " + column.name() + " holds no bitmaps; "
                            + (names.isEmpty()
                                    ? "none of the table's columns does (fields.<column>.agg=rbm32 or rbm64 makes one)"
                                    : "those that do are " + String.join(", ", names))
                            + "; rb_build makes a bitmap of a column of whole numbers");
        }
        return kind;
    }

    /** @param position of the predicate in the aggregate */
    Predicate predicate(String text, AggregateLexer lexer, int position) {
        try {
            return Predicate.parse(text, schema);
        } catch (WeirException e) {
            throw new WeirException(e.code(), lexer.where(position) + ", in the filter: " + e.detail(), e);
        }
    }
}
