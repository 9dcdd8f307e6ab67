package io.weir.http;

import io.weir.actors.tiering.Tiering;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.sharding.WeirCluster;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;

/** Asks the tiering coordinator; a refusal becomes the exception it stands for. */
final class TieringClient {
    private final WeirCluster cluster;

    TieringClient(WeirCluster cluster) {
        this.cluster = cluster;
    }

    CompletionStage<Tiering.Status> status() {
        return ask(Tiering.Status.class, Tiering.GetStatus::new);
    }

    /** For commands that concern one table. */
    CompletionStage<Tiering.TableStatus> command(Function<ActorRef<Tiering.Reply>, Tiering.Command> command) {
        return ask(Tiering.Done.class, command).thenApply(Tiering.Done::table);
    }

    private <R extends Tiering.Reply> CompletionStage<R> ask(
            Class<R> kind, Function<ActorRef<Tiering.Reply>, Tiering.Command> question) {
        return cluster.askTiering(question).thenApply(reply -> {
            if (reply instanceof Tiering.Refused refused) {
                throw new WeirException(refused.code(), refused.detail());
            }
            if (!kind.isInstance(reply)) {
                throw new WeirException(
                        ErrorCode.INTERNAL, "The tiering coordinator answered " + reply + " instead of " + kind);
            }
            return kind.cast(reply);
        });
    }
}
