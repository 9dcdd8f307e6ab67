package io.weir.http;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.model.headers.TimeoutAccess;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the operation of a request and makes sure that whatever happens, the answer is an answer of the contract: every error a
 * problem, every answer with its request id, every request counted and logged. Stateless but for its metrics; called by Pekko HTTP
 * on any thread.
 */
final class Router {
    static final String REQUEST_ID = "x-request-id";

    private static final Logger ACCESS = LoggerFactory.getLogger("io.weir.http.access");
    private static final String UNROUTED = "unrouted";

    private final List<Operation> operations;
    private final HttpMetrics metrics;
    private final RequestDrain drain;
    private final Clock clock;
    private final Supplier<String> requestIds;

    Router(
            List<Operation> operations,
            HttpMetrics metrics,
            RequestDrain drain,
            Clock clock,
            Supplier<String> requestIds) {
        this.operations = List.copyOf(operations);
        this.metrics = metrics;
        this.drain = drain;
        this.clock = clock;
        this.requestIds = requestIds;
    }

    List<Operation> operations() {
        return operations;
    }

    CompletionStage<HttpResponse> handle(HttpRequest request) {
        Instant start = clock.instant();
        String requestId = requestId(request);
        request.getHeader(TimeoutAccess.class)
                .ifPresent(access -> access.timeoutAccess().updateHandler(late -> timedOut(requestId)));
        Found found = find(request);
        return answer(found, request, requestId)
                .thenApply(response -> Gzip.packed(request, response))
                .exceptionallyCompose(failure -> refused(found, request, Problem.of(failure, requestId), requestId))
                .thenApply(answer -> {
                    finish(found, request, requestId, answer, Duration.between(start, clock.instant()));
                    return answer.addHeader(RawHeader.create(REQUEST_ID, requestId));
                });
    }

    private CompletionStage<HttpResponse> refused(Found found, HttpRequest request, Problem problem, String requestId) {
        return drain.drained(request).thenApply(done -> problem(found, problem, requestId));
    }

    /** What a request's path means: the operation asked for, or why there is none. */
    private record Found(List<Operation> onPath, Map<String, String> path, List<Operation> asked) {
        String route() {
            return onPath.isEmpty() ? UNROUTED : onPath.get(0).path();
        }
    }

    private Found find(HttpRequest request) {
        List<String> segments = Operation.segments(request.getUri().asScala().path());
        String method = request.method().name();
        List<Operation> onPath = new ArrayList<>();
        List<Operation> asked = new ArrayList<>();
        Map<String, String> values = Map.of();
        for (Operation operation : operations) {
            Map<String, String> path = operation.match(segments);
            if (path != null) {
                onPath.add(operation);
                values = path;
                if (operation.method().equals(method)) {
                    asked.add(operation);
                }
            }
        }
        return new Found(onPath, values, asked);
    }

    private CompletionStage<HttpResponse> answer(Found found, HttpRequest request, String requestId) {
        try {
            if (found.onPath().isEmpty()) {
                throw new WeirException(
                        ErrorCode.ROUTE_NOT_FOUND, "Nothing is served at this path; /openapi.json lists what is");
            }
            if (found.asked().isEmpty()) {
                throw new WeirException(
                        ErrorCode.METHOD_NOT_ALLOWED,
                        "This path does not take " + request.method().name() + " but " + allowed(found));
            }
            checkDecoded(found.path());
            Operation operation = found.asked().get(0);
            Map<String, String> query =
                    QueryString.parse(request.getUri().rawQueryString().orElse(""), operation.parameters());
            return operation.handler().handle(new Exchange(request, requestId, found.path(), query));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** U+FFFD is what the decoder makes of bytes that are no UTF-8: the key that has it may be another than the one that was meant. */
    private static void checkDecoded(Map<String, String> path) {
        path.forEach((name, value) -> {
            if (value.indexOf(0xFFFD) >= 0) {
                throw new WeirException(
                        ErrorCode.INVALID_REQUEST,
                        "The " + name
                                + " in the path is not UTF-8, or holds the character U+FFFD, which cannot be told from"
                                + " that; percent-encode the text's UTF-8 bytes, or send the key to rows:lookup or rows:delete");
            }
        });
    }

    private static HttpResponse problem(Found found, Problem problem, String requestId) {
        HttpResponse response = problem.response(requestId);
        return problem.code() == ErrorCode.METHOD_NOT_ALLOWED
                ? response.addHeader(RawHeader.create("Allow", allowed(found)))
                : response;
    }

    private static String allowed(Found found) {
        TreeSet<String> methods = new TreeSet<>();
        found.onPath().forEach(o -> methods.add(o.method()));
        return String.join(", ", methods);
    }

    private HttpResponse timedOut(String requestId) {
        return Problem.of(
                        ErrorCode.TIMEOUT,
                        "The answer took longer than weir.http.request-timeout. A write may have been stored or not:"
                                + " repeat it with the same Weir-Writer-Id and Weir-Writer-Sequence to be safe")
                .response(requestId)
                .addHeader(RawHeader.create(REQUEST_ID, requestId));
    }

    private void finish(Found found, HttpRequest request, String requestId, HttpResponse response, Duration took) {
        int status = response.status().intValue();
        metrics.answered(request.method().name(), found.route(), status, took);
        if (status >= 500) {
            ACCESS.warn(
                    "{} {} {} {}us request_id={}",
                    request.method().name(),
                    path(request),
                    status,
                    micros(took),
                    requestId);
        } else if (ACCESS.isDebugEnabled()) {
            ACCESS.debug(
                    "{} {} {} {}us request_id={}",
                    request.method().name(),
                    path(request),
                    status,
                    micros(took),
                    requestId);
        }
    }

    private static String path(HttpRequest request) {
        return request.getUri().path();
    }

    private static long micros(Duration took) {
        return took.toNanos() / 1000;
    }

    /** The client's id where it is fit to be logged and echoed, else a new one. */
    private String requestId(HttpRequest request) {
        return request.getHeader(REQUEST_ID)
                .map(h -> h.value())
                .filter(id -> !id.isEmpty() && id.length() <= 128 && id.chars().allMatch(c -> c > ' ' && c < 0x7f))
                .orElseGet(requestIds);
    }
}
