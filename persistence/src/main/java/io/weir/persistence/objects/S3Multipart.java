package io.weir.persistence.objects;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.scaladsl.model.ContentType;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.connectors.s3.MultipartUploadResult;
import org.apache.pekko.stream.connectors.s3.MultipartUploadSettings;
import org.apache.pekko.stream.connectors.s3.RetrySettings;
import org.apache.pekko.stream.connectors.s3.S3Attributes;
import org.apache.pekko.stream.connectors.s3.S3Headers;
import org.apache.pekko.stream.connectors.s3.S3Settings;
import org.apache.pekko.stream.connectors.s3.javadsl.S3;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.jdk.javaapi.FutureConverters;

/**
 * Bodies of more than one part. The connector retries single parts, which it holds in memory, with jitter of its own. One part is on
 * its way at a time: many uploads run side by side, and memory is counted in parts.
 */
final class S3Multipart {
    private static final Logger LOG = LoggerFactory.getLogger(S3Multipart.class);

    private static final ContentType CONTENT =
            (ContentType) org.apache.pekko.http.javadsl.model.ContentTypes.APPLICATION_OCTET_STREAM;

    private final S3StoreSettings settings;
    private final Materializer materializer;
    private final Attributes attributes;
    /** An upload of which no part is taken for so long is given up; the connector itself would wait for its pool much longer. */
    private final Duration patience;

    S3Multipart(S3StoreSettings settings, S3Settings connector, Materializer materializer) {
        this.settings = settings;
        this.materializer = materializer;
        RetrySettings retry =
                RetrySettings.create(settings.attempts() - 1, settings.backoffMin(), settings.backoffMax(), 0.5);
        this.patience = settings.requestTimeout().plus(settings.backoffMax()).multipliedBy(settings.attempts());
        this.attributes = S3Attributes.settings(
                connector.withRetrySettings(retry).withMultipartUploadSettings(MultipartUploadSettings.create(retry)));
    }

    /** Fails with {@link BodyFailure} where the body does, else with whatever the connector does. */
    CompletionStage<Done> upload(ObjectName name, Source<ByteString, NotUsed> parts, Map<String, String> metadata) {
        var run = parts.mapError(Throwable.class, BodyFailure::new)
                .idleTimeout(patience)
                .watchTermination(Keep.right())
                .toMat(sink(name, metadata).addAttributes(attributes), Keep.both())
                .run(materializer);
        CompletableFuture<MultipartUploadResult> result =
                run.second().toCompletableFuture().copy();
        var unused = run.first()
                .whenComplete((end, failure) -> result.orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS));
        return result.thenApply(done -> Done.getInstance());
    }

    /** Only the connector's API for Scala lets us choose the size of parts. */
    private Sink<ByteString, CompletionStage<MultipartUploadResult>> sink(
            ObjectName name, Map<String, String> metadata) {
        return org.apache
                .pekko
                .stream
                .connectors
                .s3
                .scaladsl
                .S3
                .multipartUploadWithHeaders(
                        settings.bucket(),
                        name.value(),
                        CONTENT,
                        settings.partBytes(),
                        1,
                        S3ObjectStore.headers(metadata))
                .asJava()
                .mapMaterializedValue(FutureConverters::asJava);
    }

    /**
     * Gives up what was uploaded for the name, in the background; what cannot be reached now costs space until it is aborted by the
     * bucket's lifecycle rule for unfinished uploads.
     */
    void abort(ObjectName name) {
        S3.listMultipartUpload(settings.bucket(), Optional.of(name.value()))
                .filter(upload -> upload.key().equals(name.value()))
                .flatMapConcat(upload ->
                        S3.deleteUploadSource(settings.bucket(), name.value(), upload.uploadId(), S3Headers.create()))
                .addAttributes(attributes)
                .runWith(Sink.ignore(), materializer)
                .exceptionally(failure -> {
                    LOG.info("unfinished multipart upload of {} stays: {}", name, failure.getMessage());
                    return Done.getInstance();
                });
    }

    Throwable translate(S3Errors errors, ObjectName name, Throwable failure) {
        Throwable cause = failure;
        while (cause != null) {
            @Nullable Throwable body = cause instanceof BodyFailure ? cause.getCause() : null;
            if (body != null) {
                return body;
            }
            cause = cause.getCause();
        }
        return errors.translate(name, failure);
    }

    /** Marks what the caller's stream failed with. */
    private static final class BodyFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        BodyFailure(Throwable cause) {
            super(cause);
        }
    }
}
