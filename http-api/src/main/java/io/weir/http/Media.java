package io.weir.http;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.MediaRange;
import org.apache.pekko.http.javadsl.model.MediaType;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.Accept;
import org.apache.pekko.http.javadsl.model.headers.AcceptEncoding;
import org.apache.pekko.http.javadsl.model.headers.HttpEncodingRange;
import org.apache.pekko.http.javadsl.model.headers.HttpEncodings;

/** The media types of the contract, and which one a client is answered with. */
@SuppressWarnings("ImmutableEnumChecker") // Pekko's model types are immutable, but do not say so to Error Prone.
enum Media {
    JSON(MediaTypes.APPLICATION_JSON, ContentTypes.APPLICATION_JSON),
    NDJSON(MediaTypes.applicationWithFixedCharset("x-ndjson", HttpCharsets.UTF_8)),
    ARROW_STREAM(MediaTypes.applicationBinary("vnd.apache.arrow.stream", false)),
    ARROW_FILE(MediaTypes.applicationBinary("vnd.apache.arrow.file", false)),
    EVENTS(MediaTypes.TEXT_EVENT_STREAM),
    PROBLEM(MediaTypes.applicationWithFixedCharset("problem+json", HttpCharsets.UTF_8));

    private final MediaType type;
    private final ContentType contentType;

    Media(MediaType type, ContentType contentType) {
        this.type = type;
        this.contentType = contentType;
    }

    Media(MediaType.WithFixedCharset type) {
        this(type, type.toContentType());
    }

    Media(MediaType.Binary type) {
        this(type, type.toContentType());
    }

    ContentType contentType() {
        return contentType;
    }

    /** Main type and sub type, without parameters. */
    String text() {
        return text(type);
    }

    private static String text(MediaType type) {
        return type.mainType() + "/" + type.subType();
    }

    /** The one of {@code taken} that the request's body is said to be. */
    static Optional<Media> ofBody(HttpRequest request, List<Media> taken) {
        String text = text(request.entity().getContentType().mediaType());
        return taken.stream().filter(m -> m.text().equalsIgnoreCase(text)).findFirst();
    }

    /**
     * The offer with the highest quality in the request's Accept header; among equals the one named first in {@code offers}. A
     * request without the header takes the first offer.
     */
    static Optional<Media> wanted(HttpRequest request, List<Media> offers) {
        Optional<Accept> accept = request.getHeader(Accept.class);
        if (accept.isEmpty()) {
            return Optional.of(offers.get(0));
        }
        Iterable<MediaRange> ranges = accept.get().getMediaRanges();
        return offers.stream()
                .filter(m -> m.quality(ranges) > 0)
                .max(Comparator.<Media>comparingDouble(m -> m.quality(ranges))
                        .thenComparing(m -> offers.size() - offers.indexOf(m)));
    }

    /** As in RFC 9110: the most specific range that matches decides. */
    private float quality(Iterable<MediaRange> ranges) {
        float quality = 0;
        int best = -1;
        for (MediaRange range : ranges) {
            if (range.matches(type)) {
                int specific = specificity(range);
                if (specific > best) {
                    best = specific;
                    quality = range.qValue();
                }
            }
        }
        return quality;
    }

    private static int specificity(MediaRange range) {
        String text = range.toString();
        return text.startsWith("*/*") ? 0 : text.contains("/*") ? 1 : 2;
    }

    static boolean acceptsGzip(HttpRequest request) {
        Optional<AcceptEncoding> header = request.getHeader(AcceptEncoding.class);
        if (header.isEmpty()) {
            return false;
        }
        for (HttpEncodingRange range : header.get().getEncodings()) {
            if (range.matches(HttpEncodings.GZIP)) {
                return range.qValue() > 0;
            }
        }
        return false;
    }
}
