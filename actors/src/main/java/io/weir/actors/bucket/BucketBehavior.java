package io.weir.actors.bucket;

import io.weir.actors.bucket.BucketStart.OpenBucket;
import io.weir.codec.ErrorCode;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.StashBuffer;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * The life of a bucket's actor around its hot phase, {@link LeadingBucket}:
 *
 * <pre>
 * starting --opened--> leading --Stop or a bug--> closing --> stopped, or waiting to start again
 *     \--failed--> waiting --delay--> starting
 *     \--table or bucket does not exist--> gone --Stop--> stopped
 * </pre>
 *
 * While it starts for the first time, commands wait in a bounded stash; while it tries again, they are refused with the reason.
 */
public final class BucketBehavior {
    private static final String SEGMENT_IO = "weir.dispatchers.segment-io";
    private static final String SEGMENT_READ = "weir.dispatchers.segment-read";

    private final BucketId bucket;
    private final BucketPorts ports;
    private final Consumer<ActorRef<Bucket.Command>> passivate;
    private final ActorContext<Bucket.Command> context;
    private final TimerScheduler<Bucket.Command> timers;
    private final StashBuffer<Bucket.Command> stash;
    private final Executor segmentIo;
    private Duration restartDelay;

    /** What the actor tells itself. */
    sealed interface Own extends Bucket.Internal permits Opened, OpenFailed, StartAgain, Closed, LeadingBucket.Own {}

    private record Opened(OpenBucket open) implements Own {}

    private record OpenFailed(Throwable cause) implements Own {}

    private enum StartAgain implements Own {
        INSTANCE
    }

    private record Closed(@Nullable Throwable failure) implements Own {}

    /** Ends the bucket in order; sent by sharding. */
    public enum Stop implements Bucket.Internal {
        INSTANCE
    }

    private BucketBehavior(
            BucketId bucket,
            BucketPorts ports,
            Consumer<ActorRef<Bucket.Command>> passivate,
            ActorContext<Bucket.Command> context,
            TimerScheduler<Bucket.Command> timers,
            StashBuffer<Bucket.Command> stash) {
        this.bucket = bucket;
        this.ports = ports;
        this.passivate = passivate;
        this.context = context;
        this.timers = timers;
        this.stash = stash;
        this.segmentIo = context.getSystem().dispatchers().lookup(DispatcherSelector.fromConfig(SEGMENT_IO));
        this.restartDelay = ports.settings().restartDelayMin();
    }

    /** @param passivate asks whoever started the bucket to send {@link Stop}; called when there is nothing to lead */
    public static Behavior<Bucket.Command> create(
            BucketId bucket, BucketPorts ports, Consumer<ActorRef<Bucket.Command>> passivate) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> Behaviors.withStash(
                ports.settings().startQueue(),
                stash -> new BucketBehavior(bucket, ports, passivate, context, timers, stash).start(null))));
    }

    /** @param failure why the former try failed, or null in the first */
    private Behavior<Bucket.Command> start(Bucket.@Nullable Refused failure) {
        BucketStart start = new BucketStart(bucket, ports, context.getSystem(), segmentIo);
        context.pipeToSelf(start.run(), (open, cause) -> cause == null ? new Opened(open) : new OpenFailed(cause));
        return starting(failure, false);
    }

    private Behavior<Bucket.Command> starting(Bucket.@Nullable Refused failure, boolean stopping) {
        return Behaviors.receive(Bucket.Command.class)
                .onMessage(
                        Opened.class,
                        m -> stopping ? close(m.open(), new SerialExecutor(segmentIo), null) : lead(m.open()))
                .onMessage(OpenFailed.class, m -> stopping ? Behaviors.stopped() : onOpenFailed(m.cause()))
                .onMessageEquals(Stop.INSTANCE, () -> {
                    refuseStashed(Replies.STOPPING);
                    return starting(Replies.STOPPING, true);
                })
                .onMessage(Bucket.Command.class, command -> {
                    if (failure != null) {
                        Replies.refuse(command, failure);
                    } else if (command != Bucket.Tick.INSTANCE) {
                        stashOrRefuse(command);
                    }
                    return Behaviors.same();
                })
                .build();
    }

    private long stashedBytes;

    private void stashOrRefuse(Bucket.Command command) {
        long bytes =
                WriteQueue.Request.of(command).map(WriteQueue.Request::bytes).orElse(0L);
        if (stash.isFull() || stashedBytes + bytes > ports.settings().queueBytes()) {
            Replies.refuse(
                    command, new Bucket.Refused(ErrorCode.OVERLOADED, "the bucket is starting and its queue is full"));
        } else {
            stashedBytes += bytes;
            stash.stash(command);
        }
    }

    private void refuseStashed(Bucket.Refused refusal) {
        stash.forEach(command -> Replies.refuse(command, refusal));
        stash.clear();
        stashedBytes = 0;
    }

    private Behavior<Bucket.Command> lead(OpenBucket open) {
        restartDelay = ports.settings().restartDelayMin();
        stashedBytes = 0;
        open.lease().leads(context.getSelf(), open.lake()::heldBackBytes);
        context.getLog()
                .debug(
                        "bucket {} leads at epoch {} from offset {}",
                        bucket,
                        open.leaderEpoch(),
                        open.log().endOffset());
        Executor segmentRead = context.getSystem().dispatchers().lookup(DispatcherSelector.fromConfig(SEGMENT_READ));
        SerialExecutor writes = new SerialExecutor(segmentIo);
        return stash.unstashAll(new LeadingBucket(
                context, timers, bucket, ports, open, writes, segmentRead, why -> close(open, writes, why), () -> {
                    var unused = closeLog(open, writes);
                }));
    }

    private Behavior<Bucket.Command> onOpenFailed(Throwable cause) {
        Bucket.Refused refusal = BucketStart.refusal(cause);
        refuseStashed(refusal);
        if (BucketStart.isGone(refusal)) {
            return gone(refusal);
        }
        context.getLog()
                .warn("bucket {} cannot start, next try in {}: {}", bucket.entityId(), restartDelay, refusal.detail());
        context.getLog().debug("bucket {} cannot start", bucket.entityId(), cause);
        return startLater(refusal);
    }

    private Behavior<Bucket.Command> startLater(Bucket.Refused refusal) {
        timers.startSingleTimer(StartAgain.INSTANCE, restartDelay);
        Duration doubled = restartDelay.multipliedBy(2);
        Duration max = ports.settings().restartDelayMax();
        restartDelay = doubled.compareTo(max) < 0 ? doubled : max;
        return Behaviors.receive(Bucket.Command.class)
                .onMessageEquals(StartAgain.INSTANCE, () -> start(refusal))
                .onMessageEquals(Stop.INSTANCE, Behaviors::stopped)
                .onMessage(Bucket.Command.class, command -> {
                    Replies.refuse(command, refusal);
                    return Behaviors.same();
                })
                .build();
    }

    private Behavior<Bucket.Command> gone(Bucket.Refused refusal) {
        passivate.accept(context.getSelf());
        return Behaviors.receive(Bucket.Command.class)
                .onMessageEquals(Stop.INSTANCE, Behaviors::stopped)
                .onMessage(Bucket.Command.class, command -> {
                    Replies.refuse(command, refusal);
                    return Behaviors.same();
                })
                .build();
    }

    /** @param why what the bucket says while it is closed and starts again; null ends it, a table or partition that is gone lets it wait for Stop */
    private Behavior<Bucket.Command> close(OpenBucket open, SerialExecutor writes, Bucket.@Nullable Refused why) {
        context.pipeToSelf(closeLog(open, writes), (done, failure) -> new Closed(failure));
        return closing(why, false);
    }

    private static CompletableFuture<Void> closeLog(OpenBucket open, SerialExecutor writes) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        open.close();
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    } finally {
                        open.lease().release();
                    }
                },
                writes);
    }

    private Behavior<Bucket.Command> closing(Bucket.@Nullable Refused why, boolean stopping) {
        return Behaviors.receive(Bucket.Command.class)
                .onMessage(Closed.class, m -> {
                    if (m.failure() != null) {
                        context.getLog().warn("bucket {} did not close its log cleanly", bucket, m.failure());
                    }
                    return why == null || stopping
                            ? Behaviors.stopped()
                            : BucketStart.isGone(why) ? gone(why) : startLater(why);
                })
                .onMessageEquals(Stop.INSTANCE, () -> closing(why, true))
                .onMessage(Bucket.Command.class, command -> {
                    Replies.refuse(command, why == null ? Replies.STOPPING : why);
                    return Behaviors.same();
                })
                .build();
    }
}
