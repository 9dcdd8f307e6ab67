package io.weir.actors.bucket;

import io.weir.actors.bucket.BucketStart.OpenBucket;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.log.BucketLog;
import io.weir.persistence.log.Corruption;
import io.weir.persistence.objects.ObjectUnavailableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * The hot phase of a bucket. Writes wait in a {@link WriteQueue}; one commit at a time takes a group of them to the log, so the
 * fsync of one group is the linger of the next: {@link CommitPlan} that of a log table, {@link PrimaryKeyState} that of one with a
 * primary key. Fetches are read by {@link Fetches} beside it, lookups and scans by {@link KeyedReads}.
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
    private final @Nullable PrimaryKeyState rows;
    private final @Nullable KeyedReads reads;
    private final AutoNumbers numbers;
    private final Uploads uploads;
    private final LakeProgress lake;
    private TableInfo table;
    private TableProperties properties;
    private int writers;
    private boolean committing;
    private boolean lingering;
    private boolean stopping;

    /** Why the bucket ends once the commit in flight is over. */
    private Bucket.@Nullable Refused gone;

    /** What the bucket tells itself while it leads. */
    sealed interface Own extends BucketBehavior.Own
            permits Committed,
                    CommitFailed,
                    LingerOver,
                    TableRefreshed,
                    RefreshFailed,
                    InsertMissing,
                    CloseIdleScans,
                    LakeProgress.Stored,
                    Fetches.FetchRead,
                    Fetches.WaitOver {}

    /** @param answers of the group's first requests; the others have to be committed again */
    private record Committed(List<WriteQueue.Request> group, List<Runnable> answers, int writers) implements Own {}

    private record CommitFailed(List<WriteQueue.Request> group, Throwable cause) implements Own {}

    private enum LingerOver implements Own {
        INSTANCE
    }

    /** @param retry the command that made the bucket ask, or null after a tick */
    private record TableRefreshed(TableInfo table, Bucket.@Nullable Command retry) implements Own {}

    private record RefreshFailed(Throwable cause, Bucket.@Nullable Command retry) implements Own {}

    /** An insert of rows of which some were missing. */
    private record InsertMissing(Bucket.InsertIfMissing insert) implements Own {}

    private enum CloseIdleScans implements Own {
        INSTANCE
    }

    /** Commands that wait for a newer table, so that they are answered whatever ends the bucket first. */
    private final Set<Bucket.Command> refreshing = Collections.newSetFromMap(new IdentityHashMap<>());

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
        this.table = open.table();
        this.properties = open.properties();
        this.writers = log.writers().size();
        this.rows = open.rows();
        this.numbers = new AutoNumbers(ports.sequences(), context.getSystem().scheduler());
        this.uploads = new Uploads(context, bucket, ports, open, writes);
        this.lake = new LakeProgress(context, bucket, ports, open);
        ActorRef<Bucket.Command> self = context.getSelf();
        this.reads = rows == null
                ? null
                : new KeyedReads(
                        rows,
                        ports,
                        writes,
                        segmentRead,
                        leaderEpoch,
                        table,
                        properties,
                        insert -> self.tell(new InsertMissing(insert)));
        LongSupplier highWatermark = rows == null ? log::endOffset : rows.kv()::highWatermark;
        this.fetches = new Fetches(context, timers, ports, log, highWatermark, segmentRead);
    }

    @Override
    public Receive<Bucket.Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Bucket.Append.class, m -> onWrite(m, WriteQueue.Request.of(m), false))
                .onMessage(Bucket.Upsert.class, m -> onWrite(m, WriteQueue.Request.of(m), false))
                .onMessage(Bucket.InsertIfMissing.class, m -> onWrite(m, WriteQueue.Request.of(m), false))
                .onMessage(InsertMissing.class, m -> enqueue(WriteQueue.Request.of(m.insert())))
                .onMessage(Bucket.Lookup.class, m -> onRead(m, reads -> reads.ask(m)))
                .onMessage(Bucket.PrefixLookup.class, m -> onRead(m, reads -> reads.ask(m)))
                .onMessage(Bucket.OpenScan.class, m -> onOpenScan(m, false))
                .onMessage(Bucket.ReadScan.class, m -> onRead(m, reads -> reads.read(m)))
                .onMessage(Bucket.CloseScan.class, m -> onRead(m, reads -> reads.close(m)))
                .onMessageEquals(CloseIdleScans.INSTANCE, this::onCloseIdleScans)
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
                .onMessage(Bucket.LakeAdvanced.class, m -> {
                    lake.advance(m);
                    return this;
                })
                .onMessage(LakeProgress.Stored.class, m -> {
                    lake.onStored(m);
                    return this;
                })
                .onMessageEquals(Bucket.Tick.INSTANCE, this::onTick)
                .onMessage(TableRefreshed.class, this::onTableRefreshed)
                .onMessage(RefreshFailed.class, this::onRefreshFailed)
                .onMessageEquals(BucketBehavior.Stop.INSTANCE, this::onStop)
                .onSignal(PostStop.class, stopped -> onDeath())
                .build();
    }

    private Behavior<Bucket.Command> onWrite(Bucket.Command command, WriteQueue.Request request, boolean refreshed) {
        if (stopping) {
            request.refuse(Replies.STOPPING);
        } else if ((command instanceof Bucket.Append) == table.hasPrimaryKey()) {
            request.refuse(Replies.wrongTable(table));
        } else if (request.rowCount() == 0) {
            request.refuse(new Bucket.Refused(ErrorCode.INVALID_REQUEST, "a write needs at least one row"));
        } else if (!knowsSchemas(request)) {
            if (refreshed) {
                request.refuse(Replies.unknownSchema(table, request));
            } else {
                refreshTable(command);
            }
        } else if (command instanceof Bucket.InsertIfMissing insert) {
            return onRead(insert, reads -> reads.ask(insert));
        } else {
            enqueue(request);
        }
        return this;
    }

    private Behavior<Bucket.Command> enqueue(WriteQueue.Request request) {
        if (stopping) {
            request.refuse(Replies.STOPPING);
        } else if (queue.offer(request)) {
            commitSoon();
        } else {
            request.refuse(new Bucket.Refused(
                    ErrorCode.OVERLOADED,
                    "bucket %s has %d bytes in flight; write slower".formatted(bucket.entityId(), queue.bytes())));
        }
        return this;
    }

    private boolean knowsSchemas(WriteQueue.Request request) {
        return request.schemaIds().allMatch(id -> table.schema(id).isPresent());
    }

    private Behavior<Bucket.Command> onRead(Bucket.Command question, Consumer<KeyedReads> answer) {
        if (reads == null) {
            Replies.refuse(question, Replies.wrongTable(table));
        } else if (stopping) {
            Replies.refuse(question, Replies.STOPPING);
        } else {
            answer.accept(reads);
        }
        return this;
    }

    private Behavior<Bucket.Command> onOpenScan(Bucket.OpenScan question, boolean refreshed) {
        try {
            return onRead(question, reads -> {
                reads.open(question);
                // Not again: scans that keep being opened must not keep the idle ones open.
                if (!timers.isTimerActive(CloseIdleScans.INSTANCE)) {
                    timers.startSingleTimer(
                            CloseIdleScans.INSTANCE, ports.settings().scanTimeout());
                }
            });
        } catch (WeirException e) {
            if (e.code() == ErrorCode.COLUMN_NOT_FOUND && !refreshed) {
                refreshTable(question);
            } else {
                question.replyTo().tell(new Bucket.Refused(e.code(), e.detail()));
            }
            return this;
        }
    }

    private Behavior<Bucket.Command> onCloseIdleScans() {
        if (reads != null && reads.closeIdle()) {
            timers.startSingleTimer(
                    CloseIdleScans.INSTANCE, ports.settings().scanTimeout().dividedBy(4));
        }
        return this;
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
        long newRows = group.stream().mapToLong(WriteQueue.Request::newRowsMax).sum();
        CompletionStage<Bucket.Internal> commit = numbers.ensure(newRows, tableNow, propertiesNow)
                .thenApplyAsync(ready -> write(group, tableNow, propertiesNow), writes);
        getContext()
                .pipeToSelf(
                        commit,
                        (done, cause) -> cause == null ? done : new CommitFailed(group, Replies.unwrapped(cause)));
    }

    /** On the committing thread. */
    private Committed write(List<WriteQueue.Request> group, TableInfo tableNow, TableProperties propertiesNow) {
        try {
            List<Runnable> answers = rows == null
                    ? CommitPlan.commit(group, log, leaderEpoch, tableNow, propertiesNow, ports)
                    : rows.commit(group, tableNow, propertiesNow, numbers);
            return new Committed(group, answers, log.writers().size());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Behavior<Bucket.Command> onCommitted(Committed committed) {
        committing = false;
        writers = committed.writers();
        int answered = committed.answers().size();
        queue.finished(committed.group().subList(0, answered));
        queue.putBack(committed.group().subList(answered, committed.group().size()));
        committed.answers().forEach(Runnable::run);
        fetches.wake(table);
        uploads.committed(table, properties);
        return next();
    }

    private Behavior<Bucket.Command> onCommitFailed(CommitFailed failed) {
        committing = false;
        queue.finished(failed.group());
        Bucket.Refused refusal = Replies.commitRefusal(failed.cause());
        failed.group().forEach(request -> request.refuse(refusal));
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
        if (stopping || gone != null) {
            return closeBecause(stopping ? null : gone);
        }
        commitSoon();
        return this;
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
        // The search begins where the log does.
        fetches.readersFrom(log.startOffset()).execute(() -> {
            try {
                locate.replyTo().tell(new Bucket.Located(log.offsetAt(locate.timestampMs())));
            } catch (WeirException e) {
                locate.replyTo().tell(new Bucket.Refused(e.code(), e.detail()));
            } catch (ObjectUnavailableException e) {
                locate.replyTo().tell(Replies.objectUnavailable(e));
            } catch (IOException | RuntimeException e) {
                locate.replyTo().tell(new Bucket.Refused(ErrorCode.INTERNAL, "cannot search the log: " + e));
            }
        });
        return this;
    }

    private Behavior<Bucket.Command> onDescribe(Bucket.Describe describe) {
        List<String> corruptions = new ArrayList<>(
                log.corruptions().stream().map(Corruption::detail).toList());
        corruptions.addAll(rows == null ? List.of() : rows.kv().problems());
        describe.replyTo()
                .tell(new Bucket.Description(
                        ports.node().address(),
                        leaderEpoch,
                        log.startOffset(),
                        fetches.highWatermark(),
                        log.sizeInBytes(),
                        rows == null ? 0 : rows.kv().sizeInBytes(),
                        writers,
                        lake.guard().offset(),
                        lake.guard().heldBackBytes(),
                        uploads.describe(),
                        corruptions));
        return this;
    }

    private Behavior<Bucket.Command> onTick() {
        long inLake = lake.guard().keepFrom(properties);
        writes.execute(() -> {
            try {
                long keepFrom = rows == null
                        ? Long.MAX_VALUE
                        : uploads.keepFrom(rows.kv().syncedOffset());
                log.applyRetention(Math.min(keepFrom, inLake));
                long needed = rows == null ? Long.MAX_VALUE : uploads.neededFrom(keepFrom);
                lake.guard().heldBackBytes(log.heldBackBytes(needed, inLake));
            } catch (IOException | RuntimeException e) {
                getLogger().warn("bucket {} retention failed, it is tried again at the next tick", bucket, e);
            }
        });
        lake.store();
        uploads.check(table, properties);
        refreshTable(null);
        return this;
    }

    private static org.slf4j.Logger getLogger() {
        return org.slf4j.LoggerFactory.getLogger(LeadingBucket.class);
    }

    private void refreshTable(Bucket.@Nullable Command retry) {
        if (retry != null) {
            refreshing.add(retry);
        }
        getContext()
                .pipeToSelf(
                        ports.tables().of(bucket),
                        (info, cause) -> cause == null
                                ? new TableRefreshed(info, retry)
                                : new RefreshFailed(Replies.unwrapped(cause), retry));
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
            if (!properties.equals(before)) {
                uploads.check(table, properties);
            }
        }
        if (reads != null) {
            reads.reconfigure(table, properties);
        }
        fetches.retryRefreshed(table);
        Bucket.Command retry = refreshed.retry();
        return retry == null || !refreshing.remove(retry) ? this : retry(retry);
    }

    private Behavior<Bucket.Command> retry(Bucket.Command command) {
        return WriteQueue.Request.of(command)
                .map(request -> onWrite(command, request, true))
                .orElseGet(() -> onOpenScan((Bucket.OpenScan) command, true));
    }

    private Behavior<Bucket.Command> onRefreshFailed(RefreshFailed failed) {
        Bucket.Refused refusal = BucketStart.refusal(failed.cause());
        Bucket.Command retry = failed.retry();
        if (retry != null && refreshing.remove(retry)) {
            Replies.refuse(retry, refusal);
        }
        fetches.refuseRefreshing(refusal);
        if (!BucketStart.isGone(refusal) || stopping) {
            return this;
        }
        gone = refusal;
        return committing ? this : closeBecause(refusal);
    }

    private Behavior<Bucket.Command> onStop() {
        stopping = true;
        List<WriteQueue.Request> waiting = queue.takeGroup(Long.MAX_VALUE);
        queue.finished(waiting);
        waiting.forEach(request -> request.refuse(Replies.STOPPING));
        refuseReads(Replies.STOPPING);
        return committing ? this : closeBecause(null);
    }

    /** @param why null ends the bucket for good */
    private Behavior<Bucket.Command> closeBecause(Bucket.@Nullable Refused why) {
        Bucket.Refused refusal = why == null ? Replies.STOPPING : why;
        List<WriteQueue.Request> waiting = queue.takeGroup(Long.MAX_VALUE);
        waiting.forEach(request -> request.refuse(refusal));
        refuseReads(refusal);
        timers.cancelAll();
        uploads.end();
        return close.apply(why);
    }

    private void refuseReads(Bucket.Refused refusal) {
        refreshing.forEach(command -> Replies.refuse(command, refusal));
        refreshing.clear();
        fetches.refuseAll(refusal);
        if (reads != null) {
            reads.stop(refusal);
        }
    }

    /** The actor ends without {@link #closeBecause}: by an exception, or with its system. The next one must get the directory. */
    private Behavior<Bucket.Command> onDeath() {
        Bucket.Refused refusal = new Bucket.Refused(
                ErrorCode.BUCKET_UNAVAILABLE, "the bucket ended because of an error inside; try again");
        refuseReads(refusal);
        uploads.end();
        die.run();
        return this;
    }
}
