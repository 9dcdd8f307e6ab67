package io.weir.actors.bucket;

import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import java.time.Clock;
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
 * Keeps the {@link Manifest} of one bucket, event-sourced. Lives below {@link Manifests}. Apart from the bucket's actor, so that a slow
 * journal never stalls the data path. What a former leader sends is refused by its epoch.
 */
public final class BucketManifest
        extends EventSourcedBehaviorWithEnforcedReplies<BucketManifest.Command, BucketManifest.Event, Manifest> {

    public sealed interface Command {
        BucketId bucket();
    }

    /** Changes nothing. */
    public record GetManifest(BucketId bucket, ActorRef<Reply> replyTo) implements Command {}

    /**
     * Stores a new epoch, one above both the stored one and {@code epochInLog}, and answers when it is durable.
     *
     * @param epochInLog highest epoch found in the log, which is ahead only where the journal lost something
     */
    public record RaiseEpoch(BucketId bucket, int epochInLog, Node node, ActorRef<Reply> replyTo) implements Command {}

    /**
     * A segment was uploaded. It has to begin where the last one ends; one that is there already (a repeated command) changes nothing.
     *
     * @param leaderEpoch of the bucket that asks
     * @param numbersBelow every number of the auto-increment column in it is below this
     */
    public record AddSegment(
            BucketId bucket, int leaderEpoch, RemoteSegment segment, long numbersBelow, ActorRef<Reply> replyTo)
            implements Command {}

    /** Segments that end at or before the offset are not live any more. */
    public record RemoveSegments(BucketId bucket, int leaderEpoch, long below, ActorRef<Reply> replyTo)
            implements Command {}

    /** A KV snapshot was uploaded, and the log up to its offset. Those before the last two go, but for leased ones. */
    public record AddSnapshot(
            BucketId bucket, int leaderEpoch, KvSnapshot snapshot, long numbersBelow, ActorRef<Reply> replyTo)
            implements Command {}

    /**
     * Keeps the newest snapshot until {@code time} from now, whatever comes after it. Who asks again before that keeps the snapshot that
     * it has.
     *
     * @param holder one lease each
     */
    public record LeaseSnapshot(BucketId bucket, String holder, Duration time, ActorRef<Reply> replyTo)
            implements Command {}

    public record ReleaseSnapshot(BucketId bucket, String holder, ActorRef<Reply> replyTo) implements Command {}

    /** Only where nobody ever led: takes over what was found on the object store. */
    public record Restore(BucketId bucket, Manifest manifest, ActorRef<Reply> replyTo) implements Command {}

    public sealed interface Reply permits Manifest, Refused {}

    /** Nothing was changed. */
    public record Refused(String why) implements Reply {}

    /**
     * A node by what stays with its disk and by where it was.
     *
     * @param nodeId written once into the node's data directory
     * @param address {@code host:port} at the time
     */
    public record Node(String nodeId, String address) {}

    public sealed interface Event {}

    public record LeaderEpochRaised(int epoch, Node node) implements Event {}

    public record SegmentAdded(RemoteSegment segment, long numbersBelow) implements Event {}

    public record SegmentsRemoved(long below) implements Event {}

    /** @param atMs leases that have ended by then count no more */
    public record SnapshotAdded(KvSnapshot snapshot, long numbersBelow, long atMs) implements Event {}

    public record SnapshotLeased(String holder, long takenMs, long untilMs) implements Event {}

    public record SnapshotReleased(String holder) implements Event {}

    public record Restored(Manifest manifest) implements Event {}

    private final Clock clock;

    private BucketManifest(BucketId bucket, Clock clock) {
        super(
                PersistenceId.of("manifest", bucket.entityId()),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(10), 0.2));
        this.clock = clock;
    }

    public static Behavior<Command> create(BucketId bucket, Clock clock) {
        return new BucketManifest(bucket, clock);
    }

    @Override
    public Manifest emptyState() {
        return Manifest.EMPTY;
    }

    @Override
    public EventHandler<Manifest, Event> eventHandler() {
        return Manifest::with;
    }

    // spine: control; snapshots of the state, so that thousands of segments do not make its start long
    @Override
    public Recovery recovery() {
        return Recovery.withSnapshotSelectionCriteria(SnapshotSelectionCriteria.none());
    }

    @Override
    public CommandHandlerWithReply<Command, Event, Manifest> commandHandler() {
        return newCommandHandlerWithReplyBuilder()
                .forAnyState()
                .onCommand(GetManifest.class, (state, c) -> Effect().reply(c.replyTo(), state))
                .onCommand(RaiseEpoch.class, this::onRaiseEpoch)
                .onCommand(AddSegment.class, this::onAddSegment)
                .onCommand(RemoveSegments.class, this::onRemoveSegments)
                .onCommand(AddSnapshot.class, this::onAddSnapshot)
                .onCommand(LeaseSnapshot.class, this::onLeaseSnapshot)
                .onCommand(ReleaseSnapshot.class, this::onReleaseSnapshot)
                .onCommand(Restore.class, this::onRestore)
                .build();
    }

    private ReplyEffect<Event, Manifest> onRaiseEpoch(Manifest state, RaiseEpoch command) {
        int epoch = Math.addExact(Math.max(state.epoch(), command.epochInLog()), 1);
        return store(new LeaderEpochRaised(epoch, command.node()), command.replyTo());
    }

    private ReplyEffect<Event, Manifest> onAddSegment(Manifest state, AddSegment command) {
        RemoteSegment segment = command.segment();
        if (command.leaderEpoch() != state.epoch()) {
            return fenced(state, command.leaderEpoch(), command.replyTo());
        }
        if (state.segments().contains(segment)) {
            return Effect().reply(command.replyTo(), state);
        }
        if (!state.segments().isEmpty() && segment.baseOffset() != state.remoteEnd()) {
            return refuse(
                    "the segments on the object store end at offset %d, and the new one begins at %d"
                            .formatted(state.remoteEnd(), segment.baseOffset()),
                    command.replyTo());
        }
        return store(new SegmentAdded(segment, command.numbersBelow()), command.replyTo());
    }

    private ReplyEffect<Event, Manifest> onRemoveSegments(Manifest state, RemoveSegments command) {
        if (command.leaderEpoch() != state.epoch()) {
            return fenced(state, command.leaderEpoch(), command.replyTo());
        }
        return state.segments().stream().anyMatch(segment -> segment.endOffset() <= command.below())
                ? store(new SegmentsRemoved(command.below()), command.replyTo())
                : Effect().reply(command.replyTo(), state);
    }

    private ReplyEffect<Event, Manifest> onAddSnapshot(Manifest state, AddSnapshot command) {
        KvSnapshot snapshot = command.snapshot();
        if (command.leaderEpoch() != state.epoch()) {
            return fenced(state, command.leaderEpoch(), command.replyTo());
        }
        if (state.snapshots().contains(snapshot)) {
            return Effect().reply(command.replyTo(), state);
        }
        if (snapshot.offset() > state.remoteEnd()) {
            return refuse(
                    "a KV snapshot at offset %d needs the log up to there on the object store, which has it up to %d"
                            .formatted(snapshot.offset(), state.remoteEnd()),
                    command.replyTo());
        }
        return store(new SnapshotAdded(snapshot, command.numbersBelow(), clock.millis()), command.replyTo());
    }

    private ReplyEffect<Event, Manifest> onLeaseSnapshot(Manifest state, LeaseSnapshot command) {
        if (state.snapshots().isEmpty()) {
            return refuse("the bucket has no KV snapshot yet", command.replyTo());
        }
        long newest = state.snapshots().get(state.snapshots().size() - 1).takenMs();
        long now = clock.millis();
        long takenMs = state.leases().stream()
                .filter(lease -> lease.holder().equals(command.holder()) && lease.untilMs() > now)
                .mapToLong(Manifest.Lease::takenMs)
                .findFirst()
                .orElse(newest);
        return store(
                new SnapshotLeased(
                        command.holder(), takenMs, now + command.time().toMillis()),
                command.replyTo());
    }

    private ReplyEffect<Event, Manifest> onReleaseSnapshot(Manifest state, ReleaseSnapshot command) {
        return state.leases().stream().anyMatch(lease -> lease.holder().equals(command.holder()))
                ? store(new SnapshotReleased(command.holder()), command.replyTo())
                : Effect().reply(command.replyTo(), state);
    }

    private ReplyEffect<Event, Manifest> onRestore(Manifest state, Restore command) {
        return state.version() == 0
                ? store(new Restored(command.manifest()), command.replyTo())
                : refuse("the journal has a manifest of this bucket already", command.replyTo());
    }

    private ReplyEffect<Event, Manifest> store(Event event, ActorRef<Reply> replyTo) {
        return Effect().persist(event).thenReply(replyTo, stored -> stored);
    }

    private ReplyEffect<Event, Manifest> fenced(Manifest state, int epoch, ActorRef<Reply> replyTo) {
        return refuse(
                "the bucket is led at epoch %d by %s, not at epoch %d"
                        .formatted(state.epoch(), state.node().address(), epoch),
                replyTo);
    }

    private ReplyEffect<Event, Manifest> refuse(String why, ActorRef<Reply> replyTo) {
        return Effect().reply(replyTo, new Refused(why));
    }
}
