package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.ingest.RowRouter.Route;
import io.weir.codec.row.RowBatchBuilder;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.http.ReadPartitions.Part;
import io.weir.http.TableRows.Pinned;
import io.weir.http.TableRows.Snapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/**
 * The current rows of a primary-key table at one vector of offsets: those of the lake whose keys did not change since, and those that
 * the changes since left. Of a bucket whose changes are not all there, or are too many for memory, the rows are those of its KV state,
 * and the lake's are left out; so they are where it is not in the lake yet. What is in no bucket any more comes from the lake alone.
 */
final class KeyedUnion {
    /** Buckets whose changes are read at the same time; each holds a fetch beside what it keeps. */
    private static final int READ_AT_ONCE = 4;

    private final LogStart start;
    private final LogReader reader;
    private final TableScan scan;
    private final LakeScans lakes;
    private final ActorSystem<?> system;
    private final Executor executor;
    private final BufferAllocator allocator;
    private final long changesBytesMax;

    /** @param changesBytesMax about what the changes of one read may take */
    KeyedUnion(
            LogStart start,
            LogReader reader,
            TableScan scan,
            LakeScans lakes,
            ActorSystem<?> system,
            Executor executor,
            BufferAllocator allocator,
            long changesBytesMax) {
        this.start = start;
        this.reader = reader;
        this.scan = scan;
        this.lakes = lakes;
        this.system = system;
        this.executor = executor;
        this.allocator = allocator;
        this.changesBytesMax = changesBytesMax;
    }

    CompletionStage<Snapshot> read(RowsQuery query, Pinned pinned) {
        return start.everything(query.wholeLog(), pinned.parts())
                .thenCompose(span -> changes(query, pinned, span))
                .thenCompose(changes -> scan.open(changes.state, query.columnIds(), query.whereText())
                        .thenApply(scans -> snapshot(query, pinned, changes, scans)));
    }

    /** What is known of the buckets, one place each. */
    private static final class Changes {
        /** Buckets whose changes since the lake's snapshot are all here; empty for one that has gone. */
        private final SortedMap<BucketId, LatestChanges> latest = new TreeMap<>();

        private final SortedMap<BucketId, Long> offsets = new TreeMap<>();

        /** Buckets whose KV state is read. */
        private final SortedMap<BucketId, Part> state = new TreeMap<>();

        private final Map<BucketId, Part> parts = new HashMap<>();
    }

    private List<Column> changeColumns(RowsQuery query) {
        List<Column> more = new ArrayList<>(keyColumns(query.table()));
        if (query.where() != null) {
            more.addAll(query.where().columns());
        }
        return RowSelection.with(query.columns(), more);
    }

    private static List<Column> keyColumns(TableInfo table) {
        return table.keyOrder().stream()
                .map(name -> table.schema().column(name).orElseThrow())
                .toList();
    }

    /** Reads what changed after the lake's offsets, bucket by bucket. */
    private CompletionStage<Changes> changes(RowsQuery query, Pinned pinned, Span span) {
        Changes changes = new Changes();
        AtomicLong bytesLeft = new AtomicLong(changesBytesMax);
        LatestChanges.Form form = LatestChanges.Form.of(
                query.table().schema().schemaId(),
                changeColumns(query),
                query.table().keyOrder());
        Map<BucketId, Bounds> toRead = new TreeMap<>();
        span.bounds().forEach((id, all) -> {
            changes.parts.put(id, all.part());
            Long lakeOffset = pinned.lakeOffset(id);
            if (lakeOffset == null || lakeOffset < all.logStart()) {
                changes.state.put(id, all.part());
            } else {
                long from = Math.min(lakeOffset, all.to());
                toRead.put(id, new Bounds(all.part(), all.logStart(), from, all.to()));
            }
        });
        return Source.from(toRead.entrySet())
                .mapAsync(READ_AT_ONCE, bucket -> changes(form, bucket.getKey(), bucket.getValue(), bytesLeft)
                        .thenApply(latest -> Pair.create(bucket, latest)))
                .runWith(Sink.seq(), system)
                .thenApply(all -> {
                    all.forEach(one ->
                            note(changes, one.first().getKey(), one.first().getValue(), one.second()));
                    return changes;
                });
    }

    private static void note(Changes changes, BucketId id, Bounds bounds, Optional<LatestChanges> latest) {
        if (latest.isEmpty()) {
            changes.state.put(id, bounds.part());
            return;
        }
        LatestChanges read = latest.get();
        if (read.next() < bounds.to()) {
            read.forget(); // its partition was dropped on the way: what the lake has of it is what there is
        } else {
            changes.offsets.put(id, bounds.to());
        }
        changes.latest.put(id, read);
    }

    /** Empty where they are too many, or not all there any more. */
    private CompletionStage<Optional<LatestChanges>> changes(
            LatestChanges.Form form, BucketId id, Bounds bounds, AtomicLong bytesLeft) {
        LatestChanges latest = new LatestChanges(form, bounds.from(), bytesLeft);
        if (bounds.from() >= bounds.to()) {
            return CompletableFuture.completedFuture(Optional.of(latest));
        }
        LogReader.Wanted wanted =
                new LogReader.Wanted(TableColumns.ids(form.schema().columns()), null, Long.MAX_VALUE, Long.MAX_VALUE);
        return reader.bounded(wanted, new Span(new TreeMap<>(Map.of(id, bounds))))
                .mapAsync(1, slice -> CompletableFuture.supplyAsync(() -> added(latest, slice), executor))
                .takeWhile(room -> room, true)
                .runWith(Sink.last(), system)
                .thenApply(room -> {
                    if (!room) {
                        latest.forget();
                    }
                    return room ? Optional.of(latest) : Optional.empty();
                });
    }

    private static boolean added(LatestChanges latest, Slice slice) {
        boolean trimmed =
                slice.failure() instanceof WeirException known && known.code() == ErrorCode.OFFSET_OUT_OF_RANGE;
        if (!trimmed) {
            slice.orThrow();
        }
        return !trimmed && latest.add(slice);
    }

    private Snapshot snapshot(RowsQuery query, Pinned pinned, Changes changes, TableScan.Scans scans) {
        SortedMap<BucketId, Long> vector = new TreeMap<>(changes.offsets);
        vector.putAll(scans.offsets());
        return new Snapshot(
                // The states first: a scan that nobody reads for long is closed, while the lake's snapshot stays.
                scans.rows()
                        .concatLazy(LakeScans.later(() -> unchanged(
                                query, pinned, changes, scans.offsets().keySet())))
                        .concatLazy(LakeScans.later(() -> changed(query, changes))),
                vector);
    }

    /** The lake's rows, but for those that changed and those of the buckets whose states are read. */
    private Source<Slice, NotUsed> unchanged(RowsQuery query, Pinned pinned, Changes changes, Set<BucketId> ofState) {
        Map<Route, Optional<LatestChanges>> byRoute = new HashMap<>();
        ofState.forEach(id -> byRoute.put(route(changes, id), Optional.empty()));
        changes.latest.forEach((id, latest) -> {
            if (!latest.isEmpty()) {
                byRoute.putIfAbsent(route(changes, id), Optional.of(latest));
            }
        });
        if (byRoute.isEmpty()) {
            return lakes.rows(query.table(), () -> pinned.scan(query.columns(), query.where()), rows -> rows);
        }
        if (!query.table().isPartitioned() && ofState.size() == query.table().buckets()) {
            return Source.empty();
        }
        List<Column> read = RowSelection.with(query.columns(), keyColumns(query.table()));
        LakeRowsKept kept = new LakeRowsKept(query.table(), read, query.columns(), byRoute, allocator);
        return lakes.rows(query.table(), () -> pinned.scan(read, query.where()), kept);
    }

    private static Route route(Changes changes, BucketId id) {
        Part part = changes.parts.get(id);
        return new Route(part == null ? List.of() : part.values(), id.bucket());
    }

    /** The rows that the changes left, in batches. */
    private Source<Slice, NotUsed> changed(RowsQuery query, Changes changes) {
        List<Map.Entry<BucketId, LatestChanges>> all = changes.latest.entrySet().stream()
                .filter(e -> !e.getValue().isEmpty())
                .toList();
        return Source.from(all).flatMapConcat(bucket -> {
            ChangedRows rows = new ChangedRows(query, bucket.getValue().rows());
            return Source.unfoldAsync(
                    rows,
                    (ChangedRows from) -> CompletableFuture.supplyAsync(
                            () -> from.next(bucket.getKey()).map(slice -> Pair.create(from, slice)), executor));
        });
    }

    /** Batches of the rows of one bucket that changed. */
    private final class ChangedRows {
        private final Iterator<byte[]> rows;
        private final RowBatchBuilder builder;
        private final RowSelection selection;
        private final RowsQuery query;

        ChangedRows(RowsQuery query, Iterator<byte[]> rows) {
            List<Column> read = changeColumns(query);
            this.query = query;
            this.rows = rows;
            this.selection = new RowSelection(read, query.columns(), allocator);
            this.builder =
                    new RowBatchBuilder(new TableSchema(query.table().schema().schemaId(), read), read);
        }

        Optional<Slice> next(BucketId bucket) {
            if (!rows.hasNext()) {
                return Optional.empty();
            }
            long bytes = 0;
            while (rows.hasNext() && bytes < lakes.batchBytes()) {
                byte[] row = rows.next();
                bytes += row.length;
                builder.add(row);
            }
            EncodedRows passing = selection.filter(builder.build(0), query.where());
            List<Bucket.FetchedRows> batches =
                    passing.rowCount() == 0 ? List.of() : List.of(new Bucket.FetchedRows(passing, 0, null, 0, null));
            return Optional.of(new Slice(bucket, null, batches, 0));
        }
    }
}
