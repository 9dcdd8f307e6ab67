package io.weir.http;

import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.stream.javadsl.Sink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads and drops the body of a request that was refused before all of it was read. A client that still sends would otherwise meet
 * a reset connection and never see why it was refused. Bounded: past the bound the connection is closed after all.
 */
final class RequestDrain {
    private static final Logger LOG = LoggerFactory.getLogger(RequestDrain.class);

    private final ActorSystem<?> system;
    private final long bytesMax;

    RequestDrain(ActorSystem<?> system, long bytesMax) {
        this.system = system;
        this.bytesMax = bytesMax;
    }

    void drain(HttpRequest request) {
        boolean waitsToBeAsked = request.getHeader("Expect").isPresent();
        if (request.entity().isStrict() || waitsToBeAsked) {
            return;
        }
        CompletionStage<Done> drained =
                request.entity().withSizeLimit(bytesMax).getDataBytes().runWith(Sink.ignore(), system);
        drained.whenComplete((done, failure) -> {
            // A body that was read before cannot be read again: nothing is left to drain then.
            if (failure != null) {
                LOG.trace("body of a refused request not drained", failure);
            }
        });
    }
}
