package io.weir.http;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.RequestEntity;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.util.ByteString;

/** Reads request bodies whole, within the bounds of one request and of the node. */
final class BodyReader {
    /** Most bytes of the small JSON documents that describe tables. */
    private static final int DOCUMENT_BYTES_MAX = 4 << 20;

    private final ActorSystem<?> system;
    private final Executor executor;
    private final InFlightBytes inFlight;
    private final int bytesMax;

    /** @param executor for decompression */
    BodyReader(ActorSystem<?> system, Executor executor, InFlightBytes inFlight, int bytesMax) {
        this.system = system;
        this.executor = executor;
        this.inFlight = inFlight;
        this.bytesMax = bytesMax;
    }

    /** The format of the body, one of those taken. */
    static Media mediaType(HttpRequest request, List<Media> taken) {
        return Media.ofBody(request, taken)
                .orElseThrow(() -> new WeirException(
                        ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                        "The Content-Type '" + request.entity().getContentType() + "' is not taken here; send "
                                + String.join(
                                        ", ", taken.stream().map(Media::text).toList())));
    }

    /** The body of a call that takes one JSON document; it is copied out, nothing is to be released. */
    CompletionStage<ByteBuffer> document(Exchange exchange) {
        mediaType(exchange.request(), List.of(Media.JSON));
        return read(exchange, Math.min(bytesMax, DOCUMENT_BYTES_MAX)).thenApply(body -> {
            try (body) {
                return body.buffer();
            }
        });
    }

    /** The whole body, decompressed; whoever takes it closes it. */
    CompletionStage<RequestBody> read(Exchange exchange) {
        return read(exchange, bytesMax);
    }

    private CompletionStage<RequestBody> read(Exchange exchange, int max) {
        boolean gzip = isGzip(exchange);
        RequestBody body = new RequestBody(inFlight, max);
        CompletionStage<RequestBody> whole = collect(exchange.request().entity(), body);
        CompletionStage<RequestBody> plain = gzip ? whole.thenApplyAsync(RequestBody::gunzip, executor) : whole;
        return plain.whenComplete((done, failure) -> {
            if (failure != null) {
                body.close();
            }
        });
    }

    private CompletionStage<RequestBody> collect(RequestEntity entity, RequestBody body) {
        try {
            entity.getContentLengthOption().ifPresent(body::expect);
            if (entity instanceof HttpEntity.Strict strict) {
                return CompletableFuture.completedFuture(
                        body.append(strict.getData()).whole());
            }
            return entity.withoutSizeLimit()
                    .getDataBytes()
                    .runWith(Sink.fold(body, (RequestBody b, ByteString part) -> b.append(part)), system)
                    .thenApply(RequestBody::whole);
        } catch (WeirException e) {
            body.close();
            return CompletableFuture.failedFuture(e);
        }
    }

    private static boolean isGzip(Exchange exchange) {
        String encoding = exchange.header("Content-Encoding").orElse("identity").trim();
        if (encoding.equalsIgnoreCase("gzip") || encoding.equalsIgnoreCase("x-gzip")) {
            return true;
        }
        if (encoding.equalsIgnoreCase("identity")) {
            return false;
        }
        throw new WeirException(
                ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                "The Content-Encoding '" + encoding + "' is not taken here; send gzip or identity");
    }
}
