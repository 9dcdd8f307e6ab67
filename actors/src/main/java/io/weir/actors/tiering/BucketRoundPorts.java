package io.weir.actors.tiering;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.KvSnapshotRows;
import io.weir.actors.bucket.Manifest;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.kv.KvEngine;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.objects.RemoteTier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.ObjLongConsumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Scheduler;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The ports of one round over the actors of a running store. */
public final class BucketRoundPorts implements RoundPorts {
    private static final Logger LOG = LoggerFactory.getLogger(BucketRoundPorts.class);
    private static final Duration ANSWER = Duration.ofSeconds(30);

    /** For the download alone: it is given back as soon as the files are here, and ends by itself where this process does. */
    private static final Duration LEASE = Duration.ofHours(6);

    private static final int SNAPSHOT_PIECE_BYTES = 4 << 20;

    private final Links links;
    private final PatientAsk asks;
    private @Nullable Ahead ahead;

    private record Ahead(Piece piece, CompletionStage<Bucket.FetchReply> answer) {}

    /** The way to any bucket; fails with WeirException TIMEOUT where no answer comes in time. */
    @FunctionalInterface
    public interface AskBucket {
        <R> CompletionStage<R> ask(BucketId bucket, Function<ActorRef<R>, Bucket.Command> question, Duration timeout);
    }

    /** The way to the catalog; fails likewise. */
    @FunctionalInterface
    public interface AskCatalog {
        CompletionStage<Catalog.Reply> ask(Function<ActorRef<Catalog.Reply>, Catalog.Command> question);
    }

    /**
     * What the rounds of a node share.
     *
     * @param lakeAdvanced tells a bucket how far the lake has it; may be lost
     * @param manifests where {@link io.weir.actors.bucket.Manifests} runs
     * @param remote the object store, or null where this node has none
     * @param engine opens copies of KV states
     * @param scratch directory for them; {@link #cleanScratch} at the start of the node
     */
    public record Links(
            AskBucket buckets,
            AskCatalog catalog,
            ObjLongConsumer<BucketId> lakeAdvanced,
            ActorRef<BucketManifest.Command> manifests,
            Scheduler scheduler,
            @Nullable RemoteTier remote,
            FileStore files,
            KvEngine engine,
            Path scratch,
            Clock clock) {}

    public BucketRoundPorts(Links links) {
        this.links = links;
        this.asks = new PatientAsk(links.clock());
    }

    /** Deletes what a former process left; before the first round. */
    public static void cleanScratch(Links links) throws IOException {
        links.files().deleteTree(links.scratch());
    }

    @Override
    public TableInfo table(long tableId) {
        Catalog.Reply reply = catalog(replyTo -> new Catalog.GetTableById(tableId, 0, replyTo));
        return ((Catalog.Table) reply).info();
    }

    @Override
    public List<PartitionInfo> partitions(TableInfo table) {
        Catalog.Reply reply = catalog(replyTo -> new Catalog.ListPartitions(table.database(), table.name(), replyTo));
        return ((Catalog.Partitions) reply).partitions();
    }

    private Catalog.Reply catalog(Function<ActorRef<Catalog.Reply>, Catalog.Command> question) {
        return asks.until(() -> {
            Catalog.Reply reply = PatientAsk.await(links.catalog().ask(question), ANSWER);
            if (reply instanceof Catalog.Refused refused) {
                throw new WeirException(refused.code(), refused.detail());
            }
            return reply;
        });
    }

    @Override
    public Bucket.Description describe(BucketId bucket) {
        return asks.until(() -> {
            Bucket.DescribeReply reply = PatientAsk.await(
                    links.buckets().<Bucket.DescribeReply>ask(bucket, Bucket.Describe::new, ANSWER), ANSWER);
            if (reply instanceof Bucket.Refused refused) {
                throw new WeirException(refused.code(), refused.detail());
            }
            return (Bucket.Description) reply;
        });
    }

    @Override
    public Bucket.Fetched fetch(Piece piece) {
        Ahead begun = ahead;
        ahead = null;
        if (begun != null && begun.piece().equals(piece)) {
            try {
                return fetched(begun.answer());
            } catch (WeirException e) {
                LOG.debug("asked again: {}", piece, e);
            }
        }
        return asks.until(() -> fetched(ask(piece)));
    }

    private static Bucket.Fetched fetched(CompletionStage<Bucket.FetchReply> answer) {
        Bucket.FetchReply reply = PatientAsk.await(answer, ANSWER);
        if (reply instanceof Bucket.Refused refused) {
            throw new WeirException(refused.code(), refused.detail());
        }
        return (Bucket.Fetched) reply;
    }

    private CompletionStage<Bucket.FetchReply> ask(Piece piece) {
        return links.buckets()
                .ask(
                        piece.bucket(),
                        replyTo -> new Bucket.Fetch(
                                piece.from(),
                                piece.to(),
                                piece.bytesMax(),
                                Integer.MAX_VALUE,
                                piece.columnIds(),
                                null,
                                Duration.ZERO,
                                replyTo),
                        ANSWER);
    }

    @Override
    public void fetchAhead(Piece piece) {
        ahead = new Ahead(piece, ask(piece));
    }

    @Override
    public void close() {
        ahead = null;
    }

    @Override
    public Optional<SnapshotRows> snapshot(BucketId bucket, TableInfo table, String holder) {
        RemoteTier tier = links.remote();
        if (tier == null
                || manifest(replyTo -> new BucketManifest.GetManifest(bucket, replyTo))
                        .snapshots()
                        .isEmpty()) {
            return Optional.empty();
        }
        try {
            KvSnapshot leased = leased(bucket, holder);
            Path scratch = links.scratch().resolve(holder);
            KvSnapshotRows rows = new KvSnapshotRows(
                    tier, links.files(), links.engine(), leased, bucket, table, scratch, SNAPSHOT_PIECE_BYTES);
            return Optional.of(new Downloaded(leased, rows));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "the KV snapshot of bucket " + bucket.entityId() + " does not come: " + e, e);
        } finally {
            release(bucket, holder);
        }
    }

    private KvSnapshot leased(BucketId bucket, String holder) {
        Manifest manifest = manifest(replyTo -> new BucketManifest.LeaseSnapshot(bucket, holder, LEASE, replyTo));
        long takenMs = manifest.leases().stream()
                .filter(lease -> lease.holder().equals(holder))
                .findFirst()
                .orElseThrow()
                .takenMs();
        return manifest.snapshots().stream()
                .filter(snapshot -> snapshot.takenMs() == takenMs)
                .findFirst()
                .orElseThrow();
    }

    private void release(BucketId bucket, String holder) {
        try {
            manifest(replyTo -> new BucketManifest.ReleaseSnapshot(bucket, holder, replyTo));
        } catch (WeirException e) {
            LOG.warn("lease on a KV snapshot not given back, it ends by itself bucket={}", bucket.entityId(), e);
        }
    }

    private Manifest manifest(
            org.apache.pekko.japi.function.Function<ActorRef<BucketManifest.Reply>, BucketManifest.Command> command) {
        return asks.until(() -> {
            BucketManifest.Reply reply = PatientAsk.await(
                    AskPattern.<BucketManifest.Command, BucketManifest.Reply>ask(
                            links.manifests(), command, ANSWER, links.scheduler()),
                    ANSWER);
            if (reply instanceof BucketManifest.Refused refused) {
                throw new WeirException(ErrorCode.INTERNAL, "the bucket's manifest refuses: " + refused.why());
            }
            return (Manifest) reply;
        });
    }

    @Override
    public void lakeAdvanced(BucketId bucket, long offset) {
        links.lakeAdvanced().accept(bucket, offset);
    }

    @Override
    public long nowMs() {
        return links.clock().millis();
    }

    private record Downloaded(KvSnapshot snapshot, KvSnapshotRows rows) implements SnapshotRows {
        @Override
        public long offset() {
            return snapshot.offset();
        }

        @Override
        public long takenMs() {
            return snapshot.takenMs();
        }

        @Override
        public @Nullable EncodedRows next() {
            return rows.next();
        }

        @Override
        public void close() {
            rows.close();
        }
    }
}
