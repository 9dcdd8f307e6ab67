package io.weir.actors.bucket;

import java.time.Duration;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.Recovery;
import org.apache.pekko.persistence.typed.javadsl.ReplyEffect;

/**
 * The sequence of one table, event-sourced; its state is the next number. A range is answered only when it is in the journal, so it is
 * never given twice, also where the answer is lost. Lives below {@link Sequences}.
 */
public final class TableSequence
        extends EventSourcedBehaviorWithEnforcedReplies<Sequence.Command, TableSequence.RangeReserved, Long> {
    /** The numbers {@code [from, to)} are given away. */
    public record RangeReserved(long from, long to) {}

    private TableSequence(long tableId) {
        super(
                PersistenceId.of("sequence", Long.toString(tableId)),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(10), 0.2));
    }

    static Behavior<Sequence.Command> create(long tableId) {
        return new TableSequence(tableId);
    }

    @Override
    public Long emptyState() {
        return 1L;
    }

    @Override
    public EventHandler<Long, RangeReserved> eventHandler() {
        return (next, event) -> Math.max(next, event.to());
    }

    /** One small event for each range; looking for a snapshot would cost more than it saves. */
    @Override
    public Recovery recovery() {
        return Recovery.withSnapshotSelectionCriteria(SnapshotSelectionCriteria.none());
    }

    @Override
    public CommandHandlerWithReply<Sequence.Command, RangeReserved, Long> commandHandler() {
        return newCommandHandlerWithReplyBuilder()
                .forAnyState()
                .onCommand(Sequence.Reserve.class, this::onReserve)
                .onCommand(Sequence.Restore.class, this::onRestore)
                .build();
    }

    private ReplyEffect<RangeReserved, Long> onReserve(Long next, Sequence.Reserve command) {
        boolean fits = command.highest() < Long.MAX_VALUE
                && next <= command.highest()
                && command.count() <= command.highest() - next + 1;
        if (command.count() < 1 || !fits) {
            return Effect().reply(command.replyTo(), new Sequence.Exhausted(next));
        }
        long to = next + command.count();
        return Effect()
                .persist(new RangeReserved(next, to))
                .thenReply(command.replyTo(), state -> new Sequence.Reserved(next, to));
    }

    private ReplyEffect<RangeReserved, Long> onRestore(Long next, Sequence.Restore command) {
        if (command.next() <= next) {
            return Effect().reply(command.replyTo(), new Sequence.Restored(next));
        }
        return Effect()
                .persist(new RangeReserved(next, command.next()))
                .thenReply(command.replyTo(), Sequence.Restored::new);
    }
}
