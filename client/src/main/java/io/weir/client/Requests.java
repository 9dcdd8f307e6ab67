package io.weir.client;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.OutgoingConnectionBuilder;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.settings.ClientConnectionSettings;
import org.apache.pekko.http.javadsl.settings.ConnectionPoolSettings;
import org.apache.pekko.http.javadsl.settings.ParserSettings;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.japi.function.Creator;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.BufferOverflowException;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.RestartSettings;
import org.apache.pekko.stream.javadsl.RestartSource;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** Sends requests: over a bounded pool, each attempt bounded in time and size, repeated with growing waits while that may help. */
final class Requests {
    /** How often an answer may break off, at least, within the time that requests are repeated for. */
    private static final int RESTARTS_MIN = 20;

    private final URI base;
    private final ActorSystem<?> system;
    private final Materializer materializer;
    private final ClientSettings settings;
    private final RandomGenerator random;
    private final ClientConnectionSettings connection;
    private final ConnectionPoolSettings pool;

    Requests(URI base, ActorSystem<?> system, ClientSettings settings, RandomGenerator random) {
        this.base = base;
        this.system = system;
        this.materializer = Materializer.createMaterializer(system);
        this.settings = settings;
        this.random = random;
        // A record batch may be one chunk.
        this.connection = ClientConnectionSettings.create(system.classicSystem())
                .withIdleTimeout(settings.streamIdle())
                .withParserSettings(
                        ParserSettings.forClient(system).withMaxChunkSize(settings.batchBytesMax() + (1 << 20)));
        this.pool = ConnectionPoolSettings.create(system.classicSystem())
                .withMaxConnections(settings.connectionsMax())
                .withMaxOpenRequests(Integer.highestOneBit(Math.max(1, 2 * settings.requestsMax() - 1)))
                .withMaxRetries(0)
                .withConnectionSettings(
                        connection.withIdleTimeout(settings.requestTimeout().plusSeconds(5)));
    }

    URI base() {
        return base;
    }

    ClientSettings settings() {
        return settings;
    }

    /** A request that did not succeed. */
    private static final class AttemptFailed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final transient WeirException error;
        private final Duration retryAfter;

        /** Whether the store answered; if not, it may have done what it was asked for all the same. */
        private final boolean answered;

        AttemptFailed(WeirException error, Duration retryAfter, boolean answered) {
            super(error);
            this.error = error;
            this.retryAfter = retryAfter;
            this.answered = answered;
        }
    }

    /**
     * A success.
     *
     * @param next from where there is more; empty where there is not
     */
    record Answer(ByteString body, String next) {}

    /**
     * Sends the request until it succeeds.
     *
     * @param writes whether the request changes something; it must then be one that may be repeated
     * @param retryFor how long it is repeated
     */
    CompletionStage<Answer> send(HttpRequest request, boolean writes, Duration retryFor) {
        return send(request, answer -> answer, begin(writes, retryFor));
    }

    /**
     * Asks until there is an answer that can be used.
     *
     * @param use throws a WeirException where the answer is of no use; it is asked for again where that may help
     */
    <T> CompletionStage<T> ask(HttpRequest request, Function<Answer, T> use, Duration retryFor) {
        return send(request, use, begin(false, retryFor));
    }

    private static Attempts begin(boolean writes, Duration retryFor) {
        return new Attempts(writes, System.nanoTime() + retryFor.toNanos(), retryFor, 0, false);
    }

    private record Attempts(boolean writes, long deadlineNanos, Duration retryFor, int failed, boolean unanswered) {}

    private <T> CompletionStage<T> send(HttpRequest request, Function<Answer, T> use, Attempts attempts) {
        return attempt(request).thenApply(use).exceptionallyCompose(failure -> {
            AttemptFailed failed = failed(request, failure);
            Duration wait = backoff(attempts.failed(), failed.retryAfter);
            boolean timeLeft = attempts.deadlineNanos() - System.nanoTime() > wait.toNanos();
            boolean unanswered = attempts.unanswered() || !failed.answered;
            if (!isTransient(failed.error) || !timeLeft) {
                return CompletableFuture.failedFuture(lastError(failed, attempts, unanswered));
            }
            Attempts next = new Attempts(
                    attempts.writes(),
                    attempts.deadlineNanos(),
                    attempts.retryFor(),
                    attempts.failed() + 1,
                    unanswered);
            return Patterns.after(wait, system.classicSystem(), () -> send(request, use, next));
        });
    }

    /** Whether the same request may succeed later, without any change to it. */
    static boolean isTransient(Throwable failure) {
        return failure instanceof WeirException known
                && known.code().retryable()
                && (known.code().httpStatus() == 429 || known.code().httpStatus() >= 500);
    }

    private static WeirException lastError(AttemptFailed failed, Attempts attempts, boolean unanswered) {
        if (!attempts.writes() || !unanswered || failed.error.code() == ErrorCode.SEQUENCE_TOO_OLD) {
            return failed.error;
        }
        // An attempt before this one may have been stored, whatever became of this one.
        return new WeirException(
                ErrorCode.OUTCOME_UNKNOWN,
                "it is not known whether the write was stored: tried for %s, %d times; last: %s"
                        .formatted(attempts.retryFor(), attempts.failed() + 1, failed.error.detail()),
                failed.error);
    }

    private Duration backoff(int failed, Duration asked) {
        long doubled = settings.backoffMin().toMillis() << Math.min(failed, 20);
        long most = Math.min(doubled, settings.backoffMax().toMillis());
        Duration wait = Duration.ofMillis(most / 2 + random.nextLong(most / 2 + 1));
        return wait.compareTo(asked) < 0 ? asked : wait;
    }

    private CompletionStage<Answer> attempt(HttpRequest request) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        Http.get(system)
                .singleRequest(
                        request,
                        Http.get(system).defaultClientHttpsContext(),
                        pool,
                        system.classicSystem().log())
                .thenCompose(response -> response.entity()
                        .toStrict(settings.requestTimeout().toMillis(), settings.answerBytesMax(), materializer)
                        .thenApply(strict -> success(response, strict.getData())))
                .whenComplete((body, failure) -> {
                    if (failure == null) {
                        answer.complete(body);
                    } else {
                        answer.completeExceptionally(failure);
                    }
                });
        return answer.orTimeout(settings.requestTimeout().toMillis(), TimeUnit.MILLISECONDS);
    }

    private static Answer success(HttpResponse response, ByteString body) {
        if (response.status().isSuccess()) {
            return new Answer(
                    body, response.getHeader("Weir-Next").map(HttpHeader::value).orElse(""));
        }
        throw new AttemptFailed(Problems.of(response.status().intValue(), body), Problems.retryAfter(response), true);
    }

    private AttemptFailed failed(HttpRequest request, Throwable failure) {
        Throwable cause = unwrapped(failure);
        if (cause instanceof AttemptFailed known) {
            return known;
        }
        if (cause instanceof WeirException useless) {
            return new AttemptFailed(useless, Duration.ZERO, true);
        }
        if (cause instanceof EntityStreamSizeException) {
            return new AttemptFailed(
                    new WeirException(
                            ErrorCode.BODY_TOO_LARGE,
                            "the answer to %s has more than %d bytes; ask for less at a time, or raise answerBytesMax"
                                    .formatted(request.getUri().path(), settings.answerBytesMax()),
                            cause),
                    Duration.ZERO,
                    true);
        }
        if (cause instanceof BufferOverflowException) {
            return new AttemptFailed(
                    new WeirException(
                            ErrorCode.OVERLOADED, "more than requestsMax requests of this client are under way", cause),
                    Duration.ZERO,
                    true);
        }
        return new AttemptFailed(notAnswered(cause), Duration.ZERO, false);
    }

    private WeirException notAnswered(Throwable cause) {
        return new WeirException(ErrorCode.TIMEOUT, "no whole answer from %s: %s".formatted(base, cause), cause);
    }

    static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException || cause instanceof ExecutionException) {
            Throwable inner = cause.getCause();
            if (inner == null) {
                return cause;
            }
            cause = inner;
        }
        return cause;
    }

    /**
     * The bytes of an answer as they come, over a connection of its own that is closed with the source. Not repeated. Fails with a
     * WeirException: the store's problem, or TIMEOUT where the connection failed.
     */
    Source<ByteString, NotUsed> stream(HttpRequest request) {
        OutgoingConnectionBuilder builder =
                Http.get(system).connectionTo(base.getHost()).withClientConnectionSettings(connection);
        int port = port();
        return Source.single(request)
                .via(
                        "https".equals(base.getScheme())
                                ? builder.toPort(port).https()
                                : builder.toPort(port).http())
                .flatMapConcat(this::body)
                .mapError(Throwable.class, this::asError);
    }

    /**
     * A streamed answer that is asked for again where it breaks off or the store is away.
     *
     * @param within how long that may go on
     * @param brokeOff hears of each time
     */
    <T> Source<T, NotUsed> repeated(Creator<Source<T, ?>> once, Duration within, Consumer<Throwable> brokeOff) {
        long longestWaits = within.toMillis() / settings.backoffMax().toMillis();
        RestartSettings backoff = restarts(brokeOff);
        return RestartSource.onFailuresWithBackoff(
                within.isZero()
                        ? backoff.withMaxRestarts(0, settings.backoffMax())
                        : backoff.withMaxRestarts(RESTARTS_MIN + (int) Math.min(10_000, longestWaits), within),
                once);
    }

    /** The same for an answer without end, which is asked for again for ever. */
    <T> Source<T, NotUsed> endless(Creator<Source<T, ?>> once, Consumer<Throwable> brokeOff) {
        return RestartSource.withBackoff(restarts(brokeOff), once);
    }

    private RestartSettings restarts(Consumer<Throwable> brokeOff) {
        return RestartSettings.create(settings.backoffMin(), settings.backoffMax(), 0.2)
                .withLogSettings(RestartSettings.createLogSettings(Attributes.logLevelDebug()))
                .withRestartOn(failure -> {
                    boolean mayHelp = failure instanceof ArrowFraming.BrokenOffException || isTransient(failure);
                    if (mayHelp) {
                        brokeOff.accept(failure);
                    }
                    return mayHelp;
                });
    }

    private int port() {
        int byScheme = "https".equals(base.getScheme()) ? 443 : 80;
        return base.getPort() < 0 ? byScheme : base.getPort();
    }

    private Source<ByteString, Object> body(HttpResponse response) {
        if (response.status().isSuccess()) {
            return response.entity().withoutSizeLimit().getDataBytes();
        }
        CompletionStage<ByteString> problem = response.entity()
                .toStrict(settings.requestTimeout().toMillis(), settings.answerBytesMax(), materializer)
                .thenApply(strict -> {
                    throw Problems.of(response.status().intValue(), strict.getData());
                });
        return Source.completionStage(problem).mapMaterializedValue(done -> (Object) done);
    }

    private Throwable asError(Throwable failure) {
        Throwable cause = unwrapped(failure);
        return cause instanceof WeirException ? cause : notAnswered(cause);
    }
}
