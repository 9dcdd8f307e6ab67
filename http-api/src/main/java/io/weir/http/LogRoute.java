package io.weir.http;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.time.Duration;
import java.util.List;
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

/** {@code GET T/log}: where to begin ({@link LogStart}), the reader ({@link LogReader}), and the form of the answer. */
final class LogRoute {
    static final String LOG = CatalogRoutes.TABLE + "/log";
    static final String NEXT = "Weir-Next";

    private static final List<Media> BOUNDED = List.of(Media.JSON, Media.NDJSON, Media.ARROW_STREAM, Media.EVENTS);
    private static final List<Media> FOLLOWING = List.of(Media.NDJSON, Media.ARROW_STREAM, Media.EVENTS);

    private final CatalogClient catalog;
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
            LogStart start,
            LogReader reader,
            StreamedAnswer streams,
            HttpSettings settings,
            BufferAllocator allocator,
            Executor executor,
            ActorSystem<?> system,
            HttpMetrics metrics) {
        this.catalog = catalog;
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
        return List.of(new Operation("GET", LOG, LogQuery.PARAMETERS, this::read));
    }

    private CompletionStage<HttpResponse> read(Exchange exchange) {
        boolean follow = exchange.flag("follow");
        Media media =
                Media.wanted(exchange.request(), follow ? FOLLOWING : BOUNDED).orElseThrow(() -> notAcceptable(follow));
        return catalog.table(exchange.database(), exchange.table()).thenCompose(table -> {
            LogQuery query = LogQuery.of(exchange, table);
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

    private CompletionStage<HttpResponse> answer(Exchange exchange, Media media, LogQuery query, LogStart.Span span) {
        if (query.follow()) {
            LogReader.Positions positions = positions(query, span);
            return CompletableFuture.completedFuture(
                    streams.response(exchange, media, format(media, query), following(query, span), positions));
        }
        // With a predicate, only a fetch tells whether there is a row.
        boolean mayHaveNone = span.isEmpty() || query.where() != null;
        if (mayHaveNone && !query.waitAtMost().isZero()) {
            allowTime(exchange, query.waitAtMost());
            return reader.awaitRow(query, span.from())
                    .thenCompose(from -> start.again(query, from))
                    .thenCompose(now -> bounded(exchange, media, query, now));
        }
        return bounded(exchange, media, query, span);
    }

    private Source<Slice, NotUsed> following(LogQuery query, LogStart.Span span) {
        Source<Slice, NotUsed> slices = reader.following(query, span.from());
        if (!query.mayStopEarly()) {
            return slices;
        }
        RowLimit limit = new RowLimit(query, allocator);
        return slices.mapAsync(1, slice -> CompletableFuture.supplyAsync(() -> limit.pass(slice), executor))
                .takeWhile(passed -> !passed.last(), true)
                .map(RowLimit.Passed::slice);
    }

    /** A long poll may take its wait on top of what any request may take. */
    private void allowTime(Exchange exchange, Duration wait) {
        exchange.request().getHeader(TimeoutAccess.class).ifPresent(access -> access.timeoutAccess()
                .updateTimeout(settings.requestTimeout().plus(wait)));
    }

    private CompletionStage<HttpResponse> bounded(Exchange exchange, Media media, LogQuery query, LogStart.Span span) {
        if (media == Media.JSON) {
            return json(exchange, query, span);
        }
        HttpResponse response = streams.response(
                exchange, media, format(media, query), reader.bounded(query, span), positions(query, span));
        if (query.mayStopEarly()) {
            return CompletableFuture.completedFuture(response);
        }
        // Many HTTP clients do not show trailers. Where the end is known before it is reached, the header says it too.
        TreeMap<Integer, Long> end = new TreeMap<>(span.from());
        span.to().forEach((bucket, offset) -> end.merge(bucket, offset, Math::max));
        String next = new Cursor(query.table().tableId(), end).text();
        return CompletableFuture.completedFuture(response.addHeader(RawHeader.create(NEXT, next)));
    }

    private static LogReader.Positions positions(LogQuery query, LogStart.Span span) {
        return new LogReader.Positions(query.table().tableId(), span.from());
    }

    private RowsFormat format(Media media, LogQuery query) {
        return switch (media) {
            case ARROW_STREAM -> new ArrowRows(query.columns(), query.metadata(), allocator);
            case EVENTS -> new TextRows(jsonRows(query), true);
            default -> new TextRows(jsonRows(query), false);
        };
    }

    private JsonRows jsonRows(LogQuery query) {
        return new JsonRows(query.columns(), query.metadata(), allocator);
    }

    private CompletionStage<HttpResponse> json(Exchange exchange, LogQuery query, LogStart.Span span) {
        LogReader.Positions positions = positions(query, span);
        int bytesMax = (int) Math.min(settings.jsonAnswerBytesMax(), query.bytesMax());
        JsonAnswer answer = new JsonAnswer(jsonRows(query), positions, bytesMax);
        return reader.bounded(query, span)
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
