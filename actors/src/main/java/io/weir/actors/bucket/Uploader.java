package io.weir.actors.bucket;

import io.weir.actors.bucket.BucketStart.OpenBucket;
import io.weir.actors.bucket.UploadPlan.LogView;
import io.weir.actors.bucket.UploadPlan.Step;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.persistence.kv.KvSnapshots;
import io.weir.persistence.log.SealedSegment;
import io.weir.persistence.objects.UploadBacklog;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Moves what a leading bucket has to the object store: sealed segments, oldest first, and KV snapshots; then trims this disk, and lets go what
 * is too old on the store. A child of the bucket's actor, so that the store's pace is never that of writes: while the store stands still, what
 * waits grows, and is shown. One thing at a time: {@link UploadPlan} says which, {@link RemoteWork} does it.
 */
final class Uploader extends AbstractBehavior<Uploader.Command> {
    private static final Duration REST_MAX = Duration.ofHours(1);

    sealed interface Command permits Check, Own {}

    /** Sent at each tick of the bucket, when a segment was sealed, and when the table's properties have changed. */
    record Check(TableInfo table, TableProperties properties) implements Command {}

    /** What it tells itself. */
    sealed interface Own extends Command {}

    private record Refreshed(Manifest manifest) implements Own {}

    private record Looked(LogView log) implements Own {}

    private record Stored(Manifest manifest) implements Own {}

    private record Copied(Manifest manifest) implements Own {}

    private record SnapshotTaken(KvSnapshots.Local taken) implements Own {}

    private record SnapshotStored(Manifest manifest) implements Own {}

    private record Failed(Throwable cause) implements Own {}

    private enum Again implements Own {
        AFTER_FAILURE,
        AFTER_REST
    }

    private final TimerScheduler<Command> timers;
    private final BucketId bucket;
    private final BucketPorts ports;
    private final BucketRemote remote;
    private final int leaderEpoch;
    private final UploadBacklog.Part backlog;
    private final RemoteWork work;
    private final UploadPlan plan;
    private TableInfo table;
    private TableProperties properties;
    private boolean busy;

    /** What is known of the manifest may be wrong. */
    private boolean refreshFirst;

    /** What is known of the log may be old. */
    private boolean lookFirst = true;

    private LogView log = LogView.NOTHING;

    private @Nullable Step current;
    private KvSnapshots.@Nullable Local taken;

    private Uploader(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            BucketId bucket,
            BucketPorts ports,
            OpenBucket open,
            BucketRemote remote,
            Executor writes) {
        super(context);
        this.timers = timers;
        this.bucket = bucket;
        this.ports = ports;
        this.remote = remote;
        this.leaderEpoch = open.leaderEpoch();
        this.backlog = remote.tier().backlog().open();
        this.work = new RemoteWork(bucket, ports, open, remote, writes, context.getSystem());
        this.plan = new UploadPlan(ports.clock().millis(), open.log().endOffset());
        this.table = open.table();
        this.properties = open.properties();
    }

    /**
     * @param writes the bucket's committing thread: what changes the log or takes a KV snapshot runs there
     */
    static Behavior<Command> create(
            BucketId bucket, BucketPorts ports, OpenBucket open, BucketRemote remote, Executor writes) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            context.getSelf().tell(new Check(open.table(), open.properties()));
            return new Uploader(context, timers, bucket, ports, open, remote, writes);
        }));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Check.class, this::onCheck)
                .onMessage(Refreshed.class, this::onRefreshed)
                .onMessage(Looked.class, this::onLooked)
                .onMessage(Stored.class, m -> onStored(m.manifest()))
                .onMessage(Copied.class, this::onCopied)
                .onMessage(SnapshotTaken.class, this::onSnapshotTaken)
                .onMessage(SnapshotStored.class, this::onSnapshotStored)
                .onMessage(Failed.class, m -> onFailed(m.cause()))
                .onMessage(Again.class, this::onAgain)
                .onSignal(PostStop.class, stopped -> {
                    backlog.close();
                    dropTaken();
                    return this;
                })
                .build();
    }

    private Behavior<Command> onCheck(Check check) {
        table = check.table();
        properties = check.properties();
        lookFirst = true;
        return next();
    }

    private Behavior<Command> onAgain(Again again) {
        lookFirst = true;
        return next();
    }

    private Behavior<Command> next() {
        if (busy || timers.isTimerActive(Again.AFTER_FAILURE)) {
            return this;
        }
        String unconfirmed = remote.tier().whyUnconfirmed().orElse(null);
        if (unconfirmed != null) {
            remote.problem(unconfirmed);
            timers.startSingleTimer(
                    Again.AFTER_FAILURE, Again.AFTER_FAILURE, remote.tier().retryDelay(1));
            return this;
        }
        try {
            return step();
        } catch (RuntimeException e) {
            return onFailed(e);
        }
    }

    private Behavior<Command> step() {
        current = null;
        if (refreshFirst) {
            return run(work.refresh(), Refreshed::new);
        } else if (lookFirst) {
            lookFirst = false;
            return run(work.look(properties), Looked::new);
        }
        Duration interval = work.takesSnapshots() ? properties.snapshotInterval() : Duration.ZERO;
        KvSnapshots.Local waiting = taken;
        Step step = plan.next(
                ports.clock().millis(), remote.manifest(), log, interval, waiting == null ? -1 : waiting.offset());
        current = step;
        if (step instanceof UploadPlan.CopyManifest copy) {
            return run(work.copy(copy.manifest()), Copied::new);
        } else if (step instanceof UploadPlan.RemoveSegments remove) {
            return run(work.removeSegments(remove.below()), Stored::new);
        } else if (step == UploadPlan.DropAll.INSTANCE) {
            return run(work.dropAll(), Stored::new);
        } else if (step instanceof UploadPlan.UploadSegment upload) {
            return run(work.upload(upload.segment(), table, properties), Stored::new);
        } else if (step instanceof UploadPlan.TakeSnapshot take) {
            return run(work.take(table, properties, take.takenMs()), SnapshotTaken::new);
        } else if (step == UploadPlan.UploadSnapshot.INSTANCE && waiting != null) {
            return run(work.upload(waiting, table, properties), SnapshotStored::new);
        } else if (step instanceof UploadPlan.Rest rest) {
            return rest(rest.untilMs());
        }
        return onFailed(new IllegalStateException(
                step instanceof UploadPlan.Fail fail ? fail.why() : "the log before the KV snapshot is gone"));
    }

    private <T> Behavior<Command> run(CompletionStage<T> stage, Function<T, Command> done) {
        busy = true;
        getContext()
                .pipeToSelf(
                        stage,
                        (value, failure) ->
                                failure == null ? done.apply(value) : new Failed(Replies.unwrapped(failure)));
        return this;
    }

    private Behavior<Command> rest(long untilMs) {
        succeeded();
        if (untilMs < Long.MAX_VALUE) {
            long ms = Math.max(1, untilMs - ports.clock().millis());
            timers.startSingleTimer(
                    Again.AFTER_REST, Again.AFTER_REST, Duration.ofMillis(Math.min(ms, REST_MAX.toMillis())));
        }
        return this;
    }

    private void succeeded() {
        plan.succeeded();
        if (plan.isWell()) {
            remote.problem(null);
        }
    }

    private Behavior<Command> onRefreshed(Refreshed refreshed) {
        busy = false;
        refreshFirst = false;
        Manifest manifest = refreshed.manifest();
        if (manifest.epoch() != leaderEpoch) {
            String why = "the bucket is led at epoch %d by %s now; what leads here at epoch %d uploads nothing any more"
                    .formatted(manifest.epoch(), manifest.node().address(), leaderEpoch);
            getContext().getLog().warn("bucket {}: {}", bucket.entityId(), why);
            remote.problem(why);
            backlog.close();
            dropTaken();
            timers.cancelAll();
            return Behaviors.ignore();
        }
        remote.manifest(manifest);
        lookFirst = true;
        return next();
    }

    private Behavior<Command> onLooked(Looked looked) {
        busy = false;
        log = looked.log();
        backlog.set(
                log.waiting().size(),
                log.waiting().stream().mapToLong(SealedSegment::bytes).sum());
        return next();
    }

    private Behavior<Command> onStored(Manifest manifest) {
        busy = false;
        if (current == UploadPlan.DropAll.INSTANCE) {
            plan.dropped();
        }
        remote.manifest(manifest);
        lookFirst = true;
        succeeded();
        return next();
    }

    private Behavior<Command> onCopied(Copied copied) {
        busy = false;
        plan.copied(copied.manifest());
        succeeded();
        return next();
    }

    private Behavior<Command> onSnapshotTaken(SnapshotTaken message) {
        busy = false;
        taken = message.taken();
        lookFirst = true;
        return next();
    }

    private Behavior<Command> onSnapshotStored(SnapshotStored stored) {
        dropTaken();
        plan.snapshotSucceeded();
        return onStored(stored.manifest());
    }

    private Behavior<Command> onFailed(Throwable cause) {
        busy = false;
        lookFirst = true;
        refreshFirst |= cause instanceof ManifestLink.NotStoredException;
        String why = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        remote.problem(why);
        boolean ofSnapshot = current instanceof UploadPlan.TakeSnapshot
                || current instanceof UploadPlan.UploadSnapshot
                || current instanceof UploadPlan.DropSnapshot;
        if (ofSnapshot || taken != null) {
            dropTaken();
            int failures = plan.snapshotFailed();
            Duration pause = remote.tier().retryDelay(failures);
            plan.noSnapshotBefore(ports.clock().millis() + pause.toMillis());
            if (failures == 1) {
                getContext().getLog().warn("bucket {}: no KV snapshot for now: {}", bucket.entityId(), why);
            }
        }
        if (ofSnapshot) {
            return next();
        }
        int failures = plan.failed();
        Duration pause = remote.tier().retryDelay(failures);
        timers.startSingleTimer(Again.AFTER_FAILURE, Again.AFTER_FAILURE, pause);
        if (failures == 1) {
            getContext()
                    .getLog()
                    .warn("bucket {}: upload failed, tried again until it succeeds: {}", bucket.entityId(), why);
        }
        getContext().getLog().debug("bucket {}: upload failure {}", bucket.entityId(), failures, cause);
        return this;
    }

    private void dropTaken() {
        KvSnapshots.Local now = taken;
        taken = null;
        if (now != null) {
            work.drop(now);
        }
    }
}
