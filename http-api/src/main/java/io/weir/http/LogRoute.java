package io.weir.http;

import io.weir.actors.bucket.BucketId;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.model.headers.TimeoutAccess;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * {@code GET T/log}, {@code T/changelog} and {@code T/binlog}: where to begin ({@link LogStart}), the reader ({@link LogReader}), and
 * the form of the answer.
 */
final class LogRoute {
    static final String NEXT = "Weir-Next";

    private static final List<Media> BOUNDED = List.of(Media.JSON, Media.NDJSON, Media.ARROW_STREAM, Media.EVENTS);
    private static final List<Media> FOLLOWING = List.of(Media.NDJSON, Media.ARROW_STREAM, Media.EVENTS);

    /** How often a tail of a partitioned table looks for new partitions. */
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    private final CatalogClient catalog;
    private final ReadPartitions partitions;
    private final LogStart start;
    private final LogReader reader;
    private final StreamedAnswer streams;
    private final HttpSettings settings;
    private final BufferAllocator allocator;
    private final Executor executor;
    private final ActorSystem<?> system;
    private final HttpMetrics metrics;

    LogRoute(
            CatalogClient catalog,
            ReadPartitions partitions,
            LogStart start,
            LogReader reader,
            StreamedAnswer streams,
            HttpSettings settings,
            BufferAllocator allocator,
            Executor executor,
            ActorSystem<?> system,
            HttpMetrics metrics) {
        this.catalog = catalog;
        this.partitions = partitions;
        this.start = start;
        this.reader = reader;
        this.streams = streams;
        this.settings = settings;
        this.allocator = allocator;
        this.executor = executor;
        this.system = system;
        this.metrics = metrics;
    }

    List<Operation> operations() {
        return Arrays.stream(LogView.values())
                .map(view -> new Operation("GET", view.path(), LogQuery.PARAMETERS, exchange -> read(exchange, view)))
                .toList();
    }

    private CompletionStage<HttpResponse> read(Exchange exchange, LogView view) {
        boolean follow = exchange.flag("follow");
        Media media =
                Media.wanted(exchange.request(), follow ? FOLLOWING : BOUNDED).orElseThrow(() -> notAcceptable(follow));
        return catalog.table(exchange.database(), exchange.table()).thenCompose(table -> {
            LogQuery query = LogQuery.of(exchange, table, view);
            return start.resolve(query).thenCompose(span -> answer(exchange, media, query, span));
        });
    }

    private static WeirException notAcceptable(boolean follow) {
        List<String> served =
                (follow ? FOLLOWING : BOUNDED).stream().map(Media::text).toList();
        return new WeirException(
                ErrorCode.NOT_ACCEPTABLE,
                (follow ? "With follow=true, this call serves " : "This call serves ") + String.join(", ", served));
    }

    private CompletionStage<HttpResponse> answer(Exchange exchange, Media media, LogQuery query, Span span) {
        if (query.follow()) {
            Source<Slice, NotUsed> slices =
                    reader.following(query.wanted(), asRead(query, span), youngBuckets(query, span));
            return CompletableFuture.completedFuture(streams.response(
                    exchange,
                    media,
                    format(media, query),
                    limited(query, shown(query, span, slices)),
                    positions(query, span)));
        }
        // With a predicate, only a fetch tells whether there is a row.
        boolean mayHaveNone = span.isEmpty() || query.where() != null;
        if (mayHaveNone && !query.waitAtMost().isZero()) {
            allowTime(exchange, query.waitAtMost());
            LogReader.Wanted any =
                    new LogReader.Wanted(query.wanted().columnIds(), query.whereText(), Long.MAX_VALUE, Long.MAX_VALUE);
            return reader.awaitRow(any, span, query.waitAtMost())
                    .thenCompose(from -> start.again(query, span, from))
                    .thenCompose(now -> bounded(exchange, media, query, now));
        }
        return bounded(exchange, media, query, span);
    }

    /** A binlog needs the row before its first, which may be the first half of a pair. */
    private static Span asRead(LogQuery query, Span span) {
        return query.view() == LogView.BINLOG ? span.lookingBack() : span;
    }

    private Source<Slice, NotUsed> boundedSlices(LogQuery query, Span span) {
        Source<Slice, NotUsed> slices = shown(query, span, reader.bounded(query.wanted(), asRead(query, span)));
        // Where pairs are joined, the buckets were asked for more than the limit.
        return query.view() == LogView.BINLOG ? limited(query, slices) : slices;
    }

    /** The slices as the view shows them. */
    private Source<Slice, NotUsed> shown(LogQuery query, Span span, Source<Slice, NotUsed> slices) {
        if (query.view() != LogView.BINLOG) {
            return slices;
        }
        BinlogPairs pairs = new BinlogPairs(query.columns(), query.where(), span.from(), allocator);
        return slices.mapAsync(1, slice -> CompletableFuture.supplyAsync(() -> pairs.join(slice), executor));
    }

    private Source<Slice, NotUsed> limited(LogQuery query, Source<Slice, NotUsed> slices) {
        if (!query.mayStopEarly()) {
            return slices;
        }
        RowLimit limit = new RowLimit(query.form().columns(), query.rowsMax(), query.bytesMax(), allocator);
        return slices.mapAsync(1, slice -> CompletableFuture.supplyAsync(() -> limit.pass(slice), executor))
                .takeWhile(passed -> !passed.last(), true)
                .map(RowLimit.Passed::slice);
    }

    /** The buckets of partitions that were not there yet, as they come. */
    private Source<Span, NotUsed> youngBuckets(LogQuery query, Span span) {
        if (!query.table().isPartitioned() || query.partition().isPresent()) {
            return Source.empty();
        }
        Set<Long> known = new HashSet<>();
        span.bounds().keySet().forEach(id -> known.add(id.partitionId()));
        return Source.tick(LOOK_EVERY, LOOK_EVERY, NotUsed.getInstance())
                .mapAsync(1, tick -> partitions
                        .chosen(query.table(), query.partition(), query.where())
                        // A catalog that is on its way to another node is looked at again.
                        .exceptionally(failure -> List.of()))
                .map(parts -> young(query, parts, known))
                .filter(young -> !young.bounds().isEmpty())
                .mapMaterializedValue(cancellable -> NotUsed.getInstance());
    }

    private static Span young(LogQuery query, List<ReadPartitions.Part> parts, Set<Long> known) {
        List<ReadPartitions.Part> young =
                parts.stream().filter(part -> known.add(part.id())).toList();
        SortedMap<BucketId, Bounds> bounds = new TreeMap<>();
        ReadPartitions.buckets(query.table(), young, query.bucket())
                .forEach((id, part) -> bounds.put(id, Bounds.young(part)));
        return new Span(bounds);
    }

    /** A long poll may take its wait on top of what any request may take. */
    private void allowTime(Exchange exchange, Duration wait) {
        exchange.request().getHeader(TimeoutAccess.class).ifPresent(access -> access.timeoutAccess()
                .updateTimeout(settings.requestTimeout().plus(wait)));
    }

    private CompletionStage<HttpResponse> bounded(Exchange exchange, Media media, LogQuery query, Span span) {
        if (media == Media.JSON) {
            return json(exchange, query, span);
        }
        HttpResponse response = streams.response(
                exchange, media, format(media, query), boundedSlices(query, span), positions(query, span));
        if (query.mayStopEarly()) {
            return CompletableFuture.completedFuture(response);
        }
        // Many HTTP clients do not show trailers. Where the end is known before it is reached, the header says it too.
        String next = new Cursor(query.table().tableId(), span.end()).text();
        return CompletableFuture.completedFuture(response.addHeader(RawHeader.create(NEXT, next)));
    }

    private static Positions positions(LogQuery query, Span span) {
        return Positions.from(query.table().tableId(), span.from());
    }

    private RowsFormat format(Media media, LogQuery query) {
        return switch (media) {
            case ARROW_STREAM -> new ArrowRows(query.form(), allocator);
            case EVENTS -> new TextRows(jsonRows(query), true);
            default -> new TextRows(jsonRows(query), false);
        };
    }

    private JsonRows jsonRows(LogQuery query) {
        return new JsonRows(query.form(), allocator);
    }

    private CompletionStage<HttpResponse> json(Exchange exchange, LogQuery query, Span span) {
        Positions positions = positions(query, span);
        int bytesMax = (int) Math.min(settings.jsonAnswerBytesMax(), query.bytesMax());
        JsonAnswer answer = new JsonAnswer(jsonRows(query), positions, bytesMax);
        return boundedSlices(query, span)
                .mapAsync(1, slice -> CompletableFuture.supplyAsync(() -> answer.add(slice), executor))
                .takeWhile(more -> more)
                .runWith(Sink.ignore(), system)
                .thenApplyAsync(done -> jsonResponse(exchange, answer, positions.cursor()), executor);
    }

    private HttpResponse jsonResponse(Exchange exchange, JsonAnswer answer, String next) {
        ByteString bytes = answer.bytes();
        metrics.read(answer.rows(), bytes.size());
        HttpResponse response = HttpResponse.create()
                .withEntity(HttpEntities.create(Media.JSON.contentType(), bytes))
                .addHeader(RawHeader.create(NEXT, next))
                .addHeader(RawHeader.create("Vary", "Accept, Accept-Encoding"));
        return Gzip.packed(exchange.request(), response);
    }
}
