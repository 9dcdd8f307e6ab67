package io.weir.actors.bucket;

import org.apache.pekko.actor.typed.Behavior;

/**
 * The sequences of all tables, on the node that holds the journal: passes each command to the table's own event-sourced sequence, which
 * it starts where it does not run.
 */
public final class Sequences {
    private Sequences() {}

    public static Behavior<Sequence.Command> create() {
        return org.apache.pekko.actor.typed.javadsl.Behaviors.ignore(); // spine
    }
}
