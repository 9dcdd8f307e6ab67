package io.weir.http;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.stream.javadsl.Sink;

/**
 * Reads and drops the body of a request that was refused before all of it was read. An answer that overtakes the body closes the
 * connection, and a client that still sends would meet a broken pipe instead of the reason. Bounded by bytes and by time: past
 * either bound the answer goes out, and the connection is closed after all.
 */
final class RequestDrain {
    private static final Duration TIME_MAX = Duration.ofSeconds(10);

    private final ActorSystem<?> system;
    private final long bytesMax;

    RequestDrain(ActorSystem<?> system, long bytesMax) {
        this.system = system;
        this.bytesMax = bytesMax;
    }

    /** Done when the answer may go out; never fails. */
    CompletionStage<Done> drained(HttpRequest request) {
        boolean waitsToBeAsked = request.getHeader("Expect").isPresent();
        if (request.entity().isStrict() || waitsToBeAsked) {
            return CompletableFuture.completedFuture(Done.getInstance());
        }
        CompletableFuture<Done> drained = new CompletableFuture<>();
        request.entity()
                .withSizeLimit(bytesMax)
                .getDataBytes()
                .runWith(Sink.ignore(), system)
                // A body that was read before cannot be read again: nothing is left to drain then.
                .whenComplete((done, failure) -> drained.complete(Done.getInstance()));
        return drained.completeOnTimeout(Done.getInstance(), TIME_MAX.toMillis(), TimeUnit.MILLISECONDS);
    }
}
