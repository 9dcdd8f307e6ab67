package io.weir.http;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.japi.pf.PFBuilder;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.stream.Graph;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.javadsl.Compression;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * Turns slices into a chunked answer. It ends with the cursor as a trailer, and only when all went well; when something fails on the
 * way, the format says so as far as it can, and the connection is cut before the last chunk, so no client takes it for whole.
 */
final class StreamedAnswer {
    /** Time for a problem record to leave before the connection is cut: a failure overtakes bytes that are still buffered. */
    private static final Duration CUT_AFTER = Duration.ofMillis(250);

    private final ActorSystem<?> system;
    private final Executor executor;
    private final Duration heartbeat;
    private final HttpMetrics metrics;

    /** @param executor for formats that take CPU */
    StreamedAnswer(ActorSystem<?> system, Executor executor, Duration heartbeat, HttpMetrics metrics) {
        this.system = system;
        this.executor = executor;
        this.heartbeat = heartbeat;
        this.metrics = metrics;
    }

    HttpResponse response(
            Exchange exchange, Media media, RowsFormat format, Source<Slice, NotUsed> slices, Positions positions) {
        boolean gzip = (media == Media.NDJSON || media == Media.JSON) && Media.acceptsGzip(exchange.request());
        // A client that went away in good order is only noticed when something is sent to it.
        Source<ByteString, NotUsed> bytes = recovering(exchange, format, rows(format, slices, positions))
                .filter(ByteString::nonEmpty)
                .keepAlive(heartbeat, format::heartbeat);
        if (gzip) {
            bytes = bytes.via(Compression.gzip()).filter(ByteString::nonEmpty);
        }
        HttpResponse response = HttpResponse.create()
                .withEntity(entity(media, bytes, positions))
                .addHeader(RawHeader.create("Trailer", LogRoute.NEXT))
                .addHeader(RawHeader.create("Vary", "Accept, Accept-Encoding"))
                .addHeader(RawHeader.create("Cache-Control", "no-store"));
        return gzip ? response.addHeader(RawHeader.create("Content-Encoding", "gzip")) : response;
    }

    private Source<ByteString, NotUsed> rows(RowsFormat format, Source<Slice, NotUsed> slices, Positions positions) {
        Source<ByteString, NotUsed> rows = format.takesCpu()
                ? slices.mapAsync(
                        1, slice -> CompletableFuture.supplyAsync(() -> written(format, slice, positions), executor))
                : slices.map(slice -> written(format, slice, positions));
        return Source.lazySingle(format::begin).concatLazy(rows).concatLazy(Source.lazySingle(format::end));
    }

    private ByteString written(RowsFormat format, Slice slice, Positions positions) {
        slice.orThrow();
        ByteString bytes = format.rows(slice, positions);
        metrics.read(slice.rows(), bytes.size());
        return bytes;
    }

    private Source<ByteString, NotUsed> recovering(
            Exchange exchange, RowsFormat format, Source<ByteString, NotUsed> bytes) {
        String requestId = exchange.requestId();
        return bytes.recoverWithRetries(
                1,
                new PFBuilder<Throwable, Graph<SourceShape<ByteString>, NotUsed>>()
                        .matchAny(failure -> Source.single(format.failure(Problem.of(failure, requestId), requestId))
                                .concatLazy(Source.completionStage(cut(failure))))
                        .build());
    }

    private CompletionStage<ByteString> cut(Throwable failure) {
        return Patterns.after(CUT_AFTER, system.classicSystem(), () -> CompletableFuture.failedFuture(failure));
    }

    /** Chunks with a trailer; the Java API of HTTP entities has no factory for those, so this is the Scala one. */
    private ResponseEntity entity(Media media, Source<ByteString, NotUsed> bytes, Positions positions) {
        Source<HttpEntity.ChunkStreamPart, NotUsed> parts = bytes.map(HttpEntity.ChunkStreamPart::create)
                .concatLazy(Source.lazySingle(() -> HttpEntity.ChunkStreamPart.createLast(
                        "", List.of(RawHeader.create(LogRoute.NEXT, positions.cursor())))))
                .watchTermination((notUsed, done) -> {
                    metrics.streamBegan();
                    done.whenComplete((ok, failure) -> metrics.streamEnded());
                    return notUsed;
                });
        @SuppressWarnings({"unchecked", "rawtypes"})
        org.apache.pekko.stream.scaladsl.Source<org.apache.pekko.http.scaladsl.model.HttpEntity.ChunkStreamPart, Object>
                scalaParts = (org.apache.pekko.stream.scaladsl.Source) parts.asScala();
        return new org.apache.pekko.http.scaladsl.model.HttpEntity.Chunked(
                (org.apache.pekko.http.scaladsl.model.ContentType) media.contentType(), scalaParts);
    }
}
