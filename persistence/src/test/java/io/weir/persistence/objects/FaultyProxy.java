package io.weir.persistence.objects;

import static java.util.concurrent.CompletableFuture.completedFuture;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.pattern.Patterns;

/** Passes requests on to an S3 server, or does what a bad one does; seeded, and exact where one request is under way at a time. */
final class FaultyProxy implements AutoCloseable {
    enum Fault {
        NONE,
        INTERNAL_ERROR,
        SLOW_DOWN,
        /** Done, later than the store waits for it. */
        LATE,
        /** The answer ends in the middle of its body. */
        CUT,
        /** Done, and answered with a 500. */
        DONE_BUT_500
    }

    private final ActorSystem system;
    private final int port;
    private final SplittableRandom random;
    private final Duration late;
    private final ServerBinding binding;
    private final Map<Fault, Integer> counts = new EnumMap<>(Fault.class);
    private volatile double rate;

    FaultyProxy(ActorSystem system, int port, long seed, Duration late) {
        this.system = system;
        this.port = port;
        this.random = new SplittableRandom(seed);
        this.late = late;
        this.binding = ObjectStoreContract.await(
                Http.get(system).newServerAt("127.0.0.1", 0).bind(this::handle));
    }

    int port() {
        return binding.localAddress().getPort();
    }

    /** @param rate part of the requests that meet a fault, 0 to 1 */
    void faults(double rate) {
        this.rate = rate;
    }

    synchronized Map<Fault, Integer> counts() {
        return Map.copyOf(counts);
    }

    private synchronized Fault next() {
        Fault[] faults = Fault.values();
        Fault fault = random.nextDouble() < rate ? faults[1 + random.nextInt(faults.length - 1)] : Fault.NONE;
        counts.merge(fault, 1, Integer::sum);
        return fault;
    }

    private CompletionStage<HttpResponse> handle(HttpRequest request) {
        return switch (next()) {
            case NONE -> pass(request);
            case INTERNAL_ERROR -> refused(request, 500, "InternalError");
            case SLOW_DOWN -> refused(request, 503, "SlowDown");
            case LATE -> Patterns.after(late, system, () -> pass(request));
            case CUT -> pass(request).thenApply(this::cut);
            case DONE_BUT_500 ->
                pass(request).thenApply(response -> {
                    response.discardEntityBytes(system);
                    return error(500, "InternalError");
                });
        };
    }

    private CompletionStage<HttpResponse> pass(HttpRequest request) {
        var entity = request.entity();
        return entity.toStrict(5000, 64 << 20, system).thenCompose(strict -> Http.get(system)
                .singleRequest(request.withEntity(strict)
                        .withUri(request.getUri()
                                .scheme("http")
                                .host("127.0.0.1")
                                .port(port))
                        .removeHeader("Timeout-Access")));
    }

    private HttpResponse cut(HttpResponse response) {
        long length = response.entity().getContentLengthOption().orElse(0);
        if (length < 2) {
            return response;
        }
        var half = response.entity().getDataBytes().limitWeighted(length / 2, bytes -> (long) bytes.size());
        return response.withEntity(HttpEntities.create(response.entity().getContentType(), length, half));
    }

    private CompletionStage<HttpResponse> refused(HttpRequest request, int status, String code) {
        return request.entity()
                .getDataBytes()
                .runWith(org.apache.pekko.stream.javadsl.Sink.ignore(), system)
                .thenCompose(done -> completedFuture(error(status, code)));
    }

    private static HttpResponse error(int status, String code) {
        return HttpResponse.create()
                .withStatus(StatusCodes.get(status))
                .withEntity(
                        ContentTypes.TEXT_XML_UTF8,
                        "<Error><Code>" + code + "</Code><Message>made up</Message></Error>");
    }

    @Override
    public void close() {
        ObjectStoreContract.await(binding.terminate(Duration.ofSeconds(1)));
    }
}
