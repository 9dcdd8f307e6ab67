package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.http.ReadPartitions.Part;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/** Turns {@code from} into an offset per bucket, and takes the high watermarks that a bounded read stops at. */
final class LogStart {
    private static final String TIMESTAMP = "timestamp:";

    /** Buckets that are asked at the same time where they begin and end: thousands of asks at once help nobody. */
    private static final int ASKED_AT_ONCE = 64;

    private final ReadPartitions partitions;
    private final BucketClient buckets;
    private final ActorSystem<?> system;

    LogStart(ReadPartitions partitions, BucketClient buckets, ActorSystem<?> system) {
        this.partitions = partitions;
        this.buckets = buckets;
        this.system = system;
    }

    CompletionStage<Span> resolve(LogQuery query) {
        return partitions
                .chosen(query.table(), query.partition(), query.where())
                .thenCompose(parts -> {
                    SortedMap<BucketId, Part> wanted = ReadPartitions.buckets(query.table(), parts, query.bucket());
                    return resolve(query, wanted, given(query, wanted));
                });
    }

    /** All that these buckets hold now. */
    CompletionStage<Span> everything(LogQuery query, List<Part> parts) {
        return resolve(query, ReadPartitions.buckets(query.table(), parts, query.bucket()), new TreeMap<>());
    }

    /** The same buckets from where a wait left them, up to their high watermarks of now. */
    CompletionStage<Span> again(LogQuery query, Span span, SortedMap<BucketId, Long> from) {
        SortedMap<BucketId, Part> wanted = new TreeMap<>();
        span.bounds().forEach((id, bounds) -> wanted.put(id, bounds.part()));
        return resolve(query, wanted, from);
    }

    /** @param given offsets that were named; the others' are those that {@code from} means */
    private CompletionStage<Span> resolve(
            LogQuery query, SortedMap<BucketId, Part> wanted, SortedMap<BucketId, Long> given) {
        boolean ofCursor = !isWord(query.from());
        return Source.from(wanted.entrySet())
                .mapAsync(ASKED_AT_ONCE, e -> bounds(query, e.getKey(), e.getValue(), given.get(e.getKey()), ofCursor)
                        .thenApply(bounds -> Pair.create(e.getKey(), bounds)))
                .runWith(Sink.seq(), system)
                .thenApply(all -> {
                    SortedMap<BucketId, Bounds> found = new TreeMap<>();
                    all.forEach(one -> one.second().ifPresent(b -> found.put(one.first(), b)));
                    return new Span(found);
                });
    }

    private static boolean isWord(String from) {
        return from.equals("earliest") || from.equals("latest") || from.startsWith(TIMESTAMP);
    }

    /** Offsets that the client named, by bucket: from a cursor, or one offset of one bucket; empty where it named none. */
    private static SortedMap<BucketId, Long> given(LogQuery query, SortedMap<BucketId, Part> wanted) {
        String from = query.from();
        if (isWord(from)) {
            return new TreeMap<>();
        }
        if (!from.matches("[0-9]+")) {
            return ofCursor(query, wanted);
        }
        if (wanted.size() != 1) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "An offset in 'from' needs 'bucket'"
                            + (query.table().isPartitioned() ? " and 'partition'" : "") + ": each of the "
                            + wanted.size() + " buckets counts its own offsets");
        }
        return new TreeMap<>(Map.of(wanted.firstKey(), Exchange.number("offset in 'from'", from, 0, Long.MAX_VALUE)));
    }

    /** Of a partitioned table, the cursor may not know what came since, and may know what was dropped. */
    private static SortedMap<BucketId, Long> ofCursor(LogQuery query, SortedMap<BucketId, Part> wanted) {
        Cursor cursor = Cursor.parse(
                query.from(), query.table().tableId(), query.table().name());
        boolean foreign = cursor.offsets().keySet().stream()
                .anyMatch(id -> id.bucket() >= query.table().buckets()
                        || (id.partitionId() != 0) != query.table().isPartitioned());
        if (foreign) {
            throw new WeirException(ErrorCode.INVALID_CURSOR, "The cursor names a bucket that the table does not have");
        }
        SortedMap<BucketId, Long> given = new TreeMap<>(cursor.offsets());
        given.keySet().retainAll(wanted.keySet());
        if (!query.table().isPartitioned()) {
            if (query.bucket().isPresent() && given.isEmpty()) {
                throw new WeirException(
                        ErrorCode.INVALID_CURSOR,
                        "The cursor is of buckets "
                                + cursor.offsets().keySet().stream()
                                        .map(BucketId::bucket)
                                        .toList()
                                + " and not of bucket " + query.bucket().getAsInt());
            }
            wanted.keySet().retainAll(given.keySet());
        }
        return given;
    }

    /** Empty where the bucket's partition was dropped meanwhile. */
    private CompletionStage<Optional<Bounds>> bounds(
            LogQuery query, BucketId id, Part part, @Nullable Long given, boolean ofCursor) {
        CompletionStage<Bucket.Description> description = buckets.describe(id);
        CompletionStage<Bounds> bounds;
        if (given != null) {
            bounds = description.thenApply(d -> checked(id, part, given, d));
        } else if (query.from().startsWith(TIMESTAMP)) {
            long time = LogQuery.timestampMs(query.from().substring(TIMESTAMP.length()));
            bounds = buckets.locate(id, time)
                    .thenCombine(
                            description,
                            (offset, d) -> new Bounds(part, d.logStartOffset(), offset, d.highWatermark()));
        } else {
            boolean latest = !ofCursor && query.from().equals("latest");
            bounds = description.thenApply(d -> new Bounds(
                    part, d.logStartOffset(), latest ? d.highWatermark() : d.logStartOffset(), d.highWatermark()));
        }
        return bounds.thenApply(Optional::of)
                .exceptionallyCompose(failure -> LogReader.isDropped(id, failure)
                        ? CompletableFuture.completedFuture(Optional.empty())
                        : CompletableFuture.failedFuture(Problem.unwrapped(failure)));
    }

    private static Bounds checked(BucketId id, Part part, long offset, Bucket.Description log) {
        if (offset < log.logStartOffset() || offset > log.highWatermark()) {
            throw new ProblemException(new Problem(
                    ErrorCode.OFFSET_OUT_OF_RANGE,
                    "Offset " + offset + " of " + LogReader.text(id, part.name())
                            + " is outside the log, which holds offsets from "
                            + log.logStartOffset() + " to before " + log.highWatermark()
                            + "; read from=earliest, from=latest or an offset in that range",
                    List.of(),
                    Map.of(
                            "bucket", (long) id.bucket(),
                            "log_start_offset", log.logStartOffset(),
                            "high_watermark", log.highWatermark())));
        }
        return new Bounds(part, log.logStartOffset(), offset, log.highWatermark());
    }
}
