package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Turns {@code from} into an offset per bucket, and takes the high watermarks that a bounded read stops at. */
final class LogStart {
    private static final String TIMESTAMP = "timestamp:";

    private final BucketClient buckets;

    LogStart(BucketClient buckets) {
        this.buckets = buckets;
    }

    /**
     * @param from first offset wanted, by bucket
     * @param to high watermark of each of these buckets when the read began
     */
    record Span(SortedMap<Integer, Long> from, SortedMap<Integer, Long> to) {
        boolean isEmpty() {
            return from.entrySet().stream().allMatch(e -> e.getValue() >= to.getOrDefault(e.getKey(), 0L));
        }
    }

    CompletionStage<Span> resolve(LogQuery query) {
        SortedMap<Integer, Long> given = given(query);
        return resolve(query, given, given.isEmpty() ? wanted(query) : List.copyOf(given.keySet()));
    }

    private CompletionStage<Span> resolve(LogQuery query, SortedMap<Integer, Long> given, List<Integer> wanted) {
        List<CompletableFuture<Bounds>> bounds = new ArrayList<>();
        for (int bucket : wanted) {
            bounds.add(bounds(query, bucket, given.get(bucket)).toCompletableFuture());
        }
        return CompletableFuture.allOf(bounds.toArray(CompletableFuture[]::new)).thenApply(done -> {
            Span span = new Span(new TreeMap<>(), new TreeMap<>());
            for (CompletableFuture<Bounds> one : bounds) {
                Bounds b = one.join();
                span.from().put(b.bucket(), b.from());
                span.to().put(b.bucket(), b.to());
            }
            return span;
        });
    }

    /** The same buckets from where a wait left them, up to their high watermarks of now. */
    CompletionStage<Span> again(LogQuery query, SortedMap<Integer, Long> from) {
        return resolve(query, from, List.copyOf(from.keySet()));
    }

    private record Bounds(int bucket, long from, long to) {}

    private static List<Integer> wanted(LogQuery query) {
        return query.bucket().isPresent()
                ? List.of(query.bucket().getAsInt())
                : IntStream.range(0, query.table().buckets()).boxed().toList();
    }

    /** Offsets that the client named, by bucket: from a cursor, or one offset of one bucket; empty where it named none. */
    private static SortedMap<Integer, Long> given(LogQuery query) {
        String from = query.from();
        if (from.equals("earliest") || from.equals("latest") || from.startsWith(TIMESTAMP)) {
            return new TreeMap<>();
        }
        if (from.matches("[0-9]+")) {
            if (query.bucket().isEmpty() && query.table().buckets() > 1) {
                throw new WeirException(
                        ErrorCode.INVALID_REQUEST,
                        "An offset in 'from' needs 'bucket': each of the table's "
                                + query.table().buckets() + " buckets counts its own offsets");
            }
            long offset = Exchange.number("offset in 'from'", from, 0, Long.MAX_VALUE);
            return new TreeMap<>(Map.of(query.bucket().orElse(0), offset));
        }
        return ofCursor(query);
    }

    private static SortedMap<Integer, Long> ofCursor(LogQuery query) {
        Cursor cursor = Cursor.parse(
                query.from(), query.table().tableId(), query.table().name());
        if (cursor.offsets().lastKey() >= query.table().buckets()) {
            throw new WeirException(ErrorCode.INVALID_CURSOR, "The cursor names a bucket that the table does not have");
        }
        if (query.bucket().isEmpty()) {
            return cursor.offsets();
        }
        int bucket = query.bucket().getAsInt();
        Long offset = cursor.offsets().get(bucket);
        if (offset == null) {
            throw new WeirException(
                    ErrorCode.INVALID_CURSOR,
                    "The cursor is of buckets " + cursor.offsets().keySet() + " and not of bucket " + bucket);
        }
        return new TreeMap<>(Map.of(bucket, offset));
    }

    private CompletionStage<Bounds> bounds(LogQuery query, int bucket, @Nullable Long given) {
        BucketId id = new BucketId(query.table().tableId(), bucket);
        CompletionStage<Bucket.Description> description = buckets.describe(id);
        if (given != null) {
            return description.thenApply(d -> checked(bucket, given, d));
        }
        String from = query.from();
        if (from.startsWith(TIMESTAMP)) {
            long time = LogQuery.timestampMs(from.substring(TIMESTAMP.length()));
            return buckets.locate(id, time)
                    .thenCombine(description, (offset, d) -> new Bounds(bucket, offset, d.highWatermark()));
        }
        return description.thenApply(d ->
                new Bounds(bucket, from.equals("latest") ? d.highWatermark() : d.logStartOffset(), d.highWatermark()));
    }

    private static Bounds checked(int bucket, long offset, Bucket.Description log) {
        if (offset < log.logStartOffset() || offset > log.highWatermark()) {
            throw new ProblemException(new Problem(
                    ErrorCode.OFFSET_OUT_OF_RANGE,
                    "Offset " + offset + " of bucket " + bucket + " is outside the log, which holds offsets from "
                            + log.logStartOffset() + " to before " + log.highWatermark()
                            + "; read from=earliest, from=latest or an offset in that range",
                    List.of(),
                    Map.of(
                            "bucket", (long) bucket,
                            "log_start_offset", log.logStartOffset(),
                            "high_watermark", log.highWatermark())));
        }
        return new Bounds(bucket, offset, log.highWatermark());
    }
}
