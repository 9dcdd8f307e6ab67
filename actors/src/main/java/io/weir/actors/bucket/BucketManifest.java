package io.weir.actors.bucket;

import java.time.Duration;
import org.apache.pekko.actor.typed.ActorRef;
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
 * The control state of one bucket, event-sourced: who leads it, at which epoch. Lives below {@link Manifests}, is asked only when the
 * bucket starts, so a slow journal never stalls the data path, and stops once it has given an epoch.
 */
public final class BucketManifest
        extends EventSourcedBehaviorWithEnforcedReplies<
                BucketManifest.Command, BucketManifest.LeaderEpochRaised, BucketManifest.Ownership> {

    public sealed interface Command {
        BucketId bucket();
    }

    /** Who owned the bucket last; changes nothing. */
    public record GetOwnership(BucketId bucket, ActorRef<Ownership> replyTo) implements Command {}

    /**
     * Stores a new epoch, one above both the stored one and {@code epochInLog}, and answers when it is durable.
     *
     * @param epochInLog highest epoch found in the log, which is ahead only where the journal lost something
     */
    public record RaiseEpoch(BucketId bucket, int epochInLog, Node node, ActorRef<Ownership> replyTo)
            implements Command {}

    /**
     * A node by what stays with its disk and by where it was.
     *
     * @param nodeId written once into the node's data directory
     * @param address {@code host:port} at the time
     */
    public record Node(String nodeId, String address) {}

    public record LeaderEpochRaised(int epoch, Node node) {}

    /** @param epoch 0 when nobody ever led; then the node says nothing */
    public record Ownership(int epoch, Node node) {
        public static final Ownership NONE = new Ownership(0, new Node("", ""));
    }

    private BucketManifest(BucketId bucket) {
        super(
                PersistenceId.of("manifest", bucket.entityId()),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(10), 0.2));
    }

    public static Behavior<Command> create(BucketId bucket) {
        return new BucketManifest(bucket);
    }

    @Override
    public Ownership emptyState() {
        return Ownership.NONE;
    }

    @Override
    public EventHandler<Ownership, LeaderEpochRaised> eventHandler() {
        return (state, event) -> new Ownership(event.epoch(), event.node());
    }

    /** A handful of small events; looking for a snapshot would cost more than it saves. */
    @Override
    public Recovery recovery() {
        return Recovery.withSnapshotSelectionCriteria(SnapshotSelectionCriteria.none());
    }

    @Override
    public CommandHandlerWithReply<Command, LeaderEpochRaised, Ownership> commandHandler() {
        return newCommandHandlerWithReplyBuilder()
                .forAnyState()
                .onCommand(GetOwnership.class, (state, c) -> Effect().reply(c.replyTo(), state))
                .onCommand(RaiseEpoch.class, this::onRaiseEpoch)
                .build();
    }

    private ReplyEffect<LeaderEpochRaised, Ownership> onRaiseEpoch(Ownership state, RaiseEpoch command) {
        int epoch = Math.addExact(Math.max(state.epoch(), command.epochInLog()), 1);
        return Effect()
                .persist(new LeaderEpochRaised(epoch, command.node()))
                .thenStop()
                .thenReply(command.replyTo(), raised -> raised);
    }
}
