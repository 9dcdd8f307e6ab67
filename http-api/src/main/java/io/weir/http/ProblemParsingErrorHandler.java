package io.weir.http;

import io.weir.codec.ErrorCode;
import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;

/** Answers requests that are so malformed that no route sees them. Named in the server's settings, made by Pekko HTTP. */
public final class ProblemParsingErrorHandler extends ParsingErrorHandler {
    /** Such a request has no id that could be trusted, and no place in the order of ours. */
    private static final String REQUEST_ID = "unparsed";

    @Override
    public HttpResponse handle(StatusCode status, ErrorInfo info, LoggingAdapter log, ServerSettings settings) {
        log.info("refused a malformed request: {}", info.summary());
        ErrorCode code =
                switch (status.intValue()) {
                    case 413 -> ErrorCode.BODY_TOO_LARGE;
                    case 501 -> ErrorCode.METHOD_NOT_ALLOWED;
                    default -> ErrorCode.INVALID_REQUEST;
                };
        HttpResponse response = Problem.of(code, "The request is malformed: " + info.summary())
                .response(REQUEST_ID)
                .addHeader(RawHeader.create(Router.REQUEST_ID, REQUEST_ID));
        return code == ErrorCode.METHOD_NOT_ALLOWED
                ? response.addHeader(RawHeader.create("Allow", "GET, POST, PATCH, DELETE"))
                : response;
    }
}
