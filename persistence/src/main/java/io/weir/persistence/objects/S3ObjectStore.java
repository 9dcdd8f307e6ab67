package io.weir.persistence.objects;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.connectors.s3.AccessStyle;
import org.apache.pekko.stream.connectors.s3.ObjectMetadata;
import org.apache.pekko.stream.connectors.s3.RetrySettings;
import org.apache.pekko.stream.connectors.s3.S3Attributes;
import org.apache.pekko.stream.connectors.s3.S3Exception;
import org.apache.pekko.stream.connectors.s3.S3Headers;
import org.apache.pekko.stream.connectors.s3.S3Settings;
import org.apache.pekko.stream.connectors.s3.javadsl.S3;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;

/**
 * Objects in a bucket of an S3 store, through Pekko Connectors S3. The actor system has to be configured with
 * {@code weir-objects.conf}.
 *
 * <p>Each put marks its object with an id of its own (user metadata {@value #ATTEMPT}). So where an answer got lost, or a repeated
 * request finds the object there, a look at the object tells whether it is ours. A body of at most
 * {@link S3StoreSettings#partBytes()} goes in one request with its CRC-32C as user metadata ({@value #CRC}), which a get of the
 * whole object checks; the checksum of a longer one is known only when its metadata has been sent, so that is for who asked for the
 * put to remember and to check ({@link ObjectStore#get(StoredObject)}). On the way there every request is signed with the SHA-256 of
 * its body, which the store checks.
 */
public final class S3ObjectStore implements ObjectStore {
    static final String ATTEMPT = "x-amz-meta-weir-put";
    static final String CRC = "x-amz-meta-weir-crc32c";

    /** S3 deletes many at once, but the connector does not; so a few requests side by side. */
    private static final int DELETES_AT_ONCE = 8;

    private final S3StoreSettings settings;
    private final RandomGenerator random;
    private final Materializer materializer;
    private final Attributes single;
    private final S3Multipart multipart;
    private final S3Errors errors;
    private final S3Listing listing;
    private final Retries retries;

    /** @param random for the ids of puts and the jitter of retries; two nodes must not give the same numbers. Used under a lock */
    public S3ObjectStore(S3StoreSettings settings, ClassicActorSystemProvider system, RandomGenerator random) {
        this.settings = settings;
        this.random = random;
        ActorSystem classic = system.classicSystem();
        this.materializer = SystemMaterializer.get(system).materializer();
        S3Settings connector = connectorSettings(classic, settings);
        this.single = S3Attributes.settings(
                connector.withRetrySettings(RetrySettings.create(0, settings.backoffMin(), settings.backoffMax(), 0)));
        this.errors = new S3Errors(settings);
        this.listing = new S3Listing(settings, errors, classic);
        this.retries = new Retries(settings, random, pause -> later(classic, pause));
        this.multipart = new S3Multipart(settings, connector, materializer);
    }

    private static S3Settings connectorSettings(ActorSystem system, S3StoreSettings settings) {
        S3Settings connector = S3Settings.create(system.settings().config().getConfig("pekko.connectors.s3"))
                .withCredentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(
                        settings.credentials().accessKeyId(),
                        settings.credentials().secretAccessKey())))
                .withS3RegionProvider(() -> Region.of(settings.region()))
                .withEndpointUrl(settings.endpoint());
        return settings.isVirtualHost() ? connector : connector.withAccessStyle(AccessStyle.pathAccessStyle());
    }

    private static Executor later(ActorSystem system, Duration pause) {
        return task -> {
            var unused = system.scheduler().scheduleOnce(pause, task, system.dispatcher());
        };
    }

    @Override
    public CompletionStage<StoredObject> put(ObjectName name, Source<ByteString, ?> body) {
        ByteCount count = new ByteCount();
        return body.map(count::add)
                .via(new Rechunk(settings.partBytes()))
                .prefixAndTail(2)
                .runWith(Sink.head(), materializer)
                .thenCompose(parts -> parts.first().size() < 2 ? putOne(name, parts) : putMany(name, parts))
                .thenApply(done -> count.stored(name));
    }

    private CompletionStage<Void> putOne(ObjectName name, Pair<List<ByteString>, Source<ByteString, NotUsed>> parts) {
        ByteString bytes = parts.first().isEmpty()
                ? ByteString.emptyByteString()
                : parts.first().get(0);
        String attempt = newAttempt();
        // The tail is empty, but it has to be run to its end.
        return parts.second()
                .runWith(Sink.ignore(), materializer)
                .thenCompose(end -> retries.run(number -> putObject(name, bytes, attempt, Map.of())));
    }

    private CompletionStage<Void> putMany(ObjectName name, Pair<List<ByteString>, Source<ByteString, NotUsed>> parts) {
        String attempt = newAttempt();
        return multipart
                .upload(name, Source.from(parts.first()).concat(parts.second()), Map.of(ATTEMPT, attempt))
                .handle((done, failure) -> failure == null
                        ? CompletableFuture.completedFuture(Conditions.NOTHING)
                        : settled(name, attempt, failure))
                .thenCompose(stage -> stage);
    }

    /** A multipart upload failed: perhaps only the answer to its completion was lost. */
    private CompletionStage<Void> settled(ObjectName name, String attempt, Throwable failure) {
        Throwable cause = Conditions.unwrapped(failure);
        return retries.run(number -> metadata(name))
                .thenCompose(found -> {
                    if (found.isPresent() && isFrom(found.get(), attempt)) {
                        return CompletableFuture.completedFuture(Conditions.NOTHING);
                    }
                    multipart.abort(name);
                    return Conditions.<Void>failed(multipart.translate(errors, name, cause));
                })
                .exceptionallyCompose(other -> Conditions.failed(multipart.translate(errors, name, cause)));
    }

    /** One attempt; fails with an {@link ObjectStoreException}, or an {@link S3Exception} of status 412. */
    private CompletionStage<Void> putObject(
            ObjectName name, ByteString bytes, String attempt, Map<String, String> conditions) {
        Map<String, String> headers = new HashMap<>(conditions);
        headers.put(ATTEMPT, attempt);
        headers.put(CRC, HexFormat.of().toHexDigits(ByteCheck.crc32c(bytes)));
        return one(
                        name,
                        S3.putObject(
                                settings.bucket(),
                                name.value(),
                                Source.single(bytes),
                                bytes.size(),
                                ContentTypes.APPLICATION_OCTET_STREAM,
                                headers(headers)))
                .thenApply(done -> Conditions.NOTHING);
    }

    @Override
    public CompletionStage<PutIfAbsent> putIfAbsent(ObjectName name, ByteString bytes) {
        Conditions.checkConditional(name, bytes);
        String attempt = newAttempt();
        boolean[] maybeDone = new boolean[1];
        return retries.<PutIfAbsent>run(number -> putObject(name, bytes, attempt, Map.of("If-None-Match", "*"))
                        .<PutIfAbsent>thenApply(done -> new PutIfAbsent.Created())
                        .exceptionallyCompose(failure -> {
                            Throwable cause = Conditions.unwrapped(failure);
                            if (cause instanceof S3Exception) {
                                return whose(name, attempt);
                            }
                            maybeDone[0] |= cause instanceof ObjectStoreException.Retryable r && r.maybeDone();
                            return Conditions.failed(cause);
                        }))
                .exceptionallyCompose(failure -> {
                    Throwable cause = Conditions.unwrapped(failure);
                    return cause instanceof ObjectStoreException.Retryable retryable && maybeDone[0]
                            ? settledIfAbsent(name, attempt, retryable)
                            : Conditions.failed(cause);
                });
    }

    /** The store has an object of that name: of an earlier attempt of this put, or of another put? */
    private CompletionStage<PutIfAbsent> whose(ObjectName name, String attempt) {
        return metadata(name).thenApply(found -> {
            ObjectMetadata object = found.orElseThrow(() -> new ObjectStoreException.Retryable(
                    "%s was there and is gone; somebody deletes it".formatted(name), false, null));
            return isFrom(object, attempt) ? new PutIfAbsent.Created() : new PutIfAbsent.Exists();
        });
    }

    /** All attempts failed, one of them perhaps not quite. That nothing is there proves nothing: it may still come. */
    private CompletionStage<PutIfAbsent> settledIfAbsent(
            ObjectName name, String attempt, ObjectStoreException.Retryable cause) {
        return retries.run(number -> whose(name, attempt)).exceptionally(failure -> new PutIfAbsent.Unknown(cause));
    }

    @Override
    public Source<ByteString, NotUsed> get(ObjectName name) {
        return read(name, 0, -1);
    }

    @Override
    public Source<ByteString, NotUsed> get(ObjectName name, long position, long length) {
        Conditions.checkRange(name, position, length);
        return read(name, position, length);
    }

    private Source<ByteString, NotUsed> read(ObjectName name, long position, long length) {
        return Source.lazySource(() -> {
                    S3Read read = new S3Read(settings, errors, retries, single, name, position, length);
                    return length >= 0 ? read.run() : checked(read, name);
                })
                .mapMaterializedValue(ignored -> NotUsed.getInstance());
    }

    /** The connector tells of the object beside the bytes, not before them. */
    private static Source<ByteString, NotUsed> checked(S3Read read, ObjectName name) {
        return read.run().via(new ByteCheck((size, crc) -> read.metadata().thenApply(told -> crcOf(told)
                .filter(expected -> expected != crc)
                .map(expected ->
                        new ObjectStoreException.Damaged("object %s came back with CRC-32C %08x; it was put with %08x"
                                .formatted(name, crc, expected))))));
    }

    private static Optional<Integer> crcOf(ObjectMetadata metadata) {
        return header(metadata, CRC).filter(text -> text.matches("[0-9a-f]{8}")).map(HexFormat::fromHexDigits);
    }

    @Override
    public CompletionStage<Optional<ObjectInfo>> head(ObjectName name) {
        return retries.run(number -> metadata(name))
                .thenApply(found -> found.map(object -> new ObjectInfo(
                        name,
                        object.getContentLength(),
                        object.getETag().map(S3Listing::unquoted).orElse(null))));
    }

    private CompletionStage<Optional<ObjectMetadata>> metadata(ObjectName name) {
        return one(name, S3.getObjectMetadata(settings.bucket(), name.value(), S3Headers.create()));
    }

    @Override
    public CompletionStage<ObjectPage> list(String prefix, Optional<String> after, int pageSize) {
        Conditions.checkPage(pageSize);
        return retries.run(number -> listing.page(prefix, after.orElse(""), pageSize)
                .toCompletableFuture()
                .orTimeout(settings.requestTimeout().toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS)
                .exceptionallyCompose(failure -> Conditions.failed(errors.translate(null, failure))));
    }

    @Override
    public CompletionStage<Void> delete(Collection<ObjectName> names) {
        return Source.from(List.copyOf(names))
                .mapAsyncUnordered(
                        DELETES_AT_ONCE,
                        name -> retries.run(number -> one(name, S3.deleteObject(settings.bucket(), name.value()))))
                .runWith(Sink.ignore(), materializer)
                .thenApply(done -> Conditions.NOTHING);
    }

    /** Runs one request in bounded time. */
    private <T> CompletionStage<T> one(ObjectName name, Source<T, NotUsed> request) {
        return request.completionTimeout(settings.requestTimeout())
                .addAttributes(single)
                .runWith(Sink.head(), materializer)
                .exceptionallyCompose(failure -> {
                    Throwable cause = Conditions.unwrapped(failure);
                    boolean conditional =
                            cause instanceof S3Exception s3 && s3.statusCode().intValue() == 412;
                    return Conditions.failed(conditional ? cause : errors.translate(name, cause));
                });
    }

    private String newAttempt() {
        synchronized (random) {
            return HexFormat.of().toHexDigits(random.nextLong())
                    + HexFormat.of().toHexDigits(random.nextLong());
        }
    }

    private static boolean isFrom(ObjectMetadata object, String attempt) {
        return header(object, ATTEMPT).filter(attempt::equals).isPresent();
    }

    private static Optional<String> header(ObjectMetadata object, String name) {
        return object.headers().stream()
                .filter(header -> header.lowercaseName().equals(name))
                .map(HttpHeader::value)
                .findFirst();
    }

    static S3Headers headers(Map<String, String> headers) {
        return S3Headers.create()
                .withCustomHeaders(scala.collection.immutable.Map$.MODULE$.from(
                        scala.jdk.javaapi.CollectionConverters.asScala(headers)));
    }
}
