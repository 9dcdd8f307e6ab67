package io.weir.codec.aggregate;

import io.weir.codec.batch.EncodedRows;
import io.weir.codec.merge.BitmapKind;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
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
 * Each that runs over rows may end in {@code filter (where predicate)}. A bitmap as a result is BYTES in the portable format.
 */
public final class AggregateQuery {
    private AggregateQuery() {}

    /**
     * @param bitmaps columns that hold bitmaps, by name
     * @param aggregates result name to expression, in the wanted order
     * @throws io.weir.codec.WeirException INVALID_REQUEST naming the column or function, the position and the functions that exist;
     *     COLUMN_NOT_FOUND
     */
    public static AggregateQuery parse(
            TableSchema schema, Map<String, BitmapKind> bitmaps, List<String> groupBy, Map<String, String> aggregates) {
        throw new UnsupportedOperationException("spine: " + schema + bitmaps + groupBy + aggregates);
    }

    /** What rows have to hold, each column once; may be empty (then only their number counts). */
    public List<Column> columns() {
        throw new UnsupportedOperationException("spine");
    }

    /** The groups' columns, then the aggregates, all nullable but count. */
    public List<Column> resultColumns() {
        throw new UnsupportedOperationException("spine");
    }

    /** @param bytesMax about how much the groups may take on the heap; past it {@link Accumulation#add} throws OVERLOADED */
    public Accumulation start(long bytesMax) {
        throw new UnsupportedOperationException("spine: " + bytesMax);
    }

    /** One run of the query. Not thread-safe. */
    public interface Accumulation {
        /** @param root holds {@link #columns()}, in order */
        void add(VectorSchemaRoot root, int rowCount);

        /** One row a group, sorted by the group's columns; one row where there is no group_by, also over no rows. */
        EncodedRows result();
    }
}
