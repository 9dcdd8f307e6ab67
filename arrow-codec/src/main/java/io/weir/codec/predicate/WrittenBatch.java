package io.weir.codec.predicate;

import io.weir.codec.batch.BatchStatistics;
import io.weir.codec.batch.BatchStatistics.ColumnStatistics;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The statistics of a batch by the columns of the current schema, which may be a later one than the batch was written with. */
record WrittenBatch(TableSchema written, BatchStatistics statistics, int rowCount) implements Condition.Batch {
    private static final Set<DataType> INTEGERS =
            Set.of(DataType.Simple.TINYINT, DataType.Simple.SMALLINT, DataType.Simple.INT, DataType.Simple.BIGINT);

    @Override
    public @Nullable ColumnStatistics statistics(Column column) {
        int index = written.indexOf(column.id());
        if (index < 0) {
            return new ColumnStatistics(rowCount, null, null, 0);
        }
        if (index >= statistics.columns().size()) {
            return null;
        }
        ColumnStatistics known = statistics.columns().get(index);
        DataType then = written.columns().get(index).type();
        return keepsValues(then, column.type()) ? known : new ColumnStatistics(known.nullCount(), null, null, 0);
    }

    /**
     * Whether smallest and largest value of a column that was widened since are still those of its values now. Where the unit changed
     * (timestamps) they are not, and only the null count still holds.
     */
    private static boolean keepsValues(DataType then, DataType now) {
        if (then.equals(now)) {
            return true;
        }
        if (INTEGERS.contains(then)) {
            return INTEGERS.contains(now) || now == DataType.Simple.DOUBLE;
        }
        return (then == DataType.Simple.FLOAT && now == DataType.Simple.DOUBLE)
                || (then instanceof DataType.Decimal && now instanceof DataType.Decimal)
                || (then instanceof DataType.Char && (now instanceof DataType.Char || now == DataType.Simple.STRING))
                || (then instanceof DataType.Binary && now == DataType.Simple.BYTES);
    }
}
