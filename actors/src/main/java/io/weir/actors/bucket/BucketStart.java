package io.weir.actors.bucket;

import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.log.BucketLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps from nothing to an open log that this node may lead: take the directory, ask the catalog and the manifest, bring the log
 * from its former owner where that was another node, open it, raise the epoch. What was taken is given back when a step fails.
 */
final class BucketStart {
    private static final Logger LOG = LoggerFactory.getLogger(BucketStart.class);
    private static final Duration MANIFEST_TIMEOUT = Duration.ofSeconds(10);

    private final BucketId bucket;
    private final BucketPorts ports;
    private final ActorSystem<?> system;
    private final Executor segmentIo;

    BucketStart(BucketId bucket, BucketPorts ports, ActorSystem<?> system, Executor segmentIo) {
        this.bucket = bucket;
        this.ports = ports;
        this.system = system;
        this.segmentIo = segmentIo;
    }

    /**
     * A log that this node leads.
     *
     * @param remote null where the node has no object store
     * @param rows of a table with a primary key: its KV state, not opened yet; else null
     */
    record OpenBucket(
            TableInfo table,
            TableProperties properties,
            BucketLog log,
            @Nullable PrimaryKeyState rows,
            @Nullable BucketRemote remote,
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
        CompletionStage<Manifest> ownership = askManifest(replyTo -> new BucketManifest.GetManifest(bucket, replyTo));
        // The table only when nobody else writes to the log any more: else it may be older than the log's last rows.
        return ports.buckets().acquire(bucket).thenCompose(lease -> ports.tables()
                .of(bucket)
                .thenCombine(ownership, Claim::new)
                .thenCompose(this::bring)
                .thenCompose(claim -> openAndRaise(claim, lease))
                .whenComplete((open, failure) -> {
                    if (failure != null) {
                        lease.release();
                    }
                }));
    }

    private record Claim(TableInfo table, Manifest before) {}

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
        LOG.info("bucket {} was led by {}; bringing its log from there", bucket.entityId(), owner.address());
        return ports.transfer()
                .bring(bucket, owner)
                .thenCompose(done -> ports.tables().of(bucket))
                .thenApply(table -> new Claim(table, claim.before()));
    }

    private CompletionStage<OpenBucket> openAndRaise(Claim claim, LocalBuckets.Lease lease) {
        TableProperties properties = TableProperties.from(claim.table().properties());
        return CompletableFuture.supplyAsync(() -> open(claim, properties), segmentIo)
                .thenCompose(log -> askManifest((ActorRef<BucketManifest.Reply> replyTo) ->
                                new BucketManifest.RaiseEpoch(bucket, log.lastLeaderEpoch(), ports.node(), replyTo))
                        .thenApply(raised -> opened(claim.table(), properties, log, raised.epoch(), lease))
                        .whenCompleteAsync((open, failure) -> closeAfter(failure, log), segmentIo));
    }

    private OpenBucket opened(
            TableInfo table, TableProperties properties, BucketLog log, int epoch, LocalBuckets.Lease lease) {
        PrimaryKeyState rows = table.hasPrimaryKey()
                ? new PrimaryKeyState(new KvState(ports, bucket, log, null), log, ports.settings(), epoch)
                : null;
        // spine: restore
        return new OpenBucket(table, properties, log, rows, null, epoch, lease);
    }

    private BucketLog open(Claim claim, TableProperties properties) {
        try {
            boolean led = claim.before().epoch() > 0;
            boolean here = ports.files().list(ports.logs()).contains(bucket.entityId());
            if (led && !here) {
                throw new WeirException(
                        ErrorCode.BUCKET_UNAVAILABLE,
                        "this node led the bucket at epoch %d, but its directory %s is gone; restore it"
                                .formatted(claim.before().epoch(), ports.directory(bucket)));
            }
            BucketLog log =
                    BucketLog.open(ports.files(), ports.directory(bucket), properties.logSettings(), ports.clock());
            if (!led && log.endOffset() > 0) {
                log.close();
                throw new WeirException(
                        ErrorCode.BUCKET_UNAVAILABLE,
                        "directory %s holds rows, but the journal knows of no owner; is it of another store?"
                                .formatted(ports.directory(bucket)));
            }
            return log;
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
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof WeirException e
                ? new Bucket.Refused(e.code(), e.detail())
                : new Bucket.Refused(
                        ErrorCode.BUCKET_UNAVAILABLE, "the bucket cannot start now and tries again: " + cause);
    }
}
