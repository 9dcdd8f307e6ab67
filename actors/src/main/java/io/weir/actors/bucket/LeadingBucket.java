package io.weir.actors.bucket;

import io.weir.actors.bucket.BucketStart.OpenBucket;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.persistence.file.DiskFullException;
import io.weir.persistence.log.BucketLog;
import io.weir.persistence.log.Corruption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * The hot phase of a bucket. Appends wait in a {@link WriteQueue}; one commit at a time takes a group of them to the log, so the
 * fsync of one group is the linger of the next. Fetches are read by {@link Fetches} beside it.
 */
final class LeadingBucket extends AbstractBehavior<Bucket.Command> {
    private final TimerScheduler<Bucket.Command> timers;
    private final BucketId bucket;
    private final BucketPorts ports;
    private final BucketLog log;
    private final int leaderEpoch;
    private final SerialExecutor writes;
    private final Function<Bucket.@Nullable Refused, Behavior<Bucket.Command>> close;
    private final Runnable die;
    private final WriteQueue queue;
    private final Fetches fetches;
    private final Executor segmentRead;
    private TableInfo table;
    private TableProperties properties;
    private int writers;
    private boolean committing;
    private boolean lingering;
    private boolean stopping;

    /** What the bucket tells itself while it leads. */
    sealed interface Own extends BucketBehavior.Own
            permits Committed,
                    CommitFailed,
                    LingerOver,
                    TableRefreshed,
                    RefreshFailed,
                    Fetches.FetchRead,
                    Fetches.WaitOver {}

    private record Committed(List<WriteQueue.Request> group, List<Bucket.AppendReply> replies, int writers)
            implements Own {}

    private record CommitFailed(List<WriteQueue.Request> group, Throwable cause) implements Own {}

    private enum LingerOver implements Own {
        INSTANCE
    }

    /** @param retry the command that made the bucket ask, or null after a tick */
    private record TableRefreshed(TableInfo table, Bucket.@Nullable Append retry) implements Own {}

    private record RefreshFailed(Throwable cause, Bucket.@Nullable Append retry) implements Own {}

    /** Appends that wait for a newer table, so that they are answered whatever ends the bucket first. */
    private final Set<Bucket.Append> refreshing = Collections.newSetFromMap(new IdentityHashMap<>());

    /**
     * @param close ends the bucket in order; null for good, else it starts again and says this meanwhile
     * @param die closes the log and gives the directory back once the commit in flight is over, without the actor
     */
    LeadingBucket(
            ActorContext<Bucket.Command> context,
            TimerScheduler<Bucket.Command> timers,
            BucketId bucket,
            BucketPorts ports,
            OpenBucket open,
            SerialExecutor writes,
            Executor segmentRead,
            Function<Bucket.@Nullable Refused, Behavior<Bucket.Command>> close,
            Runnable die) {
        super(context);
        this.timers = timers;
        this.bucket = bucket;
        this.ports = ports;
        this.log = open.log();
        this.leaderEpoch = open.leaderEpoch();
        this.writes = writes;
        this.close = close;
        this.die = die;
        this.queue = new WriteQueue(ports.settings().queueBytes());
        this.segmentRead = segmentRead;
        this.fetches = new Fetches(context, timers, ports, log, segmentRead);
        this.table = open.table();
        this.properties = open.properties();
        this.writers = log.writers().size();
    }

    @Override
    public Receive<Bucket.Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Bucket.Append.class, m -> onAppend(m, false))
                .onMessage(Committed.class, this::onCommitted)
                .onMessage(CommitFailed.class, this::onCommitFailed)
                .onMessage(Bucket.Fetch.class, m -> {
                    fetches.start(m, table);
                    return this;
                })
                .onMessage(Fetches.FetchRead.class, this::onFetchRead)
                .onMessage(Fetches.WaitOver.class, m -> {
                    fetches.onWaitOver(m);
                    return this;
                })
                .onMessageEquals(LingerOver.INSTANCE, this::onLingerOver)
                .onMessage(Bucket.Locate.class, this::onLocate)
                .onMessage(Bucket.Describe.class, this::onDescribe)
                .onMessageEquals(Bucket.Tick.INSTANCE, this::onTick)
                .onMessage(TableRefreshed.class, this::onTableRefreshed)
                .onMessage(RefreshFailed.class, this::onRefreshFailed)
                .onMessageEquals(BucketBehavior.Stop.INSTANCE, this::onStop)
                .onSignal(PostStop.class, stopped -> onDeath())
                .build();
    }

    private Behavior<Bucket.Command> onAppend(Bucket.Append append, boolean refreshed) {
        if (stopping) {
            append.replyTo().tell(Replies.STOPPING);
        } else if (append.rows().isEmpty()) {
            append.replyTo().tell(new Bucket.Refused(ErrorCode.INVALID_REQUEST, "an append needs at least one row"));
        } else if (!knowsSchemas(append)) {
            if (refreshed) {
                append.replyTo()
                        .tell(new Bucket.Refused(
                                ErrorCode.INVALID_REQUEST,
                                "table '%s' has no schema version %d"
                                        .formatted(
                                                table.name(),
                                                append.rows().get(0).schemaId())));
            } else {
                refreshTable(append);
            }
        } else if (queue.offer(append)) {
            commitSoon();
        } else {
            append.replyTo()
                    .tell(new Bucket.Refused(
                            ErrorCode.OVERLOADED,
                            "bucket %s has %d bytes in flight; write slower"
                                    .formatted(bucket.entityId(), queue.bytes())));
        }
        return this;
    }

    private boolean knowsSchemas(Bucket.Append append) {
        return append.rows().stream().mapToInt(EncodedRows::schemaId).allMatch(id -> table.schema(id)
                .isPresent());
    }

    private void commitSoon() {
        if (committing || lingering || queue.isEmpty()) {
            return;
        }
        boolean full = queue.bytes() >= ports.settings().commitBytes();
        if (properties.linger().isZero() || stopping || full) {
            commit();
        } else {
            lingering = true;
            timers.startSingleTimer(LingerOver.INSTANCE, properties.linger());
        }
    }

    private Behavior<Bucket.Command> onLingerOver() {
        lingering = false;
        if (!committing && !queue.isEmpty()) {
            commit();
        }
        return this;
    }

    private void commit() {
        committing = true;
        List<WriteQueue.Request> group = queue.takeGroup(ports.settings().commitBytes());
        TableInfo tableNow = table;
        TableProperties propertiesNow = properties;
        CompletableFuture<Bucket.Internal> commit =
                CompletableFuture.supplyAsync(() -> write(group, tableNow, propertiesNow), writes);
        getContext()
                .pipeToSelf(commit, (done, cause) -> cause == null ? done : new CommitFailed(group, unwrapped(cause)));
    }

    /** On the committing thread. */
    private Committed write(List<WriteQueue.Request> group, TableInfo tableNow, TableProperties propertiesNow) {
        CommitPlan plan = CommitPlan.of(
                group, log.writers(), tableNow, propertiesNow.compression(), ports.settings(), ports.allocator());
        try {
            long base = plan.batches().isEmpty() ? log.endOffset() : log.append(plan.batches(), leaderEpoch);
            return new Committed(group, plan.replies(base), log.writers().size());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Behavior<Bucket.Command> onCommitted(Committed committed) {
        committing = false;
        writers = committed.writers();
        queue.finished(committed.group());
        for (int i = 0; i < committed.group().size(); i++) {
            committed.group().get(i).answer(committed.replies().get(i));
        }
        fetches.wake(table);
        return next();
    }

    private Behavior<Bucket.Command> onCommitFailed(CommitFailed failed) {
        committing = false;
        queue.finished(failed.group());
        Bucket.Refused refusal = refusal(failed.cause());
        failed.group().forEach(request -> request.answer(refusal));
        if (refusal.code() == ErrorCode.INTERNAL) {
            getContext().getLog().error("bucket {} starts again after a failed commit", bucket, failed.cause());
            return closeBecause(
                    stopping
                            ? null
                            : new Bucket.Refused(
                                    ErrorCode.BUCKET_UNAVAILABLE,
                                    "the bucket starts again after an error inside; try again"));
        }
        getContext()
                .getLog()
                .warn("bucket {} commit failed: {}", bucket, failed.cause().toString());
        return next();
    }

    private Behavior<Bucket.Command> next() {
        if (stopping) {
            return closeBecause(null);
        }
        commitSoon();
        return this;
    }

    private static Bucket.Refused refusal(Throwable cause) {
        if (cause instanceof DiskFullException) {
            return new Bucket.Refused(
                    ErrorCode.DISK_FULL, "the disk is full; nothing was stored, try again when there is space");
        } else if (cause instanceof IOException) {
            return new Bucket.Refused(
                    ErrorCode.OUTCOME_UNKNOWN,
                    "the write failed on its way to the disk and may be stored or not: " + cause);
        } else if (cause instanceof WeirException e) {
            return new Bucket.Refused(e.code(), e.detail());
        }
        return new Bucket.Refused(ErrorCode.INTERNAL, "the commit failed: " + cause);
    }

    private Behavior<Bucket.Command> onFetchRead(Fetches.FetchRead read) {
        if (fetches.wantsNewTable(read)) {
            getContext()
                    .pipeToSelf(
                            ports.tables().of(bucket),
                            (info, cause) ->
                                    cause == null ? new TableRefreshed(info, null) : new RefreshFailed(cause, null));
        } else {
            fetches.onRead(read, table);
        }
        return this;
    }

    private Behavior<Bucket.Command> onLocate(Bucket.Locate locate) {
        segmentRead.execute(() -> {
            try {
                locate.replyTo().tell(new Bucket.Located(log.offsetAt(locate.timestampMs())));
            } catch (WeirException e) {
                locate.replyTo().tell(new Bucket.Refused(e.code(), e.detail()));
            } catch (IOException | RuntimeException e) {
                locate.replyTo().tell(new Bucket.Refused(ErrorCode.INTERNAL, "cannot search the log: " + e));
            }
        });
        return this;
    }

    private Behavior<Bucket.Command> onDescribe(Bucket.Describe describe) {
        describe.replyTo()
                .tell(new Bucket.Description(
                        ports.node().address(),
                        leaderEpoch,
                        log.startOffset(),
                        log.endOffset(),
                        log.sizeInBytes(),
                        0,
                        writers,
                        log.corruptions().stream().map(Corruption::detail).toList()));
        return this;
    }

    private Behavior<Bucket.Command> onTick() {
        writes.execute(() -> {
            try {
                log.applyRetention(Long.MAX_VALUE);
            } catch (IOException | RuntimeException e) {
                getLogger().warn("bucket {} retention failed, it is tried again at the next tick", bucket, e);
            }
        });
        refreshTable(null);
        return this;
    }

    private static org.slf4j.Logger getLogger() {
        return org.slf4j.LoggerFactory.getLogger(LeadingBucket.class);
    }

    private void refreshTable(Bucket.@Nullable Append retry) {
        if (retry != null) {
            refreshing.add(retry);
        }
        getContext()
                .pipeToSelf(
                        ports.tables().of(bucket),
                        (info, cause) -> cause == null
                                ? new TableRefreshed(info, retry)
                                : new RefreshFailed(unwrapped(cause), retry));
    }

    private Behavior<Bucket.Command> onTableRefreshed(TableRefreshed refreshed) {
        if (refreshed.table().schemas().size() >= table.schemas().size()) {
            table = refreshed.table();
            TableProperties before = properties;
            properties = TableProperties.from(table.properties());
            if (!properties.logSettings().equals(before.logSettings())) {
                TableProperties after = properties;
                writes.execute(() -> log.reconfigure(after.logSettings()));
            }
        }
        fetches.retryRefreshed(table);
        Bucket.Append retry = refreshed.retry();
        return retry == null || !refreshing.remove(retry) ? this : onAppend(retry, true);
    }

    private Behavior<Bucket.Command> onRefreshFailed(RefreshFailed failed) {
        Bucket.Refused refusal = BucketStart.refusal(failed.cause());
        Bucket.Append retry = failed.retry();
        if (retry != null && refreshing.remove(retry)) {
            retry.replyTo().tell(refusal);
        }
        fetches.refuseRefreshing(refusal);
        return refusal.code() == ErrorCode.TABLE_NOT_FOUND && !stopping ? closeBecause(refusal) : this;
    }

    private Behavior<Bucket.Command> onStop() {
        stopping = true;
        List<WriteQueue.Request> waiting = queue.takeGroup(Long.MAX_VALUE);
        queue.finished(waiting);
        waiting.forEach(request -> request.answer(Replies.STOPPING));
        refuseRefreshing(Replies.STOPPING);
        fetches.refuseAll(Replies.STOPPING);
        return committing ? this : closeBecause(null);
    }

    /** @param why null ends the bucket for good */
    private Behavior<Bucket.Command> closeBecause(Bucket.@Nullable Refused why) {
        Bucket.Refused refusal = why == null ? Replies.STOPPING : why;
        List<WriteQueue.Request> waiting = queue.takeGroup(Long.MAX_VALUE);
        waiting.forEach(request -> request.answer(refusal));
        refuseRefreshing(refusal);
        fetches.refuseAll(refusal);
        timers.cancelAll();
        return close.apply(why);
    }

    private void refuseRefreshing(Bucket.Refused refusal) {
        refreshing.forEach(append -> append.replyTo().tell(refusal));
        refreshing.clear();
    }

    /** The actor ends without {@link #closeBecause}: by an exception, or with its system. The next one must get the directory. */
    private Behavior<Bucket.Command> onDeath() {
        Bucket.Refused refusal = new Bucket.Refused(
                ErrorCode.BUCKET_UNAVAILABLE, "the bucket ended because of an error inside; try again");
        refuseRefreshing(refusal);
        fetches.refuseAll(refusal);
        die.run();
        return this;
    }

    private static Throwable unwrapped(Throwable cause) {
        Throwable inner = cause;
        while ((inner instanceof CompletionException || inner instanceof UncheckedIOException)
                && inner.getCause() != null) {
            inner = inner.getCause();
        }
        return inner;
    }
}
