package io.weir.http;

import io.weir.actors.catalog.TableInfo;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of a table are read, and what of them.
 *
 * @param columns wanted columns in the wanted order; never empty
 * @param partition name of the one partition that is wanted
 * @param rowsMax a hint: log tables read no more than these of their logs, others may
 */
record RowsQuery(
        TableInfo table, List<Column> columns, @Nullable Predicate where, Optional<String> partition, long rowsMax) {
    RowsQuery {
        columns = List.copyOf(columns);
    }

    List<Integer> columnIds() {
        return TableColumns.ids(columns);
    }

    @Nullable
    String whereText() {
        return where == null ? null : where.toString();
    }

    /** All that the logs have. */
    LogQuery wholeLog() {
        return new LogQuery(
                table,
                LogView.LOG,
                OptionalInt.empty(),
                partition,
                "earliest",
                columns,
                where,
                rowsMax,
                Long.MAX_VALUE,
                Duration.ZERO,
                false,
                false);
    }
}
