package io.weir.actors.tiering;

import io.weir.actors.tiering.Tiering.Command;
import io.weir.actors.tiering.Tiering.Reply;
import io.weir.codec.ErrorCode;
import java.time.Clock;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** In the coordinator's place where the cluster has no lake: says so. */
final class TieringAbsent {
    private final Clock clock;

    TieringAbsent(Clock clock) {
        this.clock = clock;
    }

    Behavior<Command> behavior() {
        return Behaviors.receive(Command.class)
                .onMessage(Tiering.GetStatus.class, c -> {
                    c.replyTo().tell(new Tiering.Status(clock.millis(), null, List.of(), List.of(), List.of()));
                    return Behaviors.same();
                })
                .onMessage(Tiering.Heartbeat.class, c -> {
                    c.replyTo()
                            .tell(new Tiering.Orders(
                                    List.of(),
                                    List.of(),
                                    c.working().stream()
                                            .map(Tiering.Work::attempt)
                                            .toList()));
                    return Behaviors.same();
                })
                .onMessage(Tiering.RoundEnded.class, c -> {
                    c.replyTo().tell(new Tiering.RoundNoted(c.attempt(), true));
                    return Behaviors.same();
                })
                .onMessage(Tiering.Maintained.class, c -> Behaviors.same())
                .onMessage(Tiering.Trigger.class, c -> refuse(c.replyTo()))
                .onMessage(Tiering.Pause.class, c -> refuse(c.replyTo()))
                .onMessage(Tiering.Resume.class, c -> refuse(c.replyTo()))
                .build();
    }

    private static Behavior<Command> refuse(ActorRef<Reply> replyTo) {
        replyTo.tell(new Tiering.Refused(
                ErrorCode.NOT_SUPPORTED,
                "this cluster has no lake; set weir.lake.warehouse (WEIR_LAKE_WAREHOUSE) on its nodes and start them anew"));
        return Behaviors.same();
    }
}
