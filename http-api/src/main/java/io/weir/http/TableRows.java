package io.weir.http;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import io.weir.http.ReadPartitions.Part;
import io.weir.lake.LakeScan;
import io.weir.lake.LakeSnapshot;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/**
 * All rows of a table as of now: the current rows of a primary-key table, or all that a log table has, from the lake and from where the
 * lake ends. The lake is always pinned before the store is asked how far it is.
 */
final class TableRows {
    /** A log that was trimmed since the lake was pinned was trimmed up to a newer lake offset, which the next pin has. */
    private static final int PINS_MAX = 4;

    private final ReadPartitions partitions;
    private final LogStart start;
    private final LogReader reader;
    private final TableScan scan;
    private final LakeScans lakes;
    private final LogUnion logs;
    private final KeyedUnion keyed;

    TableRows(
            ReadPartitions partitions,
            LogStart start,
            LogReader reader,
            TableScan scan,
            LakeScans lakes,
            KeyedUnion keyed) {
        this.partitions = partitions;
        this.start = start;
        this.reader = reader;
        this.scan = scan;
        this.lakes = lakes;
        this.logs = new LogUnion(start, reader, lakes);
        this.keyed = keyed;
    }

    /**
     * @param slices to be run once
     * @param next where the table's log goes on from these rows
     */
    record Snapshot(Source<Slice, NotUsed> slices, SortedMap<BucketId, Long> next) {}

    /**
     * What the lake has, and what the store has beside it.
     *
     * @param parts the partitions of the store that are read
     * @param values of the one partition that is read; empty for all
     */
    record Pinned(LakeSnapshot lake, List<Part> parts, Optional<List<String>> values, int batchBytes) {
        /** First offset of the bucket that the lake does not have; null where it has nothing of it. */
        @Nullable
        Long lakeOffset(BucketId id) {
            return lake.state().offsets().get(id.entityId());
        }

        LakeScan scan(List<Column> columns, @Nullable Predicate where) {
            return lake.scan(columns, where, values, batchBytes);
        }
    }

    CompletionStage<Snapshot> read(RowsQuery query, ReadSource source) {
        if (source == ReadSource.HOT || !isInLake(query.table(), source)) {
            return hot(query);
        }
        LakeScans.Turn turn = lakes.turn();
        return unionOrLake(query, source, 1)
                .thenApply(read -> new Snapshot(turn.whole(query.table(), read.slices()), read.next()))
                .whenComplete((read, failure) -> {
                    if (failure != null) {
                        turn.end();
                    }
                });
    }

    /** @throws WeirException where only the lake is wanted and has nothing to do with the table */
    private boolean isInLake(TableInfo table, ReadSource source) {
        boolean enabled = TableProperties.from(table.properties()).lake().enabled();
        if (source == ReadSource.LAKE && !lakes.hasLake()) {
            throw new WeirException(
                    ErrorCode.NOT_SUPPORTED,
                    "This node has no lake; start it with WEIR_LAKE_WAREHOUSE, or leave out 'source'");
        }
        if (source == ReadSource.LAKE && !enabled) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "The table does not go to the lake; set its property datalake.enabled to true with PATCH, or leave out"
                            + " 'source'");
        }
        return enabled && lakes.hasLake();
    }

    private CompletionStage<Snapshot> hot(RowsQuery query) {
        return partitions
                .chosen(query.table(), query.partition(), query.where())
                .thenCompose(parts -> hot(query, parts));
    }

    private CompletionStage<Snapshot> hot(RowsQuery query, List<Part> parts) {
        TableInfo table = query.table();
        if (table.hasPrimaryKey()) {
            return scan.open(
                            ReadPartitions.buckets(table, parts, OptionalInt.empty()),
                            query.columnIds(),
                            query.whereText())
                    .thenApply(scans -> new Snapshot(scans.rows(), scans.offsets()));
        }
        LogQuery all = query.wholeLog();
        return start.everything(all, parts)
                .thenApply(span -> new Snapshot(reader.bounded(all.wanted(), span), span.end()));
    }

    private CompletionStage<Snapshot> unionOrLake(RowsQuery query, ReadSource source, int pin) {
        return lakes.pin(query.table()).thenCompose(pinned -> {
            if (pinned.isEmpty()) {
                return source == ReadSource.UNION ? hot(query) : nothing(query);
            }
            return chosen(query, pinned.get())
                    .thenCompose(parts -> read(
                            query,
                            source,
                            new Pinned(
                                    pinned.get(),
                                    parts,
                                    query.partition().map(ReadPartitions::values),
                                    lakes.batchBytes()),
                            pin));
        });
    }

    /** @throws WeirException PARTITION_NOT_FOUND, as the stage's failure, where neither half has a partition of the name */
    private CompletionStage<List<Part>> chosen(RowsQuery query, LakeSnapshot lake) {
        return partitions
                .chosenWithLake(query.table(), query.partition(), query.where())
                .thenCompose(parts -> {
                    if (query.partition().isEmpty() || !parts.isEmpty()) {
                        return CompletableFuture.completedFuture(parts);
                    }
                    Optional<List<String>> values = query.partition().map(ReadPartitions::values);
                    return lakes.hasRows(() -> lake.scan(query.columns(), null, values, 1))
                            .thenApply(known -> {
                                if (!known) {
                                    throw ReadPartitions.notFound();
                                }
                                return parts;
                            });
                });
    }

    private CompletionStage<Snapshot> read(RowsQuery query, ReadSource source, Pinned pinned, int pin) {
        if (source == ReadSource.LAKE) {
            Source<Slice, NotUsed> rows =
                    lakes.rows(query.table(), () -> pinned.scan(query.columns(), query.where()), batch -> batch);
            return CompletableFuture.completedFuture(new Snapshot(rows, lakeOffsets(query.table(), pinned)));
        }
        if (query.table().hasPrimaryKey()) {
            return keyed.read(query, pinned);
        }
        return logs.read(query, pinned).thenCompose(read -> {
            if (read.isPresent()) {
                return CompletableFuture.completedFuture(read.get());
            }
            return pin < PINS_MAX ? unionOrLake(query, source, pin + 1) : LogUnion.gap();
        });
    }

    /** The empty answer of a lake that has nothing yet; a mistake in the request is one all the same. */
    private CompletionStage<Snapshot> nothing(RowsQuery query) {
        return partitions
                .chosen(query.table(), query.partition(), query.where())
                .thenApply(parts -> new Snapshot(Source.empty(), offsets(query.table(), parts, id -> null)));
    }

    private static SortedMap<BucketId, Long> lakeOffsets(TableInfo table, Pinned pinned) {
        return offsets(table, pinned.parts(), pinned::lakeOffset);
    }

    private interface OffsetOf {
        @Nullable
        Long at(BucketId id);
    }

    private static SortedMap<BucketId, Long> offsets(TableInfo table, List<Part> parts, OffsetOf offset) {
        SortedMap<BucketId, Long> offsets = new TreeMap<>();
        ReadPartitions.buckets(table, parts, OptionalInt.empty()).keySet().forEach(id -> {
            Long known = offset.at(id);
            offsets.put(id, known == null ? 0L : known);
        });
        return offsets;
    }
}
