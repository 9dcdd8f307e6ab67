package io.weir.sharding;

import io.weir.persistence.objects.RemoteTier;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes sure that the object store belongs to this cluster before anything is uploaded or deleted. A store out of reach does not keep a
 * node from its start: it is asked again, more and more seldom, until it answers.
 */
final class StoreClaim {
    private static final Logger LOG = LoggerFactory.getLogger(StoreClaim.class);

    private final Supplier<CompletionStage<Optional<String>>> question;
    private final RemoteTier tier;
    private final Duration patience;
    private final Duration retryMin;
    private final Duration retryMax;
    private final ActorSystem<?> system;
    private final CompletableFuture<Done> settled = new CompletableFuture<>();

    /**
     * @param question answers why the store must not be used, or nothing where it belongs to this cluster; fails where that is not known
     * @param patience how long a start waits for the answer
     */
    StoreClaim(
            Supplier<CompletionStage<Optional<String>>> question,
            RemoteTier tier,
            Duration patience,
            Duration retryMin,
            Duration retryMax,
            ActorSystem<?> system) {
        this.question = question;
        this.tier = tier;
        this.patience = patience;
        this.retryMin = retryMin;
        this.retryMax = retryMax;
        this.system = system;
    }

    /** @return completes when the store is known to be this cluster's, or is not known for too long; fails where it is another's */
    CompletionStage<Done> run() {
        later(patience, () -> {
            if (settled.complete(Done.getInstance())) {
                LOG.warn("the object store has not said yet whose it is; nothing is uploaded before it has");
            }
        });
        ask(retryMin);
        return settled;
    }

    private void ask(Duration nextDelay) {
        CompletionStage<Optional<String>> answer;
        try {
            answer = question.get();
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        var unused = answer.handle((refusal, failure) -> {
            if (failure != null) {
                onUnknown(failure, nextDelay);
            } else if (refusal.isPresent()) {
                onForeign(refusal.get());
            } else {
                tier.confirm();
                LOG.info("the object store belongs to this cluster");
                settled.complete(Done.getInstance());
            }
            return Done.getInstance();
        });
    }

    private void onUnknown(Throwable failure, Duration delay) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        String why = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        LOG.warn("cannot ask the object store whose it is, next try in {} ms: {}", delay.toMillis(), why);
        tier.doubt("it is not known yet whether the object store is this cluster's: " + why);
        Duration doubled = delay.multipliedBy(2);
        later(delay, () -> ask(doubled.compareTo(retryMax) < 0 ? doubled : retryMax));
    }

    private void onForeign(String refusal) {
        tier.doubt(refusal);
        if (!settled.completeExceptionally(new IllegalStateException(refusal))) {
            LOG.error("nothing is uploaded from this node: {}", refusal);
        }
    }

    private void later(Duration delay, Runnable action) {
        var unused = system.scheduler().scheduleOnce(delay, action, system.executionContext());
    }
}
