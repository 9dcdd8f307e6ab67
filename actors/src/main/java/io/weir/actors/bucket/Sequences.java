package io.weir.actors.bucket;

import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The sequences of all tables, on the node that holds the journal: passes each command to the table's own event-sourced sequence, which
 * it starts where it does not run.
 */
public final class Sequences {
    private Sequences() {}

    public static Behavior<Sequence.Command> create() {
        return Behaviors.setup(context -> Behaviors.receive(Sequence.Command.class)
                .onMessage(Sequence.Command.class, command -> {
                    String name = Long.toString(command.tableId());
                    ActorRef<Sequence.Command> sequence = context.getChild(name)
                            .map(ActorRef::<Sequence.Command>unsafeUpcast)
                            .orElseGet(() -> context.spawn(TableSequence.create(command.tableId()), name));
                    sequence.tell(command);
                    return Behaviors.same();
                })
                .build());
    }
}
