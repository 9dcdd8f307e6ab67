package io.weir.persistence.objects;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.headers.ByteRange;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.connectors.s3.ObjectMetadata;
import org.apache.pekko.stream.connectors.s3.S3Headers;
import org.apache.pekko.stream.connectors.s3.javadsl.S3;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * One run of a get. Where it breaks off it goes on from the byte it got to, with {@code If-Match} so that all bytes are of one object,
 * after the pauses of {@link Retries}; attempts are counted anew with every byte that arrives. Confined to its stream, but for what
 * the connector tells of the object before the first byte.
 */
final class S3Read {
    private final S3StoreSettings settings;
    private final S3Errors errors;
    private final Retries retries;
    private final Attributes attributes;
    private final ObjectName name;
    private final long start;
    /** Bytes asked for; -1 for all there are. */
    private final long length;

    private final CompletableFuture<ObjectMetadata> metadata = new CompletableFuture<>();
    private long position;
    private int failures;
    private ObjectStoreException lastFailure = new ObjectStoreException.Retryable("nothing read yet", false, null);

    S3Read(
            S3StoreSettings settings,
            S3Errors errors,
            Retries retries,
            Attributes attributes,
            ObjectName name,
            long start,
            long length) {
        this.settings = settings;
        this.errors = errors;
        this.retries = retries;
        this.attributes = attributes;
        this.name = name;
        this.start = start;
        this.length = length;
        this.position = start;
    }

    Source<ByteString, NotUsed> run() {
        return once().recoverWithRetries(-1, ObjectStoreException.Retryable.class, this::again)
                .mapError(GivenUp.class, end -> lastFailure)
                .via(new ByteCheck((size, crc) -> CompletableFuture.completedFuture(
                        length < 0 || size == length
                                ? Optional.empty()
                                : Optional.of(Conditions.pastEnd(name, start, length)))));
    }

    /** What the store told of the object: is there, or comes at once, when the first byte or the end does. */
    CompletionStage<ObjectMetadata> metadata() {
        return metadata;
    }

    private Source<ByteString, NotUsed> again() {
        failures++;
        if (failures >= retries.attempts()) {
            return Source.failed(new GivenUp());
        }
        @Nullable ObjectMetadata known = metadata.getNow(null);
        long whole = known == null ? -1 : known.getContentLength();
        long end = length >= 0 ? start + length : whole;
        if (end >= 0 && position >= end) {
            return Source.empty();
        }
        Duration pause = retries.pause(failures);
        return Source.single(NotUsed.getInstance()).initialDelay(pause).flatMapConcat(now -> once());
    }

    private Source<ByteString, NotUsed> once() {
        return request()
                .mapMaterializedValue(this::remember)
                .addAttributes(attributes)
                .initialTimeout(settings.requestTimeout())
                .map(bytes -> {
                    position += bytes.size();
                    failures = 0;
                    return bytes;
                })
                .mapError(Throwable.class, failure -> {
                    lastFailure = translated(failure);
                    return lastFailure;
                });
    }

    private Source<ByteString, CompletionStage<ObjectMetadata>> request() {
        @Nullable ObjectMetadata known = metadata.getNow(null);
        S3Headers headers = known == null || known.getETag().isEmpty()
                ? S3Headers.create()
                : S3ObjectStore.headers(
                        Map.of("If-Match", "\"" + known.getETag().get() + "\""));
        if (length >= 0) {
            return S3.getObject(
                    settings.bucket(), name.value(), ByteRange.createSlice(position, start + length - 1), headers);
        }
        if (position == 0) {
            return S3.getObject(settings.bucket(), name.value(), headers);
        }
        return S3.getObject(settings.bucket(), name.value(), ByteRange.createFromOffset(position), headers);
    }

    private NotUsed remember(CompletionStage<ObjectMetadata> answer) {
        // The first answer counts: of a later part the length is the part's.
        var unused = answer.thenAccept(metadata::complete);
        return NotUsed.getInstance();
    }

    private ObjectStoreException translated(Throwable failure) {
        if (Conditions.unwrapped(failure) instanceof org.apache.pekko.stream.connectors.s3.S3Exception s3) {
            int status = s3.statusCode().intValue();
            if (status == 416) {
                return Conditions.pastEnd(name, position, length);
            }
            if (status == 412) {
                return new ObjectStoreException.Damaged("object %s changed while it was read".formatted(name));
            }
        }
        return errors.translate(name, failure);
    }

    /** Ends the recovering, which would recover from {@link ObjectStoreException.Retryable} for ever. */
    private static final class GivenUp extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
