package io.weir.codec.predicate;

import io.weir.codec.batch.BatchStatistics.ColumnStatistics;
import io.weir.codec.schema.Column;
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;
import org.apache.arrow.vector.FieldVector;
import org.jspecify.annotations.Nullable;

/**
 * The predicate bound to columns, with NOT pushed down to its leaves (De Morgan holds in three-valued logic). A tree of AND and OR is
 * true exactly where enough of its leaves are true, so only the rows on which a leaf is <em>true</em> are ever kept: false and unknown
 * need not be told apart.
 */
sealed interface Condition {
    /** False only when it is true for no row of the batch. */
    boolean mayMatch(Batch batch);

    /** The rows for which it is true; the caller may change the set. */
    BitSet matches(Rows rows);

    void forEachColumn(Consumer<Column> action);

    <T> T fold(PredicateFold<T> fold);

    /** What is known of a stored batch. */
    interface Batch {
        int rowCount();

        /** Null where nothing is known. Of a column that the batch lacks all values are null. */
        @Nullable
        ColumnStatistics statistics(Column column);
    }

    /** Values to look at. */
    interface Rows {
        int count();

        FieldVector vector(Column column);

        /** The rows where the vector is not null, in a set of its own. */
        BitSet present(FieldVector vector);
    }

    record All(List<Condition> operands) implements Condition {
        @Override
        public boolean mayMatch(Batch batch) {
            return operands.stream().allMatch(o -> o.mayMatch(batch));
        }

        @Override
        public BitSet matches(Rows rows) {
            BitSet result = operands.get(0).matches(rows);
            for (Condition operand : operands.subList(1, operands.size())) {
                if (result.isEmpty()) {
                    break;
                }
                result.and(operand.matches(rows));
            }
            return result;
        }

        @Override
        public <T> T fold(PredicateFold<T> fold) {
            return fold.all(operands.stream().map(o -> o.fold(fold)).toList());
        }

        @Override
        public void forEachColumn(Consumer<Column> action) {
            operands.forEach(o -> o.forEachColumn(action));
        }
    }

    record Any(List<Condition> operands) implements Condition {
        @Override
        public boolean mayMatch(Batch batch) {
            return operands.stream().anyMatch(o -> o.mayMatch(batch));
        }

        @Override
        public BitSet matches(Rows rows) {
            BitSet result = operands.get(0).matches(rows);
            for (Condition operand : operands.subList(1, operands.size())) {
                if (result.cardinality() == rows.count()) {
                    break;
                }
                result.or(operand.matches(rows));
            }
            return result;
        }

        @Override
        public <T> T fold(PredicateFold<T> fold) {
            return fold.any(operands.stream().map(o -> o.fold(fold)).toList());
        }

        @Override
        public void forEachColumn(Consumer<Column> action) {
            operands.forEach(o -> o.forEachColumn(action));
        }
    }

    /** The value is there and in the set, or there and {@code outside} of it. NaN is outside every set. */
    record Within(Column column, ValueSet values, boolean outside) implements Condition {
        @Override
        public boolean mayMatch(Batch batch) {
            ColumnStatistics known = batch.statistics(column);
            if (known == null) {
                return true;
            }
            if (known.nullCount() >= batch.rowCount()) {
                return false;
            }
            return outside
                    ? !values.containsAll(known.min(), known.max())
                    : values.intersects(known.min(), known.max());
        }

        @Override
        public BitSet matches(Rows rows) {
            FieldVector vector = rows.vector(column);
            BitSet present = rows.present(vector);
            BitSet inside = values.rows(vector, rows.count());
            if (outside) {
                present.andNot(inside);
            } else {
                present.and(inside);
            }
            return present;
        }

        @Override
        public <T> T fold(PredicateFold<T> fold) {
            return outside ? fold.outside(column, values.intervals()) : fold.within(column, values.intervals());
        }

        @Override
        public void forEachColumn(Consumer<Column> action) {
            action.accept(column);
        }
    }

    record Present(Column column) implements Condition {
        @Override
        public boolean mayMatch(Batch batch) {
            ColumnStatistics known = batch.statistics(column);
            return known == null || known.nullCount() < batch.rowCount();
        }

        @Override
        public BitSet matches(Rows rows) {
            return rows.present(rows.vector(column));
        }

        @Override
        public <T> T fold(PredicateFold<T> fold) {
            return fold.notNull(column);
        }

        @Override
        public void forEachColumn(Consumer<Column> action) {
            action.accept(column);
        }
    }

    record Absent(Column column) implements Condition {
        @Override
        public boolean mayMatch(Batch batch) {
            ColumnStatistics known = batch.statistics(column);
            return known == null || known.nullCount() > 0;
        }

        @Override
        public BitSet matches(Rows rows) {
            BitSet result = rows.present(rows.vector(column));
            result.flip(0, rows.count());
            return result;
        }

        @Override
        public <T> T fold(PredicateFold<T> fold) {
            return fold.isNull(column);
        }

        @Override
        public void forEachColumn(Consumer<Column> action) {
            action.accept(column);
        }
    }

    /** A comparison with NULL: unknown for every row, negated or not. */
    record Never(Column column) implements Condition {
        @Override
        public boolean mayMatch(Batch batch) {
            return false;
        }

        @Override
        public BitSet matches(Rows rows) {
            return new BitSet();
        }

        @Override
        public <T> T fold(PredicateFold<T> fold) {
            return fold.never();
        }

        @Override
        public void forEachColumn(Consumer<Column> action) {
            action.accept(column);
        }
    }
}
