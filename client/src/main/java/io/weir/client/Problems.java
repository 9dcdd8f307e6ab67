package io.weir.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weir.codec.ErrorCode;
import io.weir.codec.RowError;
import io.weir.codec.WeirException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.util.ByteString;

/** Error answers as exceptions: the store's own problem where there is one, else what the status says. */
final class Problems {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int TEXT_MAX = 300;
    private static final long RETRY_AFTER_SECONDS_MAX = 60;

    private Problems() {}

    static WeirException of(int status, ByteString body) {
        JsonNode json = parsed(body);
        String code = json.path("code").asText("");
        for (ErrorCode known : ErrorCode.values()) {
            if (known.code().equals(code)) {
                return new WeirException(known, json.path("detail").asText(known.title()), rowErrors(json));
            }
        }
        String text = json.isObject() ? json.toString() : body.utf8String();
        String shown = text.length() <= TEXT_MAX ? text : text.substring(0, TEXT_MAX) + "…";
        return new WeirException(
                byStatus(status), "status %d, and not a problem this client knows: %s".formatted(status, shown));
    }

    private static JsonNode parsed(ByteString body) {
        try {
            return JSON.readTree(body.toArrayUnsafe());
        } catch (IOException e) {
            return JSON.missingNode(); // an answer of something between us and the store, perhaps
        }
    }

    private static List<RowError> rowErrors(JsonNode problem) {
        List<RowError> errors = new ArrayList<>();
        for (JsonNode error : problem.path("errors")) {
            if (errors.size() == WeirException.ROW_ERRORS_MAX) {
                break;
            }
            errors.add(new RowError(
                    error.path("row").asInt(),
                    error.path("pointer").asText(),
                    error.path("detail").asText()));
        }
        return errors;
    }

    private static ErrorCode byStatus(int status) {
        return switch (status) {
            case 404 -> ErrorCode.ROUTE_NOT_FOUND;
            case 405 -> ErrorCode.METHOD_NOT_ALLOWED;
            case 406 -> ErrorCode.NOT_ACCEPTABLE;
            case 413 -> ErrorCode.BODY_TOO_LARGE;
            case 415 -> ErrorCode.UNSUPPORTED_MEDIA_TYPE;
            case 429 -> ErrorCode.OVERLOADED;
            case 502, 503 -> ErrorCode.BUCKET_UNAVAILABLE;
            case 504 -> ErrorCode.TIMEOUT;
            case 507 -> ErrorCode.DISK_FULL;
            default -> status >= 500 ? ErrorCode.INTERNAL : ErrorCode.INVALID_REQUEST;
        };
    }

    /** How long the store asks to wait; zero where it does not say. */
    static Duration retryAfter(HttpResponse response) {
        String text = response.getHeader("Retry-After").map(HttpHeader::value).orElse("");
        boolean seconds = text.matches("[0-9]{1,9}");
        return Duration.ofSeconds(seconds ? Math.min(RETRY_AFTER_SECONDS_MAX, Long.parseLong(text)) : 0);
    }
}
