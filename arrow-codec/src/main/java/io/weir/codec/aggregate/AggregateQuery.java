package io.weir.codec.aggregate;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.merge.BitmapKind;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.ColumnNames;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * What {@code POST T/aggregate} asks for, bound to a table's columns. An aggregate is
 *
 * <pre>
 * count(*)  count(c)  sum(c)  min(c)  max(c)  avg(c)  rb_cardinality(bitmap)  bitmap
 * bitmap := rb_or(c)  rb_and(c)  rb_build(c)              over the rows of the group
 *         | rb_or(bitmap, bitmap, ...)  rb_and(...)  rb_andnot(...)   of bitmaps that were aggregated
 * </pre>
 *
 * Each that runs over rows may end in {@code filter (where predicate)}. A bitmap as a result is BYTES in the portable format, of 64-bit
 * members where anything in it is.
 *
 * <p>Nulls are as in SQL: no function but {@code count(*)} sees them, and of no values all are null but count, which is 0, and bitmaps,
 * which are empty. sum is BIGINT of whole numbers, DECIMAL(38,s) of DECIMALs (both exact, refused where the result does not fit, in
 * whatever order the rows came) and DOUBLE of floating numbers; avg is the DOUBLE next to the exact mean, of floating numbers that of
 * their sum; min and max have the column's type, with NaN past all numbers. Groups with a null are groups, and come first.
 *
 * <p>Immutable, and free to be shared between threads.
 */
public final class AggregateQuery {
    static final int AGGREGATES_MAX = 1000;
    static final int GROUP_COLUMNS_MAX = 100;

    private final List<Column> groupBy;
    private final List<RowFunction> functions;
    private final List<Aggregate> aggregates;
    private final List<Column> columns;
    private final List<Column> resultColumns;

    private AggregateQuery(List<Column> groupBy, List<RowFunction> functions, Map<String, Aggregate> aggregates) {
        this.groupBy = groupBy;
        this.functions = functions;
        this.aggregates = List.copyOf(aggregates.values());
        this.columns = columnsOf(groupBy, functions);
        this.resultColumns = new ArrayList<>();
        groupBy.forEach(column -> addResult(column.name(), column.type(), true));
        aggregates.forEach((name, aggregate) -> addResult(name, typeOf(aggregate), !isCount(aggregate)));
    }

    /**
     * @param bitmaps columns that hold bitmaps, by name
     * @param aggregates result name to expression, in the wanted order; may be empty where there is a group_by
     * @throws WeirException INVALID_REQUEST naming the column or function, the position and the functions that exist; COLUMN_NOT_FOUND;
     *     INVALID_PREDICATE of a filter
     */
    public static AggregateQuery parse(
            TableSchema schema, Map<String, BitmapKind> bitmaps, List<String> groupBy, Map<String, String> aggregates) {
        if (groupBy.isEmpty() && aggregates.isEmpty()) {
            throw refused("the query asks for nothing; give aggregates, e.g. \"n\": \"count(*)\", or group_by");
        }
        if (aggregates.size() > AGGREGATES_MAX || groupBy.size() > GROUP_COLUMNS_MAX) {
            throw refused("%d aggregates and %d columns in group_by, and at most %d and %d are taken"
                    .formatted(aggregates.size(), groupBy.size(), AGGREGATES_MAX, GROUP_COLUMNS_MAX));
        }
        QueryColumns columns = new QueryColumns(schema, bitmaps);
        List<Column> groupColumns = new ArrayList<>();
        groupBy.forEach(name -> groupColumns.add(groupColumn(name, columns, groupColumns)));
        RowFunctions functions = new RowFunctions();
        Map<String, Aggregate> parsed = new LinkedHashMap<>();
        aggregates.forEach((name, text) -> {
            checkName(name, groupBy);
            parsed.put(name, AggregateParser.parse(name, text, columns, functions));
        });
        return new AggregateQuery(List.copyOf(groupColumns), functions.all(), parsed);
    }

    private static Column groupColumn(String name, QueryColumns columns, List<Column> before) {
        Column column = columns.column(name, "group_by");
        if (ColumnKind.of(column.type()) == ColumnKind.NESTED) {
            throw refused("group_by: column " + name + " is " + column.type() + ", and nested values make no groups");
        }
        if (before.contains(column)) {
            throw refused("group_by: column " + name + " is there twice");
        }
        return column;
    }

    private static void checkName(String name, List<String> groupBy) {
        try {
            ColumnNames.check(name, "aggregates");
        } catch (WeirException e) {
            throw new WeirException(ErrorCode.INVALID_REQUEST, AggregateLexer.shown(e.detail()), e);
        }
        if (groupBy.contains(name)) {
            throw refused("aggregates: " + name + " is a column of group_by too; take another name");
        }
    }

    private static WeirException refused(String detail) {
        return new WeirException(ErrorCode.INVALID_REQUEST, detail);
    }

    private static List<Column> columnsOf(List<Column> groupBy, List<RowFunction> functions) {
        Map<Integer, Column> columns = new LinkedHashMap<>();
        groupBy.forEach(column -> columns.put(column.id(), column));
        for (RowFunction function : functions) {
            if (function.column() != null) {
                columns.putIfAbsent(function.column().id(), function.column());
            }
            if (function.filter() != null) {
                function.filter().columns().forEach(column -> columns.putIfAbsent(column.id(), column));
            }
        }
        return List.copyOf(columns.values());
    }

    private DataType typeOf(Aggregate aggregate) {
        if (aggregate instanceof Aggregate.Value value) {
            return functions.get(value.function()).type();
        }
        return aggregate instanceof Aggregate.Cardinality ? DataType.Simple.BIGINT : DataType.Simple.BYTES;
    }

    private boolean isCount(Aggregate aggregate) {
        return aggregate instanceof Aggregate.Value value
                && functions.get(value.function()).function() == Function.COUNT;
    }

    private void addResult(String name, DataType type, boolean nullable) {
        resultColumns.add(new Column(resultColumns.size() + 1, name, type, nullable));
    }

    /** What rows have to hold, each column once; may be empty (then only their number counts). */
    public List<Column> columns() {
        return columns;
    }

    /** The groups' columns, then the aggregates, all nullable but count. */
    public List<Column> resultColumns() {
        return List.copyOf(resultColumns);
    }

    /** @param bytesMax about how much the groups may take on the heap; past it {@link Accumulation#add} throws OVERLOADED */
    public Accumulation start(long bytesMax) {
        return new GroupedRows(this, new Budget(bytesMax));
    }

    List<Column> groupBy() {
        return groupBy;
    }

    List<RowFunction> functions() {
        return functions;
    }

    List<Aggregate> aggregates() {
        return aggregates;
    }

    /** One run of the query. Not thread-safe, and of no use after it threw. */
    public interface Accumulation {
        /**
         * @param root holds {@link #columns()}, in order; it stays the caller's
         * @throws WeirException OVERLOADED where the groups take too much, INVALID_REQUEST where a function does not take a value
         */
        void add(VectorSchemaRoot root, int rowCount);

        /**
         * One row a group, sorted by the group's columns; one row where there is no group_by, also over no rows. Laid out by
         * {@link #resultColumns()}, with schema id 0.
         *
         * @throws WeirException OVERLOADED where the result is too large, INVALID_REQUEST where a sum does not fit its type
         */
        EncodedRows result();
    }
}
