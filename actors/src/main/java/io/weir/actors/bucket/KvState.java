package io.weir.actors.bucket;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.file.DiskFullException;
import io.weir.persistence.kv.DurableOffset;
import io.weir.persistence.kv.KvBatch;
import io.weir.persistence.kv.KvSnapshots;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.log.BucketLog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The KV state of one bucket and how far it is behind the log. It is opened and caught up on first use, again after a failed write, and
 * made anew where the store is damaged or gone: from a KV snapshot on the object store and the log behind it, else from the log where
 * that still begins at 0 ({@link KvRestore}). Where neither helps, the bucket says CORRUPT_DATA and never starts empty.
 *
 * <p>Threads: the committing thread calls everything; readers call {@link #read}, {@link #damaged}, {@link #highWatermark} and the
 * accessors. Invariant: while {@link #isReady}, the store holds every change that was acknowledged.
 */
final class KvState {
    private static final Logger LOG = LoggerFactory.getLogger(KvState.class);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    /** Both kept snapshots, a leased one and the whole log; then it is no use to go on. */
    private static final int REMAKES_MAX = 4;

    private final BucketPorts ports;
    private final Path bucketDirectory;
    private final Path directory;
    private final BucketLog log;
    private final @Nullable BucketRemote remote;
    private final KvRestore restore;
    private final int replayStepBytes;
    private final List<Runnable> beforeRelease = new CopyOnWriteArrayList<>();

    /** Held by readers from seeing that the state is ready until they have their lease. */
    private final ReadWriteLock leasing = new ReentrantReadWriteLock();

    // The committing thread's own.
    private @Nullable DurableOffset durable;
    private boolean unsynced;

    /** A sync failed: what was written before may be lost though a later one succeeds. */
    private boolean suspect;

    /** The store is empty because it is being made anew from the whole log. */
    private boolean fromWholeLog;

    private boolean closed;
    private long failedAtMs;
    private @Nullable WeirException failure;

    private volatile boolean ready;
    private volatile boolean damaged;
    private volatile long applied;
    private volatile long shownMax = Long.MAX_VALUE;
    private volatile long bytes;
    private volatile @Nullable String problem;

    /** @param remote null where the node has no object store */
    KvState(BucketPorts ports, BucketId bucket, BucketLog log, @Nullable BucketRemote remote) {
        this(ports, bucket, log, remote, LogReplay.STEP_BYTES);
    }

    KvState(BucketPorts ports, BucketId bucket, BucketLog log, @Nullable BucketRemote remote, int replayStepBytes) {
        this.ports = ports;
        this.bucketDirectory = ports.directory(bucket);
        this.directory = bucketDirectory.resolve(KvStores.DIRECTORY);
        this.log = log;
        this.remote = remote;
        this.restore = new KvRestore(log, remote);
        this.replayStepBytes = replayStepBytes;
    }

    /** What has to let go of the store before it is closed. */
    void beforeRelease(Runnable action) {
        beforeRelease.add(action);
    }

    boolean isReady() {
        return ready;
    }

    /** The rows are the changelog up to here, exclusive. */
    long applied() {
        return applied;
    }

    /**
     * What readers of the log may see: not what a commit has written there and not yet here, so that who saw a change finds it by
     * looking it up, too.
     */
    long highWatermark() {
        // In this order: who sees the log's new end also sees the bound that was set before it.
        long end = log.endOffset();
        return Math.min(end, shownMax);
    }

    /** As of the last time it was opened or synced; 0 before that. */
    long sizeInBytes() {
        return bytes;
    }

    List<String> problems() {
        String now = problem;
        return now == null ? List.of() : List.of(now);
    }

    /** The store for reading, or null where it has to be caught up first. */
    KvStores.@Nullable Lease read() throws IOException {
        KvStores.Lease lease;
        leasing.readLock().lock();
        try {
            if (!ready) {
                return null;
            }
            lease = ports.stores().use(directory);
        } catch (WeirException e) {
            damaged(RowStore.damaged(e));
            return null;
        } finally {
            leasing.readLock().unlock();
        }
        boolean whole = false;
        try {
            whole = ready && (applied == 0 || new RowStore(lease.store()).offset() >= 0);
            if (ready && !whole) {
                damaged(new DamagedStoreException("the KV state was emptied while it was closed"));
            }
        } catch (DamagedStoreException e) {
            damaged(e);
        } finally {
            if (!whole) {
                lease.close();
            }
        }
        return whole ? lease : null;
    }

    /** Nothing is read any more until {@link #catchUp} has made the state anew. */
    void damaged(DamagedStoreException e) {
        LOG.error("KV state is damaged directory={} cause={}", directory, e.toString());
        damaged = true;
        ready = false;
    }

    /**
     * Brings the state to the end of the log. After a failure the next try within two seconds fails in the same way at once.
     *
     * @throws WeirException CORRUPT_DATA where neither the store nor the log holds the rows, BUCKET_UNAVAILABLE where the disk fails or
     *     the bucket has ended
     */
    void catchUp(RowRules rules) {
        if (ready) {
            return;
        }
        if (closed) {
            // Somebody else may own the directory by now.
            throw new WeirException(Replies.STOPPING.code(), Replies.STOPPING.detail());
        }
        WeirException before = failure;
        if (before != null && ports.clock().millis() - failedAtMs < RETRY_AFTER.toMillis()) {
            throw new WeirException(before.code(), before.detail());
        }
        failure = null;
        try {
            open(rules);
            problem = null;
        } catch (WeirException e) {
            failure = e;
        } catch (DamagedStoreException e) {
            failure = new WeirException(ErrorCode.CORRUPT_DATA, "the KV state is damaged again: " + e.getMessage(), e);
        } catch (IOException e) {
            failure = unavailable(e);
            // A store that failed once may fail until it is opened again.
            writeFailed(e);
        }
        WeirException now = failure;
        if (now != null) {
            failedAtMs = ports.clock().millis();
            throw now;
        }
    }

    static WeirException unavailable(IOException e) {
        return new WeirException(
                e instanceof DiskFullException ? ErrorCode.DISK_FULL : ErrorCode.BUCKET_UNAVAILABLE,
                "the KV state cannot be used now, nothing was stored; try again: " + e,
                e);
    }

    private void open(RowRules rules) throws IOException {
        if (damaged) {
            remake("it was found damaged");
        }
        int remakes = 0;
        while (!ready) {
            try {
                replay(rules);
                fromWholeLog = false;
                ready = true;
            } catch (DamagedStoreException e) {
                if (remakes++ == REMAKES_MAX) {
                    throw e;
                }
                if (e instanceof DamagedStoreException.Gone) {
                    LOG.info("KV state is not there, it is made anew directory={}", directory);
                } else {
                    LOG.error("KV state cannot be used directory={}", directory, e);
                }
                damaged = true;
                remake(String.valueOf(e.getMessage()));
            }
        }
    }

    private void replay(RowRules rules) throws IOException {
        DurableOffset synced = durable();
        try (KvStores.Lease lease = use()) {
            RowStore store = new RowStore(lease.store());
            long stored = store.offset();
            check(stored, synced.get());
            long from = synced.replayFrom(Math.max(stored, 0));
            if (suspect) {
                from = Math.min(from, synced.get());
            }
            if (from < log.startOffset()) {
                throw new DamagedStoreException(
                        "only what came before offset %d is certain to be in it, and the log begins at %d"
                                .formatted(from, log.startOffset()));
            }
            long end = log.endOffset();
            if (stored != end || from != end) {
                if (from < end) {
                    LOG.info("KV state is caught up directory={} from={} to={}", directory, from, end);
                }
                begin();
                unsynced = true;
                new LogReplay(rules, store, replayStepBytes).run(log, from);
            }
            applied = end;
            if (from < stored) {
                // What a power loss left of the store has gaps; until this is noted, each start would replay as much
                // again.
                lease.store().sync();
                synced.advance(end);
                unsynced = false;
                suspect = false;
            }
            bytes = lease.store().sizeInBytes();
        }
    }

    private KvStores.Lease use() throws IOException {
        try {
            return ports.stores().use(directory);
        } catch (WeirException e) {
            throw RowStore.damaged(e);
        }
    }

    /** @param stored -1 where there was no store */
    private void check(long stored, long synced) {
        // A snapshot is there sooner than all changes since the beginning are applied again.
        boolean restorable = !fromWholeLog && restore.hasSnapshot();
        if (stored < 0 && (synced > 0 || log.startOffset() > 0 || restorable)) {
            throw new DamagedStoreException.Gone();
        }
        if (stored >= 0 && (stored < synced || stored < log.startOffset() || stored > log.endOffset())) {
            throw new DamagedStoreException("it is at offset %d, was synced at %d, and the log holds [%d, %d)"
                    .formatted(stored, synced, log.startOffset(), log.endOffset()));
        }
    }

    private void remake(String reason) throws IOException {
        restore.wasDamaged(reason);
        long offset = restore.restore(this::clear);
        if (offset >= 0) {
            // Only now: where the machine stops before, nothing is believed of the store, and it is restored again.
            durable().advance(offset);
        } else {
            try {
                restore.requireWholeLog(directory, reason);
            } catch (WeirException e) {
                problem = e.detail();
                throw e;
            }
            LOG.warn("KV state is made anew from the log directory={} reason={}", directory, reason);
            clear();
            fromWholeLog = true;
        }
        damaged = false;
    }

    /** The file that says what was synced goes first: nothing may be believed of a store that is being made anew. */
    private void clear() throws IOException {
        release();
        ports.files().delete(bucketDirectory.resolve(DurableOffset.FILE));
        ports.files().syncDirectory(bucketDirectory);
        durable = null;
        unsynced = false;
        suspect = false;
        fromWholeLog = false;
        ports.stores().destroy(directory);
    }

    private DurableOffset durable() throws IOException {
        DurableOffset known = durable;
        if (known == null) {
            known = DurableOffset.open(ports.files(), bucketDirectory, ports.bootId());
            durable = known;
        }
        return known;
    }

    /** Has to be durable before the first write of this boot, and after a sync that was not noted. */
    void begin() throws IOException {
        durable().begin();
    }

    /** For the commit: the store at exactly {@link #applied}. */
    KvStores.Lease write(RowRules rules) throws IOException {
        catchUp(rules);
        KvStores.Lease lease = use();
        try {
            long stored = new RowStore(lease.store()).offset();
            if (Math.max(stored, 0) != applied) {
                throw new DamagedStoreException("it is at offset %d and should be at %d".formatted(stored, applied));
            }
            return lease;
        } catch (IOException | RuntimeException e) {
            lease.close();
            throw e;
        }
    }

    /** Hides what is appended to the log from here on until {@link #show}. */
    void hide() {
        shownMax = log.endOffset();
    }

    void show() {
        shownMax = Long.MAX_VALUE;
    }

    void apply(RowStore store, KvBatch batch, long offset) throws IOException {
        unsynced = true;
        store.write(RowStore.putOffset(batch, offset));
        applied = offset;
    }

    /** The log has what the store perhaps has not: nobody may read it any more. */
    void stale() {
        ready = false;
    }

    /** After {@link #stale}, with no lease held: the store is opened again and caught up before anybody reads it. */
    void writeFailed(Throwable cause) {
        LOG.warn(
                "KV state is behind its log and has to be caught up directory={} cause={}",
                directory,
                cause.toString());
        try {
            release();
        } catch (IOException | RuntimeException e) {
            LOG.warn("KV state not closed cleanly directory={}", directory, e);
        }
    }

    private void release() throws IOException {
        // From here on nobody gets a lease who saw that the state was ready.
        leasing.writeLock().lock();
        leasing.writeLock().unlock();
        beforeRelease.forEach(Runnable::run);
        ports.stores().release(directory);
    }

    /** Brings all that was applied to the disk, and notes so. */
    void sync() throws IOException {
        if (!ready || !unsynced) {
            return;
        }
        try (KvStores.Lease lease = use()) {
            lease.store().sync();
            durable().advance(applied);
            unsynced = false;
            bytes = lease.store().sizeInBytes();
        } catch (IOException e) {
            suspect = true;
            stale();
            throw e;
        } catch (DamagedStoreException e) {
            damaged(e);
        } catch (WeirException e) {
            damaged(RowStore.damaged(e));
        }
    }

    /**
     * A copy of the state on this disk, at the end of the log; nobody writes meanwhile. Blocks, also until a compaction that runs has ended.
     *
     * @throws WeirException as {@link #catchUp}
     */
    KvSnapshots.Local snapshot(RowRules rules, long takenMs) throws IOException {
        try (KvStores.Lease lease = write(rules)) {
            return Objects.requireNonNull(remote, "no object store").snapshots().take(lease.store(), applied, takenMs);
        } catch (DamagedStoreException e) {
            damaged(e);
            throw new WeirException(
                    ErrorCode.CORRUPT_DATA, "the KV state is made anew before it is copied: " + e.getMessage(), e);
        } catch (WeirException e) {
            if (ready && e.code() == ErrorCode.CORRUPT_DATA) {
                damaged(RowStore.damaged(e));
            }
            throw e;
        }
    }

    /** Syncs, and says below which offset the log may go then: nothing of it while the state has to be made anew from it. */
    long syncedOffset() throws IOException {
        sync();
        return damaged ? 0 : durable().get();
    }

    /** Gives the store back. */
    void close() throws IOException {
        List<Exception> failures = new ArrayList<>();
        try {
            sync();
        } catch (IOException | RuntimeException e) {
            failures.add(e);
        }
        closed = true;
        ready = false;
        try {
            release();
        } catch (IOException | RuntimeException e) {
            failures.add(e);
        }
        if (!failures.isEmpty()) {
            throw new IOException("the KV state was not closed cleanly", failures.get(0));
        }
    }
}
