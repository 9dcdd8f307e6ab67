package io.weir.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.codec.ErrorCode;
import io.weir.codec.RowError;
import io.weir.codec.WeirException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.scaladsl.model.EntityStreamException;
import org.apache.pekko.stream.StreamTcpException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An error as the client sees it (RFC 9457). The only place where errors become answers.
 *
 * @param members further members of the problem, numbers by name
 */
record Problem(ErrorCode code, String detail, List<RowError> rowErrors, Map<String, Long> members) {
    private static final Logger LOG = LoggerFactory.getLogger(Problem.class);

    /** Seconds in Retry-After: a group commit or a hand-over is over by then, or will not be soon. */
    private static final String RETRY_AFTER_SECONDS = "1";

    static Problem of(ErrorCode code, String detail) {
        return new Problem(code, detail, List.of(), Map.of());
    }

    /** What went wrong, in the client's terms. An unexpected failure is logged here and its text stays inside. */
    static Problem of(Throwable failure, String requestId) {
        Throwable cause = unwrapped(failure);
        if (cause instanceof ProblemException known) {
            return known.problem();
        }
        if (cause instanceof WeirException known) {
            return new Problem(known.code(), known.detail(), known.rowErrors(), Map.of());
        }
        if (cause instanceof OutOfMemoryException) {
            return of(
                    ErrorCode.OVERLOADED,
                    "This node is short of memory for decoding (weir.arrow-memory); send again, or send less at a time");
        }
        if (cause instanceof EntityStreamException || cause instanceof StreamTcpException) {
            return of(
                    ErrorCode.INVALID_REQUEST, "The request body broke off or is badly framed: " + cause.getMessage());
        }
        LOG.error("request_id={} failed unexpectedly", requestId, cause);
        return of(
                ErrorCode.INTERNAL,
                "An unexpected error; the server's log has it under this request_id. Report it if it stays.");
    }

    static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    HttpResponse response(String requestId) {
        HttpResponse response = HttpResponse.create()
                .withStatus(StatusCodes.get(code.httpStatus()))
                .withEntity(HttpEntities.create(Media.PROBLEM.contentType(), Json.bytes(json(requestId))));
        boolean later = code.httpStatus() == 429 || code.httpStatus() == 503;
        return later ? response.addHeader(RawHeader.create("Retry-After", RETRY_AFTER_SECONDS)) : response;
    }

    ObjectNode json(String requestId) {
        ObjectNode json = Json.object()
                .put("type", "/problems/" + code.code())
                .put("title", code.title())
                .put("status", code.httpStatus())
                .put("detail", detail)
                .put("code", code.code())
                .put("request_id", requestId)
                .put("retryable", code.retryable());
        members.forEach(json::put);
        if (!rowErrors.isEmpty()) {
            ArrayNode errors = json.putArray("errors");
            for (RowError error : rowErrors) {
                errors.addObject()
                        .put("row", error.row())
                        .put("pointer", error.pointer())
                        .put("detail", error.detail());
            }
        }
        return json;
    }
}
