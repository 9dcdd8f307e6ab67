package io.weir.codec.predicate;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchStatistics;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * A {@code where} predicate bound to a table's columns: comparisons ({@code = != <> < <= > >=}), IN, IS [NOT] NULL, [NOT] BETWEEN,
 * [NOT] LIKE 'x%', joined with AND, OR, NOT and parentheses. Three-valued as in SQL: a row passes where the result is true. Immutable,
 * and free to be shared between threads.
 *
 * <p>Comparisons with NaN are false, so {@code !=} (NOT of {@code =}) is true for it. A number is compared exactly, whether or not the
 * column could hold it; next to a FLOAT or DOUBLE column the text by which a value is usually written stands for that value.
 */
public final class Predicate {
    /** Longest predicate, in characters; it also bounds the length of an IN list. */
    public static final int LENGTH_MAX = 16 << 10;

    private final String text;
    private final Condition condition;

    private Predicate(String text, Condition condition) {
        this.text = text;
        this.condition = condition;
    }

    /**
     * @param schema the current schema; literals are converted to the column's type only when nothing is lost
     * @throws io.weir.codec.WeirException INVALID_PREDICATE with the position, or COLUMN_NOT_FOUND
     */
    public static Predicate parse(String text, TableSchema schema) {
        if (text.length() > LENGTH_MAX) {
            throw new WeirException(
                    ErrorCode.INVALID_PREDICATE,
                    "The predicate has " + text.length() + " characters; at most " + LENGTH_MAX + " are taken");
        }
        return new Predicate(text, new Binder(schema).bind(Parser.parse(text), false));
    }

    /** The columns it reads, each once. */
    public List<Column> columns() {
        Set<Column> columns = new LinkedHashSet<>();
        condition.forEachColumn(columns::add);
        return List.copyOf(columns);
    }

    /**
     * False only when no row of a batch with these statistics can pass.
     *
     * @param written the schema version the batch was written with; a column it lacks is all null
     */
    public boolean mayMatch(TableSchema written, BatchStatistics statistics, int rowCount) {
        return condition.mayMatch(new WrittenBatch(written, statistics, rowCount));
    }

    /**
     * The rows that pass.
     *
     * @param columns what the root's vectors hold, in order; must include {@link #columns()}
     */
    public BitSet matches(List<Column> columns, VectorSchemaRoot root) {
        return condition.matches(new VectorRows(columns, root));
    }

    /** What {@code fold} makes of it. */
    public <T> T fold(PredicateFold<T> fold) {
        return condition.fold(fold);
    }

    /** The text it was parsed from. */
    @Override
    public String toString() {
        return text;
    }
}
