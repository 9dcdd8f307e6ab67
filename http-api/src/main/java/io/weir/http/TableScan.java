package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.http.ReadPartitions.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.OverflowStrategy;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/**
 * Reads the current rows of a primary-key table: a scan is opened on every bucket before the first row is read, so that the rows are
 * those at one vector of offsets, and then the buckets are read one after the other. Scans that are not read to their end are closed.
 */
final class TableScan {
    private static final int OPENED_AT_ONCE = 64;

    private final BucketClient buckets;
    private final ActorSystem<?> system;
    private final int fetchBytes;

    TableScan(BucketClient buckets, ActorSystem<?> system, int fetchBytes) {
        this.buckets = buckets;
        this.system = system;
        this.fetchBytes = fetchBytes;
    }

    private record Opened(Part part, long scanId, long offset) {}

    /** Open scans; {@link #rows} may be called once, or else {@link #close}. */
    final class Scans {
        private final ConcurrentSkipListMap<BucketId, Opened> open = new ConcurrentSkipListMap<>();
        private final SortedMap<BucketId, Long> offsets = new TreeMap<>();

        /** The offsets that the rows are the state at. */
        SortedMap<BucketId, Long> offsets() {
            return offsets;
        }

        /** Closes what is open when the stream ends, however it does. */
        Source<Slice, NotUsed> rows() {
            List<Map.Entry<BucketId, Opened>> all = List.copyOf(open.entrySet());
            return Source.unfoldAsync(
                            0,
                            (Integer at) -> at >= all.size()
                                    ? CompletableFuture.completedFuture(Optional.<Pair<Integer, Slice>>empty())
                                    : read(at, all.get(at).getKey(), all.get(at).getValue()))
                    .buffer(1, OverflowStrategy.backpressure())
                    .watchTermination((notUsed, done) -> {
                        done.whenComplete((ok, failure) -> close());
                        return notUsed;
                    });
        }

        private CompletionStage<Optional<Pair<Integer, Slice>>> read(int at, BucketId bucket, Opened scan) {
            return buckets.readScan(bucket, scan.scanId(), fetchBytes).handle((read, failure) -> {
                if (failure != null || read == null) {
                    boolean dropped = failure != null && LogReader.isDropped(bucket, failure);
                    open.remove(bucket);
                    return Optional.of(
                            dropped
                                    ? Pair.create(at + 1, slice(bucket, scan, List.of()))
                                    : Pair.create(Integer.MAX_VALUE, failed(bucket, scan, failure)));
                }
                if (read.end()) {
                    open.remove(bucket);
                }
                List<Bucket.FetchedRows> rows = read.rows().stream()
                        .map(batch -> new Bucket.FetchedRows(batch, 0, null, 0, null))
                        .toList();
                return Optional.of(Pair.create(read.end() ? at + 1 : at, slice(bucket, scan, rows)));
            });
        }

        private static Slice slice(BucketId bucket, Opened scan, List<Bucket.FetchedRows> rows) {
            return new Slice(bucket, scan.part().name(), rows, scan.offset());
        }

        private static Slice failed(BucketId bucket, Opened scan, @Nullable Throwable failure) {
            Throwable reason = failure == null ? new IllegalStateException("no rows") : Problem.unwrapped(failure);
            return Slice.failed(bucket, scan.offset(), reason);
        }

        void close() {
            for (BucketId bucket : List.copyOf(open.keySet())) {
                Opened scan = open.remove(bucket);
                if (scan != null) {
                    buckets.closeScan(bucket, scan.scanId());
                }
            }
        }
    }

    /** Opens a scan on each of the buckets; where one is refused, those that were opened are closed again. */
    CompletionStage<Scans> open(SortedMap<BucketId, Part> wanted, List<Integer> columnIds, @Nullable String where) {
        Scans scans = new Scans();
        return Source.from(wanted.entrySet())
                .mapAsync(OPENED_AT_ONCE, e -> open(scans, e.getKey(), e.getValue(), columnIds, where))
                .runWith(Sink.seq(), system)
                .handle((opened, failure) -> {
                    List<WeirException> refusals = new ArrayList<>();
                    if (opened != null) {
                        opened.forEach(refusal -> refusal.ifPresent(refusals::add));
                    }
                    if (failure != null || !refusals.isEmpty()) {
                        scans.close();
                        throw refusals.isEmpty()
                                ? new WeirException(ErrorCode.INTERNAL, "A scan could not be opened", failure)
                                : refusals.get(0);
                    }
                    scans.open.forEach((bucket, scan) -> scans.offsets.put(bucket, scan.offset()));
                    return scans;
                });
    }

    /** The refusal, if any: a failure would overtake the scans that are still being opened, and they would stay open. */
    private CompletionStage<Optional<WeirException>> open(
            Scans scans, BucketId bucket, Part part, List<Integer> columnIds, @Nullable String where) {
        return buckets.openScan(bucket, columnIds, where).handle((opened, failure) -> {
            if (opened != null) {
                scans.open.put(bucket, new Opened(part, opened.scanId(), opened.offset()));
                return Optional.empty();
            }
            if (failure != null && LogReader.isDropped(bucket, failure)) {
                return Optional.empty();
            }
            return Optional.of(
                    failure != null && Problem.unwrapped(failure) instanceof WeirException known
                            ? known
                            : new WeirException(ErrorCode.INTERNAL, "A scan could not be opened", failure));
        });
    }
}
