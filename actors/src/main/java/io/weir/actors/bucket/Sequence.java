package io.weir.actors.bucket;

import org.apache.pekko.actor.typed.ActorRef;

/** The protocol of a table's sequence, which gives out ranges of numbers for its auto-increment column; none is given twice. */
public final class Sequence {
    private Sequence() {}

    public sealed interface Command {
        long tableId();
    }

    /** @param count how many numbers; answered with {@link Reserved} when it is durable, or {@link Exhausted} */
    public record Reserve(long tableId, long count, long highest, ActorRef<Reply> replyTo) implements Command {}

    /**
     * No number below {@code next} is given from now on; answered with {@link Restored} when it is durable. For numbers that were given
     * before the journal was lost: only on the node that holds the journal, it crosses no wire.
     */
    public record Restore(long tableId, long next, ActorRef<Reply> replyTo) implements Command {}

    public sealed interface Reply {}

    /** @param next the number that is given next; more than was asked for where it was beyond that already */
    public record Restored(long next) implements Reply {}

    /** The numbers {@code [from, to)}; the first ones of a table begin with 1. */
    public record Reserved(long from, long to) implements Reply {}

    /** There are not so many numbers left up to {@link Reserve#highest}. */
    public record Exhausted(long next) implements Reply {}
}
