package io.weir.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.util.ByteString;

/** Compresses whole JSON answers for clients that take it. Streamed ones are compressed as they go, in {@link StreamedAnswer}. */
final class Gzip {
    private static final String CONTENT_ENCODING = "Content-Encoding";

    private Gzip() {}

    /** The answer, compressed where it is JSON, is not yet, and the client asked for it, small answers too; blocks on CPU. */
    static HttpResponse packed(HttpRequest request, HttpResponse response) {
        if (!(response.entity() instanceof HttpEntity.Strict whole)
                || !whole.getContentType().equals(Media.JSON.contentType())
                || response.getHeader(CONTENT_ENCODING).isPresent()) {
            return response;
        }
        HttpResponse varying = response.getHeader("Vary").isPresent()
                ? response
                : response.addHeader(RawHeader.create("Vary", "Accept-Encoding"));
        return Media.acceptsGzip(request)
                ? varying.withEntity(HttpEntities.create(Media.JSON.contentType(), packed(whole.getData())))
                        .addHeader(RawHeader.create(CONTENT_ENCODING, "gzip"))
                : varying;
    }

    private static ByteString packed(ByteString bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(64 + bytes.size() / 4);
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes.toArrayUnsafe());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ByteString.fromArrayUnsafe(out.toByteArray());
    }
}
