package io.weir.http;

import io.weir.actors.bucket.BucketId;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.http.TableRows.Pinned;
import io.weir.http.TableRows.Snapshot;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/**
 * All rows of a log table: those of the lake, then of each bucket those from its lake offset up to the high watermark that it has after
 * the lake was pinned. So every row stands in one of the two halves, whatever rounds are through meanwhile.
 */
final class LogUnion {
    private final LogStart start;
    private final LogReader reader;
    private final LakeScans lakes;

    LogUnion(LogStart start, LogReader reader, LakeScans lakes) {
        this.start = start;
        this.reader = reader;
        this.lakes = lakes;
    }

    /** Empty where a log begins above the pinned lake offset, so that the lake has to be pinned anew. */
    CompletionStage<Optional<Snapshot>> read(RowsQuery query, Pinned pinned) {
        return start.everything(query.wholeLog(), pinned.parts()).thenApply(span -> read(query, pinned, span));
    }

    private Optional<Snapshot> read(RowsQuery query, Pinned pinned, Span whole) {
        SortedMap<BucketId, Bounds> rest = new TreeMap<>();
        for (Map.Entry<BucketId, Bounds> bucket : whole.bounds().entrySet()) {
            Bounds all = bucket.getValue();
            Long lakeOffset = pinned.lakeOffset(bucket.getKey());
            if (lakeOffset != null && lakeOffset < all.logStart()) {
                return Optional.empty();
            }
            // Above the high watermark where a disk was lost with rows that the lake had: then the log has nothing to
            // add.
            long from = lakeOffset == null ? all.from() : Math.min(lakeOffset, all.to());
            rest.put(bucket.getKey(), new Bounds(all.part(), all.logStart(), from, all.to()));
        }
        Span span = new Span(rest);
        Source<Slice, NotUsed> log = LakeScans.later(
                () -> reader.bounded(query.wholeLog().wanted(), span).map(LogUnion::retryable));
        return Optional.of(new Snapshot(
                lakes.rows(query.table(), () -> pinned.scan(query.columns(), query.where()), rows -> rows)
                        .concatLazy(log),
                span.end()));
    }

    /** The log may be trimmed up to a newer lake offset while the rows before it are being read. */
    private static Slice retryable(Slice slice) {
        boolean trimmed =
                slice.failure() instanceof WeirException known && known.code() == ErrorCode.OFFSET_OUT_OF_RANGE;
        return trimmed
                ? Slice.failed(
                        slice.bucket(),
                        slice.nextOffset(),
                        new WeirException(
                                ErrorCode.SCAN_EXPIRED,
                                "Rows of " + LogReader.text(slice.bucket(), null)
                                        + " went from the log to the lake for good while this was read; send again"))
                : slice;
    }

    /** What to do where pinning anew did not help. */
    static <T> CompletionStage<T> gap() {
        return CompletableFuture.failedFuture(
                new WeirException(
                        ErrorCode.LAKE_UNAVAILABLE,
                        "The log begins above what the lake has of the table, so that rows between the two cannot be read. A"
                                + " tiering round may be about to close the gap: send again; source=hot and source=lake read one half"));
    }
}
