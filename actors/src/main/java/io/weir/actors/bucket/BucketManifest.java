package io.weir.actors.bucket;

import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import java.time.Clock;
import java.time.Duration;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.ReplyEffect;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;

/**
 * Keeps the {@link Manifest} of one bucket, event-sourced. Lives below {@link Manifests}. Apart from the bucket's actor, so that a slow
 * journal never stalls the data path. What a former leader sends is refused by its epoch. {@link ManifestRules} decides.
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
     * A segment was uploaded. It has to begin where the last one ends, or, where none is left, not before {@link Manifest#remoteEnd}. One
     * that is there already (a repeated command) changes nothing.
     *
     * @param leaderEpoch of the bucket that asks
     * @param numbersBelow every number of the auto-increment column in it is below this
     */
    public record AddSegment(
            BucketId bucket, int leaderEpoch, RemoteSegment segment, long numbersBelow, ActorRef<Reply> replyTo)
            implements Command {}

    /** Segments that end at or before the offset are not live any more; refused where a KV snapshot needs one of them. */
    public record RemoveSegments(BucketId bucket, int leaderEpoch, long below, ActorRef<Reply> replyTo)
            implements Command {}

    /**
     * Retention took rows from {@code remoteEnd} on before they were uploaded. Nothing can follow what is on the object store, and its KV
     * snapshots lack the log that goes on from them: none of it is live any more, leased or not. Refused where the manifest ends elsewhere.
     */
    public record DropAll(BucketId bucket, int leaderEpoch, long remoteEnd, ActorRef<Reply> replyTo)
            implements Command {}

    /** A KV snapshot was uploaded, and the log at its offset. Those before the last two go, but for leased ones. */
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

    /** Rows before the offset are in the lake. It only grows: a smaller one changes nothing. */
    public record AdvanceLake(BucketId bucket, int leaderEpoch, long lakeOffset, ActorRef<Reply> replyTo)
            implements Command {}

    /** Only where nobody ever led: takes over what was found on the object store. */
    public record Restore(BucketId bucket, Manifest manifest, ActorRef<Reply> replyTo) implements Command {}

    /** To itself, and by itself to {@link Manifests}: nobody has asked for a while. */
    record Idle(BucketId bucket) implements Command {}

    /** From {@link Manifests}, which keeps what comes after it until this actor has stopped. */
    record Stop(BucketId bucket) implements Command {}

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

    /** All segments, snapshots and leases. */
    public record AllDropped(long remoteEnd) implements Event {}

    /** @param atMs leases that have ended by then count no more */
    public record SnapshotAdded(KvSnapshot snapshot, long numbersBelow, long atMs) implements Event {}

    /** @param atMs leases that have ended by then count no more */
    public record SnapshotLeased(String holder, long takenMs, long atMs, long untilMs) implements Event {}

    public record SnapshotReleased(String holder) implements Event {}

    public record LakeAdvanced(long lakeOffset) implements Event {}

    public record Restored(Manifest manifest) implements Event {}

    private static final int EVENTS_PER_SNAPSHOT = 100;

    private final ActorContext<Command> context;
    private final BucketId bucket;
    private final Clock clock;
    private final Duration idleAfter;
    private final ActorRef<Command> parent;

    private BucketManifest(
            ActorContext<Command> context, BucketId bucket, Clock clock, Duration idleAfter, ActorRef<Command> parent) {
        super(
                PersistenceId.of("manifest", bucket.entityId()),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(200), Duration.ofSeconds(10), 0.2));
        this.context = context;
        this.bucket = bucket;
        this.clock = clock;
        this.idleAfter = idleAfter;
        this.parent = parent;
    }

    /**
     * @param idleAfter without a command; then the parent is told {@link Idle}
     * @param parent answers that with {@link Stop}
     */
    static Behavior<Command> create(BucketId bucket, Clock clock, Duration idleAfter, ActorRef<Command> parent) {
        return Behaviors.setup(context -> new BucketManifest(context, bucket, clock, idleAfter, parent));
    }

    /** The time without a command counts anew after each restart. */
    @Override
    public SignalHandler<Manifest> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.instance(), state -> context.setReceiveTimeout(idleAfter, new Idle(bucket)))
                .build();
    }

    @Override
    public Manifest emptyState() {
        return Manifest.EMPTY;
    }

    @Override
    public EventHandler<Manifest, Event> eventHandler() {
        return Manifest::with;
    }

    /** Events are never deleted: where a snapshot cannot be read, an older one or the events alone will do. */
    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(EVENTS_PER_SNAPSHOT, 2);
    }

    @Override
    public CommandHandlerWithReply<Command, Event, Manifest> commandHandler() {
        return newCommandHandlerWithReplyBuilder()
                .forAnyState()
                .onCommand(GetManifest.class, (state, c) -> Effect().reply(c.replyTo(), state))
                .onCommand(RaiseEpoch.class, (state, c) -> act(ManifestRules.raiseEpoch(state, c), c.replyTo()))
                .onCommand(AddSegment.class, (state, c) -> act(ManifestRules.addSegment(state, c), c.replyTo()))
                .onCommand(RemoveSegments.class, (state, c) -> act(ManifestRules.removeSegments(state, c), c.replyTo()))
                .onCommand(DropAll.class, (state, c) -> act(ManifestRules.dropAll(state, c), c.replyTo()))
                .onCommand(
                        AddSnapshot.class,
                        (state, c) -> act(ManifestRules.addSnapshot(state, c, clock.millis()), c.replyTo()))
                .onCommand(
                        LeaseSnapshot.class,
                        (state, c) -> act(ManifestRules.leaseSnapshot(state, c, clock.millis()), c.replyTo()))
                .onCommand(
                        ReleaseSnapshot.class, (state, c) -> act(ManifestRules.releaseSnapshot(state, c), c.replyTo()))
                .onCommand(AdvanceLake.class, (state, c) -> act(ManifestRules.advanceLake(state, c), c.replyTo()))
                .onCommand(Restore.class, (state, c) -> act(ManifestRules.restore(state, c), c.replyTo()))
                .onCommand(Idle.class, (state, c) -> {
                    parent.tell(c);
                    return Effect().noReply();
                })
                .onCommand(Stop.class, (state, c) -> Effect().stop().thenNoReply())
                .build();
    }

    private ReplyEffect<Event, Manifest> act(ManifestRules.Decision decision, ActorRef<Reply> replyTo) {
        if (decision instanceof ManifestRules.Store store) {
            return Effect().persist(store.event()).thenReply(replyTo, stored -> stored);
        } else if (decision instanceof ManifestRules.Refuse refuse) {
            return Effect().reply(replyTo, new Refused(refuse.why()));
        }
        return Effect().none().thenReply(replyTo, state -> state);
    }
}
