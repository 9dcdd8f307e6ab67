package io.weir.actors.bucket;

import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.kv.KvSnapshots;
import io.weir.persistence.log.BucketLog;
import io.weir.persistence.log.LogSettings;
import io.weir.persistence.objects.ObjectUnavailableException;
import io.weir.persistence.objects.RemoteTier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps from nothing to an open log that this node may lead: take the directory, ask the catalog and the manifest, bring the log
 * from its former owner where that was another node, open it, or restore it from the object store, raise the epoch, show what is on the object
 * store as its older part. What was taken is given back when a step fails.
 */
final class BucketStart {
    private static final Logger LOG = LoggerFactory.getLogger(BucketStart.class);
    private static final String RESTORES = "weir.dispatchers.object-restore";
    private static final Duration MANIFEST_TIMEOUT = Duration.ofSeconds(10);

    private final BucketId bucket;
    private final BucketPorts ports;
    private final ActorSystem<?> system;
    private final Executor segmentIo;
    private final Executor restores;

    BucketStart(BucketId bucket, BucketPorts ports, ActorSystem<?> system, Executor segmentIo) {
        this.bucket = bucket;
        this.ports = ports;
        this.system = system;
        this.segmentIo = segmentIo;
        this.restores = system.dispatchers().lookup(DispatcherSelector.fromConfig(RESTORES));
    }

    /**
     * A log that this node leads.
     *
     * @param remote null where the node has no object store
     * @param rows of a table with a primary key: its KV state, not opened yet; else null
     * @param lake how far the lake has its rows
     */
    record OpenBucket(
            TableInfo table,
            TableProperties properties,
            BucketLog log,
            @Nullable PrimaryKeyState rows,
            @Nullable BucketRemote remote,
            LakeGuard lake,
            int leaderEpoch,
            LocalBuckets.Lease lease) {
        /** Closes the files and keeps the lease. */
        void close() throws IOException {
            try {
                if (rows != null) {
                    rows.kv().close();
                }
            } finally {
                log.close();
            }
        }
    }

    CompletionStage<OpenBucket> run() {
        // The rest only when nobody else here uses the log any more: else it may be older than the log's last rows.
        return ports.buckets().acquire(bucket).thenCompose(lease -> ports.tables()
                .of(bucket)
                .thenCombine(
                        askManifest(replyTo -> new BucketManifest.GetManifest(bucket, replyTo)),
                        (table, manifest) -> new Claim(table, manifest, false))
                .thenCompose(this::bring)
                .thenCompose(claim -> openAndRaise(claim, lease))
                .whenComplete((open, failure) -> {
                    if (failure != null) {
                        lease.release();
                    }
                }));
    }

    /** @param ownerLost the former owner was another node, and is not coming back */
    private record Claim(TableInfo table, Manifest before, boolean ownerLost) {}

    private CompletionStage<Claim> bring(Claim claim) {
        if (bucket.bucket() < 0 || bucket.bucket() >= claim.table().buckets()) {
            return CompletableFuture.failedFuture(new WeirException(
                    ErrorCode.BUCKET_NOT_FOUND,
                    "table '%s' has buckets 0 to %d, not %d"
                            .formatted(claim.table().name(), claim.table().buckets() - 1, bucket.bucket())));
        }
        BucketManifest.Node owner = claim.before().node();
        if (claim.before().epoch() == 0 || owner.nodeId().equals(ports.node().nodeId())) {
            return CompletableFuture.completedFuture(claim);
        }
        return isLost(owner).thenCompose(lost -> {
            if (lost) {
                return CompletableFuture.completedFuture(new Claim(claim.table(), claim.before(), true));
            }
            LOG.info("bucket {} was led by {}; bringing its log from there", bucket.entityId(), owner.address());
            return ports.transfer()
                    .bring(bucket, owner)
                    .thenCompose(done -> ports.tables().of(bucket))
                    .thenApply(table -> new Claim(table, claim.before(), false));
        });
    }

    private CompletionStage<Boolean> isLost(BucketManifest.Node owner) {
        if (owner.nodeId().isEmpty()) {
            return ports.remote() != null
                    ? CompletableFuture.completedFuture(true)
                    : CompletableFuture.failedFuture(new WeirException(
                            ErrorCode.BUCKET_UNAVAILABLE,
                            "the rows of bucket %s are on the object store alone, and this node has none; set WEIR_OBJECT_STORE"
                                    .formatted(bucket.entityId())));
        }
        return ports.remote() == null
                ? CompletableFuture.completedFuture(false)
                : ports.transfer().isLost(owner);
    }

    private CompletionStage<OpenBucket> openAndRaise(Claim claim, LocalBuckets.Lease lease) {
        TableProperties properties = TableProperties.from(claim.table().properties());
        return openLog(claim, properties).thenCompose(opened -> askManifest((ActorRef<BucketManifest.Reply> replyTo) ->
                        new BucketManifest.RaiseEpoch(bucket, opened.log().lastLeaderEpoch(), ports.node(), replyTo))
                .thenApplyAsync(raised -> leading(claim.table(), properties, opened.log(), raised, lease), segmentIo)
                .thenCompose(open -> catchUp(open, opened.restored()))
                .whenCompleteAsync((open, failure) -> closeAfter(failure, opened.log()), segmentIo));
    }

    private record OpenedLog(BucketLog log, boolean restored) {}

    private CompletionStage<OpenedLog> openLog(Claim claim, TableProperties properties) {
        BucketDirectory directory = new BucketDirectory(bucket, ports);
        LogSettings settings = properties.logSettings();
        return CompletableFuture.supplyAsync(
                        () -> onDisk(
                                () -> Optional.ofNullable(directory.open(claim.before(), claim.ownerLost(), settings))),
                        segmentIo)
                .thenCompose(here -> here.map(log -> CompletableFuture.completedFuture(new OpenedLog(log, false)))
                        .orElseGet(() -> CompletableFuture.supplyAsync(
                                () -> onDisk(
                                        () -> new OpenedLog(directory.restore(tier(), claim.before(), settings), true)),
                                restores)));
    }

    private RemoteTier tier() {
        return Objects.requireNonNull(ports.remote(), "only a node with an object store restores from it");
    }

    private OpenBucket leading(
            TableInfo table, TableProperties properties, BucketLog log, Manifest raised, LocalBuckets.Lease lease) {
        if (raised.remoteEnd() > log.endOffset()) {
            throw new WeirException(
                    ErrorCode.BUCKET_UNAVAILABLE,
                    "rows up to offset %d were uploaded while the bucket was started with those up to %d; it tries again"
                            .formatted(raised.remoteEnd(), log.endOffset()));
        }
        RemoteTier tier = ports.remote();
        BucketRemote remote = null;
        if (tier != null) {
            remote = new BucketRemote(
                    tier, new KvSnapshots(tier, ports.files(), bucket.entityId(), ports.directory(bucket)), raised);
            log.showRemote(raised.segments(), tier.files()::open);
        } else if (!raised.segments().isEmpty()) {
            LOG.warn(
                    "bucket {}: rows up to offset {} are on an object store, and this node has none; it serves what is on its disk, from "
                            + "offset {} on",
                    bucket.entityId(),
                    raised.remoteEnd(),
                    log.startOffset());
        }
        PrimaryKeyState rows = table.hasPrimaryKey()
                ? new PrimaryKeyState(new KvState(ports, bucket, log, remote), log, ports.settings(), raised.epoch())
                : null;
        if (raised.lakeOffset() > log.endOffset()) {
            LOG.warn(
                    "bucket {}: the lake has rows up to offset {} and the log ends at {}: those between were lost with a disk here, and "
                            + "rows that take their offsets now do not go to the lake",
                    bucket.entityId(),
                    raised.lakeOffset(),
                    log.endOffset());
        }
        LakeGuard lake = new LakeGuard(raised.lakeOffset());
        return new OpenBucket(table, properties, log, rows, remote, lake, raised.epoch(), lease);
    }

    /** What has to come from the object store comes now and here: the committing threads must not wait for it. */
    private CompletionStage<OpenBucket> catchUp(OpenBucket open, boolean restored) {
        PrimaryKeyState rows = open.rows();
        BucketRemote remote = open.remote();
        if (rows == null || remote == null || remote.manifest().segments().isEmpty()) {
            return CompletableFuture.completedFuture(open);
        }
        BucketDirectory directory = new BucketDirectory(bucket, ports);
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        if (restored || onDisk(() -> directory.kvStateNeedsMoreThan(open.log()))) {
                            rows.catchUp(open.table(), open.properties());
                        }
                    } catch (WeirException e) {
                        if (e.code() != ErrorCode.CORRUPT_DATA) {
                            closeRows(rows);
                            throw e;
                        }
                        // The bucket says so, and serves its log.
                        LOG.error("bucket {}: {}", bucket.entityId(), e.detail());
                    }
                    return open;
                },
                restores);
    }

    private static void closeRows(PrimaryKeyState rows) {
        try {
            rows.kv().close();
        } catch (IOException e) {
            LOG.warn("cannot close the KV state of a bucket that did not start", e);
        }
    }

    private interface DiskStep<T> {
        T run() throws IOException;
    }

    private static <T> T onDisk(DiskStep<T> step) {
        try {
            return step.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void closeAfter(@Nullable Throwable failure, BucketLog log) {
        if (failure != null) {
            try {
                log.close();
            } catch (IOException e) {
                LOG.warn("cannot close a log whose bucket did not start", e);
            }
        }
    }

    private CompletionStage<Manifest> askManifest(
            org.apache.pekko.japi.function.Function<ActorRef<BucketManifest.Reply>, BucketManifest.Command> question) {
        return AskPattern.<BucketManifest.Command, BucketManifest.Reply>ask(
                        ports.manifests(), question, MANIFEST_TIMEOUT, system.scheduler())
                .thenApply(reply -> {
                    if (reply instanceof BucketManifest.Refused refused) {
                        throw new WeirException(ErrorCode.BUCKET_UNAVAILABLE, refused.why());
                    }
                    return (Manifest) reply;
                });
    }

    /** True when the bucket will never be there: nothing has to be tried again. */
    static boolean isGone(Bucket.Refused refusal) {
        return refusal.code() == ErrorCode.TABLE_NOT_FOUND
                || refusal.code() == ErrorCode.PARTITION_NOT_FOUND
                || refusal.code() == ErrorCode.BUCKET_NOT_FOUND;
    }

    /** The cause as a caller is told it. */
    static Bucket.Refused refusal(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof UncheckedIOException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof ObjectUnavailableException e) {
            return new Bucket.Refused(
                    ErrorCode.BUCKET_UNAVAILABLE,
                    "the bucket is restored from the object store, which does not give its rows now; tried again: "
                            + e.getMessage());
        }
        return cause instanceof WeirException e
                ? new Bucket.Refused(e.code(), e.detail())
                : new Bucket.Refused(
                        ErrorCode.BUCKET_UNAVAILABLE, "the bucket cannot start now and tries again: " + cause);
    }
}
