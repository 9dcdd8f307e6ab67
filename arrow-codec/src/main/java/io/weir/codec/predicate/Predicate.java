package io.weir.codec.predicate;

import io.weir.codec.batch.BatchStatistics;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.BitSet;
import java.util.List;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * A {@code where} predicate bound to a table's columns: comparisons ({@code = != <> < <= > >=}), IN, IS [NOT] NULL, [NOT] BETWEEN,
 * [NOT] LIKE 'x%', joined with AND, OR, NOT and parentheses. Three-valued as in SQL: a row passes where the result is true.
 */
public final class Predicate {
    private final String text;

    Predicate(String text) {
        this.text = text;
    }

    /**
     * @param schema the current schema; literals are converted to the column's type only when nothing is lost
     * @throws io.weir.codec.WeirException INVALID_PREDICATE with the position, or COLUMN_NOT_FOUND
     */
    public static Predicate parse(String text, TableSchema schema) {
        throw new UnsupportedOperationException("spine: " + text + schema);
    }

    /** The columns it reads, each once. */
    public List<Column> columns() {
        throw new UnsupportedOperationException("spine: " + text);
    }

    /**
     * False only when no row of a batch with these statistics can pass.
     *
     * @param written the schema version the batch was written with; a column it lacks is all null
     */
    public boolean mayMatch(TableSchema written, BatchStatistics statistics, int rowCount) {
        throw new UnsupportedOperationException("spine: " + written + statistics + rowCount);
    }

    /**
     * The rows that pass.
     *
     * @param columns what the root's vectors hold, in order; must include {@link #columns()}
     */
    public BitSet matches(List<Column> columns, VectorSchemaRoot root) {
        throw new UnsupportedOperationException("spine: " + columns + root);
    }
}
