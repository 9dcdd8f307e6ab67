package io.weir.actors.bucket;

import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.log.BucketLog;
import io.weir.persistence.objects.ObjectUnavailableException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * The fetches of a bucket that are not answered yet: being read, waiting for new rows, or waiting for a newer table. Their number is
 * bounded. Confined to the bucket's actor; the reading itself runs on the readers' threads.
 */
final class Fetches {
    private static final Duration WAIT_MAX = Duration.ofSeconds(60);
    private static final String OBJECT_READ = "weir.dispatchers.object-read";

    /** Threads of the node's remote readers that the readers of one bucket may take. */
    private static final int REMOTE_READS_MAX = 4;

    private static final Duration REMOTE_WAIT_MAX = Duration.ofSeconds(30);
    private static final Bucket.Refused WAITED_TOO_LONG = new Bucket.Refused(
            ErrorCode.BUCKET_UNAVAILABLE,
            "the rows asked for are on the object store, which is slower than its readers; try again");

    private final ActorContext<Bucket.Command> context;
    private final TimerScheduler<Bucket.Command> timers;
    private final BucketPorts ports;
    private final BucketLog log;
    private final LongSupplier highWatermark;
    private final Executor readers;
    private final Executor remoteReaders;

    private final Set<Pending> pending = new LinkedHashSet<>();
    private final List<Pending> parked = new ArrayList<>();
    private final List<Pending> refreshing = new ArrayList<>();

    /** One fetch until it is answered; compared by identity. */
    static final class Pending {
        private final Bucket.Fetch fetch;
        private boolean waiting;
        private boolean waitOver;
        private boolean refreshed;

        private Pending(Bucket.Fetch fetch) {
            this.fetch = fetch;
        }
    }

    /** What reading gave: rows or a refusal. */
    record FetchRead(Pending pending, Bucket.FetchReply reply) implements LeadingBucket.Own {}

    record WaitOver(Pending pending) implements LeadingBucket.Own {}

    Fetches(
            ActorContext<Bucket.Command> context,
            TimerScheduler<Bucket.Command> timers,
            BucketPorts ports,
            BucketLog log,
            LongSupplier highWatermark,
            Executor readers) {
        this.context = context;
        this.timers = timers;
        this.ports = ports;
        this.log = log;
        this.highWatermark = highWatermark;
        this.readers = readers;
        this.remoteReaders = new BoundedExecutor(
                context.getSystem().dispatchers().lookup(DispatcherSelector.fromConfig(OBJECT_READ)), REMOTE_READS_MAX);
    }

    /** For a read that begins at an offset: where it has to wait for the object store, not the threads of the others. */
    Executor readersFrom(long offset) {
        return offset < log.localStartOffset() ? remoteReaders : readers;
    }

    /** First offset that no reader sees yet. */
    long highWatermark() {
        return highWatermark.getAsLong();
    }

    void start(Bucket.Fetch fetch, TableInfo table) {
        int max = ports.settings().fetchesMax();
        if (pending.size() >= max) {
            fetch.replyTo()
                    .tell(new Bucket.Refused(ErrorCode.OVERLOADED, "the bucket serves " + max + " readers already"));
            return;
        }
        Pending started = new Pending(fetch);
        pending.add(started);
        read(started, table);
    }

    private void read(Pending one, TableInfo table) {
        Executor threads = readersFrom(one.fetch.fromOffset());
        long askedMs = ports.clock().millis();
        context.pipeToSelf(
                CompletableFuture.supplyAsync(
                        () -> isStale(threads, askedMs) ? WAITED_TOO_LONG : readNow(one.fetch, table), threads),
                (reply, error) -> new FetchRead(
                        one,
                        error == null ? reply : new Bucket.Refused(ErrorCode.INTERNAL, "reading failed: " + error)));
    }

    /** While the object store stands still its readers queue up; nobody waits any more for those that waited for so long. */
    private boolean isStale(Executor threads, long askedMs) {
        return threads == remoteReaders && ports.clock().millis() - askedMs > REMOTE_WAIT_MAX.toMillis();
    }

    /** On a reader's thread. */
    private Bucket.FetchReply readNow(Bucket.Fetch fetch, TableInfo table) {
        try {
            return LogReader.fetch(log, highWatermark.getAsLong(), table, fetch, ports.allocator());
        } catch (WeirException e) {
            return new Bucket.Refused(e.code(), e.detail());
        } catch (OutOfMemoryException e) {
            return new Bucket.Refused(ErrorCode.OVERLOADED, "the node's Arrow memory is used up; try again");
        } catch (ObjectUnavailableException e) {
            return Replies.objectUnavailable(e);
        } catch (IOException | RuntimeException e) {
            org.slf4j.LoggerFactory.getLogger(Fetches.class).warn("fetch of table {} failed", table.name(), e);
            return new Bucket.Refused(ErrorCode.INTERNAL, "cannot read the log: " + e);
        }
    }

    /** True when the fetch may name what only a newer version of the table has; then it waits for {@link #retryRefreshed}. */
    boolean wantsNewTable(FetchRead read) {
        Pending one = read.pending();
        boolean unknownColumn =
                read.reply() instanceof Bucket.Refused refused && refused.code() == ErrorCode.COLUMN_NOT_FOUND;
        if (!unknownColumn || one.refreshed || !pending.contains(one)) {
            return false;
        }
        one.refreshed = true;
        refreshing.add(one);
        return true;
    }

    void retryRefreshed(TableInfo table) {
        List<Pending> ready = List.copyOf(refreshing);
        refreshing.clear();
        ready.forEach(one -> read(one, table));
    }

    void refuseRefreshing(Bucket.Refused refusal) {
        List<Pending> ready = List.copyOf(refreshing);
        refreshing.clear();
        ready.forEach(one -> answer(one, refusal));
    }

    void onRead(FetchRead read, TableInfo table) {
        Pending one = read.pending();
        if (!pending.contains(one)) {
            return;
        }
        boolean nothingYet = read.reply() instanceof Bucket.Fetched fetched
                && fetched.batches().isEmpty()
                && fetched.nextOffset() == one.fetch.fromOffset()
                && one.fetch.fromOffset() < one.fetch.toOffset();
        if (!nothingYet
                || one.waitOver
                || one.fetch.waitAtMost().isZero()
                || one.fetch.waitAtMost().isNegative()) {
            answer(one, read.reply());
        } else if (highWatermark.getAsLong() > one.fetch.fromOffset()) {
            read(one, table);
        } else {
            park(one);
        }
    }

    private void park(Pending one) {
        if (!one.waiting) {
            one.waiting = true;
            Duration wait = one.fetch.waitAtMost();
            timers.startSingleTimer(one, new WaitOver(one), wait.compareTo(WAIT_MAX) < 0 ? wait : WAIT_MAX);
        }
        parked.add(one);
    }

    /** The high watermark has moved. */
    void wake(TableInfo table) {
        List<Pending> ready = List.copyOf(parked);
        parked.clear();
        ready.forEach(one -> read(one, table));
    }

    void onWaitOver(WaitOver message) {
        Pending one = message.pending();
        one.waitOver = true;
        if (parked.remove(one)) {
            answer(one, new Bucket.Fetched(List.of(), one.fetch.fromOffset(), highWatermark.getAsLong()));
        }
    }

    void refuseAll(Bucket.Refused refusal) {
        List.copyOf(pending).forEach(one -> answer(one, refusal));
        parked.clear();
        refreshing.clear();
    }

    private void answer(Pending one, Bucket.FetchReply reply) {
        if (pending.remove(one)) {
            timers.cancel(one);
            one.fetch.replyTo().tell(reply);
        }
    }
}
