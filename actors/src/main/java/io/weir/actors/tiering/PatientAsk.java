package io.weir.actors.tiering;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Asks again what was refused for the moment only, as buckets do that move, for a bounded time. Blocks its thread. */
final class PatientAsk {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long PAUSE_MIN_MS = 100;
    private static final long PAUSE_MAX_MS = 2_000;

    private final Clock clock;
    private final Duration patience;

    PatientAsk(Clock clock) {
        this(clock, PATIENCE);
    }

    PatientAsk(Clock clock, Duration patience) {
        this.clock = clock;
        this.patience = patience;
    }

    /** @throws WeirException what cannot be asked again, or was refused for too long */
    <T> T until(Supplier<T> question) {
        long endMs = clock.millis() + patience.toMillis();
        long pauseMs = PAUSE_MIN_MS;
        while (true) {
            try {
                return question.get();
            } catch (WeirException e) {
                if (!e.code().retryable() || clock.millis() + pauseMs > endMs) {
                    throw e;
                }
                pause(pauseMs);
                pauseMs = Math.min(PAUSE_MAX_MS, 2 * pauseMs);
            }
        }
    }

    private static void pause(long ms) {
        try {
            TimeUnit.MILLISECONDS.sleep(ms);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** @throws WeirException TIMEOUT where nothing comes in time, or what the answer failed with */
    static <T> T await(CompletionStage<T> answer, Duration timeout) {
        try {
            // The answer's own time-out comes first; this one is for answers that have none.
            return answer.toCompletableFuture().get(timeout.toMillis() + PAUSE_MAX_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new WeirException(ErrorCode.TIMEOUT, "no answer within " + timeout.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        } catch (ExecutionException e) {
            throw failure(e);
        }
    }

    private static WeirException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new WeirException(ErrorCode.INTERNAL, "interrupted: this node shuts down", e);
    }

    private static WeirException failure(ExecutionException failed) {
        Throwable cause = failed.getCause();
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof WeirException known) {
            return known;
        }
        return cause instanceof TimeoutException
                ? new WeirException(ErrorCode.TIMEOUT, "no answer in time", cause)
                : new WeirException(ErrorCode.INTERNAL, String.valueOf(cause), cause);
    }
}
