package io.weir.http;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/** All rows of a table as of now: the current rows of a primary-key table, or all that a log table's log holds. */
final class TableRows {
    private final ReadPartitions partitions;
    private final LogStart start;
    private final LogReader reader;
    private final TableScan scan;

    TableRows(ReadPartitions partitions, LogStart start, LogReader reader, TableScan scan) {
        this.partitions = partitions;
        this.start = start;
        this.reader = reader;
        this.scan = scan;
    }

    /**
     * @param slices to be run once
     * @param next where the table's log goes on from these rows
     */
    record Snapshot(Source<Slice, NotUsed> slices, SortedMap<BucketId, Long> next) {}

    /** @param rowsMax a hint: log tables read no more than these, others may */
    CompletionStage<Snapshot> read(
            TableInfo table,
            List<Column> columns,
            @Nullable Predicate where,
            Optional<String> partition,
            long rowsMax) {
        List<Integer> ids = TableColumns.ids(columns);
        String text = where == null ? null : where.toString();
        return partitions.chosen(table, partition, where).thenCompose(parts -> {
            if (table.hasPrimaryKey()) {
                return scan.open(ReadPartitions.buckets(table, parts, OptionalInt.empty()), ids, text)
                        .thenApply(scans -> new Snapshot(scans.rows(), scans.offsets()));
            }
            LogQuery all = new LogQuery(
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
            return start.everything(all, parts)
                    .thenApply(span -> new Snapshot(reader.bounded(all.wanted(), span), span.end()));
        });
    }
}
