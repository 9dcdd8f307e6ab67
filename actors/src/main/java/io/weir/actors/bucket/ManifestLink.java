package io.weir.actors.bucket;

import io.weir.actors.bucket.BucketManifest.Command;
import io.weir.actors.bucket.BucketManifest.Reply;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Scheduler;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.japi.function.Function;

/** A leading bucket's way to its manifest. A command that is not answered is sent again, as it was: the manifest takes each once. */
final class ManifestLink {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int TRIES = 3;

    private final ActorRef<Command> manifests;
    private final Scheduler scheduler;
    private final Duration timeout;

    /** The manifest refused, or did not answer: what it says now is not what was known of it. */
    static final class NotStoredException extends RuntimeException {
        private static final long serialVersionUID = 1;

        NotStoredException(String message) {
            super(message);
        }
    }

    ManifestLink(ActorRef<Command> manifests, Scheduler scheduler) {
        this(manifests, scheduler, TIMEOUT);
    }

    ManifestLink(ActorRef<Command> manifests, Scheduler scheduler, Duration timeout) {
        this.manifests = manifests;
        this.scheduler = scheduler;
        this.timeout = timeout;
    }

    /** Fails with {@link NotStoredException}; where that is for want of an answer, it may have been stored, or may be yet. */
    CompletionStage<Manifest> tell(Function<ActorRef<Reply>, Command> command) {
        return tell(command, TRIES).thenApply(reply -> {
            if (reply instanceof BucketManifest.Refused refused) {
                throw new NotStoredException(refused.why());
            }
            return (Manifest) reply;
        });
    }

    private CompletionStage<Reply> tell(Function<ActorRef<Reply>, Command> command, int tries) {
        return AskPattern.<Command, Reply>ask(manifests, command, timeout, scheduler)
                .handle((reply, failure) -> {
                    if (failure == null) {
                        return CompletableFuture.completedFuture(reply);
                    }
                    Throwable cause = Replies.unwrapped(failure);
                    if (!(cause instanceof TimeoutException)) {
                        return CompletableFuture.<Reply>failedFuture(new CompletionException(cause));
                    }
                    return tries > 1
                            ? tell(command, tries - 1)
                            : CompletableFuture.<Reply>failedFuture(
                                    new NotStoredException("the bucket's manifest does not answer"));
                })
                .thenCompose(next -> next);
    }
}
