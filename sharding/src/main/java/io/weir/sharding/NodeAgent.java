package io.weir.sharding;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.LocalBuckets;
import io.weir.codec.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * The housekeeper of a node: ticks the buckets that lead here, wakes idle ones now and then so that their old segments go, lets
 * {@link DroppedTables} delete what the catalog no longer has, says how many buckets lead here, and takes over buckets of a node that
 * leaves.
 */
final class NodeAgent extends AbstractBehavior<NodeAgent.Command> {
    /** Name below the system guardian, the same on every node. */
    static final String NAME = "node-agent";

    private static final Duration TICK = Duration.ofMinutes(1);
    private static final Duration SWEEP = Duration.ofSeconds(5);
    private static final int TICKS_BETWEEN_WAKES = 30;
    private static final int WAKES_PER_TICK = 32;
    private static final Set<ErrorCode> GONE = Set.of(ErrorCode.TABLE_NOT_FOUND, ErrorCode.PARTITION_NOT_FOUND);
    private static final Duration TAKE_OVER_TIMEOUT = Duration.ofSeconds(15);

    sealed interface Command {}

    /** What crosses nodes. */
    interface Remote {}

    record CountBuckets(ActorRef<BucketCount> replyTo) implements Command, Remote {}

    record BucketCount(int leading) implements Remote {}

    /** @param buckets entity ids that the asker led and will not lead any more */
    record TakeOver(List<String> buckets, ActorRef<TakenOver> replyTo) implements Command, Remote {
        TakeOver {
            buckets = List.copyOf(buckets);
        }
    }

    /** @param failures what went wrong with those that nobody leads yet */
    record TakenOver(int taken, List<String> failures) implements Remote {
        TakenOver {
            failures = List.copyOf(failures);
        }
    }

    private enum TickNow implements Command {
        INSTANCE
    }

    private enum SweepNow implements Command {
        INSTANCE
    }

    private record Swept(List<BucketId> onDisk) implements Command {}

    private record SweepFailed(Throwable cause) implements Command {}

    private final TimerScheduler<Command> timers;
    private final WeirCluster cluster;
    private final LocalBuckets buckets;
    private final DroppedTables dropped;
    private List<BucketId> onDisk = List.of();
    private final List<BucketId> toWake = new ArrayList<>();
    private int ticks;

    private NodeAgent(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            WeirCluster cluster,
            LocalBuckets buckets,
            DroppedTables dropped) {
        super(context);
        this.timers = timers;
        this.cluster = cluster;
        this.buckets = buckets;
        this.dropped = dropped;
        timers.startTimerWithFixedDelay(TickNow.INSTANCE, TICK);
        timers.startSingleTimer(SweepNow.INSTANCE, SWEEP);
    }

    static Behavior<Command> create(WeirCluster cluster, LocalBuckets buckets, DroppedTables dropped) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new NodeAgent(context, timers, cluster, buckets, dropped)));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(CountBuckets.class, m -> {
                    m.replyTo().tell(new BucketCount(buckets.leading().size()));
                    return this;
                })
                .onMessage(TakeOver.class, this::onTakeOver)
                .onMessageEquals(TickNow.INSTANCE, this::onTick)
                .onMessageEquals(SweepNow.INSTANCE, this::onSweep)
                .onMessage(Swept.class, m -> {
                    onDisk = m.onDisk();
                    return sweepLater();
                })
                .onMessage(SweepFailed.class, m -> {
                    getContext()
                            .getLog()
                            .debug(
                                    "sweep for dropped tables put off: {}",
                                    m.cause().toString());
                    return sweepLater();
                })
                .build();
    }

    private Behavior<Command> onTick() {
        buckets.leaders().forEach(leader -> leader.tell(Bucket.Tick.INSTANCE));
        ticks++;
        if (ticks % TICKS_BETWEEN_WAKES == 0 && toWake.isEmpty()) {
            toWake.addAll(onDisk);
            toWake.removeAll(buckets.leading());
        }
        List<BucketId> now = toWake.subList(0, Math.min(WAKES_PER_TICK, toWake.size()));
        now.forEach(bucket -> cluster.tell(bucket, Bucket.Tick.INSTANCE));
        now.clear();
        return this;
    }

    private Behavior<Command> onSweep() {
        getContext()
                .pipeToSelf(dropped.sweep(), (left, cause) -> cause == null ? new Swept(left) : new SweepFailed(cause));
        return this;
    }

    private Behavior<Command> sweepLater() {
        timers.startSingleTimer(SweepNow.INSTANCE, SWEEP);
        return this;
    }

    private Behavior<Command> onTakeOver(TakeOver takeOver) {
        List<CompletableFuture<String>> outcomes = takeOver.buckets().stream()
                .map(bucket -> takeOver(BucketId.parse(bucket)).toCompletableFuture())
                .toList();
        var unused = CompletableFuture.allOf(outcomes.toArray(CompletableFuture[]::new))
                .thenRun(() -> {
                    List<String> failures = outcomes.stream()
                            .map(CompletableFuture::join)
                            .filter(problem -> !problem.isEmpty())
                            .toList();
                    takeOver.replyTo().tell(new TakenOver(outcomes.size() - failures.size(), failures));
                });
        return this;
    }

    /** @return empty when somebody leads the bucket now, or there is no such table or partition any more; else why not */
    private CompletionStage<String> takeOver(BucketId bucket) {
        return cluster.<Bucket.DescribeReply>askBucket(bucket, Bucket.Describe::new, TAKE_OVER_TIMEOUT)
                .handle((reply, failure) -> {
                    if (failure != null) {
                        return bucket.entityId() + ": " + failure;
                    }
                    boolean settled = reply instanceof Bucket.Description
                            || (reply instanceof Bucket.Refused refused && GONE.contains(refused.code()));
                    return settled ? "" : bucket.entityId() + ": " + reply;
                });
    }
}
