package io.weir.sharding;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.LocalBuckets;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.CatalogMirror;
import io.weir.actors.catalog.CatalogState;
import io.weir.actors.tiering.Tiering;
import io.weir.actors.tiering.TieringMirror;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.row.Key;
import io.weir.lake.Lake;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.typed.Cluster;
import org.jspecify.annotations.Nullable;

/** {@link WeirCluster} over Cluster Sharding and the catalog's singleton proxy. */
final class ClusterView implements WeirCluster {
    /** Most bytes of rows or keys in one command; more would not fit a message to another node. */
    static final int APPEND_BYTES_MAX = 33 << 20;

    /** What stands before each key in a message. */
    private static final int KEY_LENGTH_BYTES = 4;

    private static final Duration AGENT_TIMEOUT = Duration.ofMillis(500);

    private final ActorSystem<?> system;
    private final ActorRef<ShardingEnvelope<Bucket.Command>> buckets;
    private final ActorRef<Catalog.Command> catalog;
    private final ActorRef<Reaper.Command> reaper;
    private final ActorRef<Tiering.Command> tiering;
    private final @Nullable Lake lake;
    private final CatalogMirror mirror;
    private final TieringMirror rounds;
    private final LocalBuckets here;
    private final Duration catalogTimeout;

    ClusterView(
            ActorSystem<?> system,
            ActorRef<ShardingEnvelope<Bucket.Command>> buckets,
            ActorRef<Catalog.Command> catalog,
            ActorRef<Reaper.Command> reaper,
            ActorRef<Tiering.Command> tiering,
            @Nullable Lake lake,
            CatalogMirror mirror,
            TieringMirror rounds,
            LocalBuckets here,
            Duration catalogTimeout) {
        this.system = system;
        this.buckets = buckets;
        this.catalog = catalog;
        this.reaper = reaper;
        this.tiering = tiering;
        this.lake = lake;
        this.mirror = mirror;
        this.rounds = rounds;
        this.here = here;
        this.catalogTimeout = catalogTimeout;
    }

    @Override
    public ActorSystem<?> system() {
        return system;
    }

    @Override
    public void tell(BucketId bucket, Bucket.Command command) {
        buckets.tell(new ShardingEnvelope<>(bucket.entityId(), command));
    }

    @Override
    public <R> CompletionStage<R> askBucket(
            BucketId bucket, Function<ActorRef<R>, Bucket.Command> question, Duration timeout) {
        AtomicReference<Bucket.@Nullable Command> asked = new AtomicReference<>();
        org.apache.pekko.japi.function.Function<ActorRef<R>, ShardingEnvelope<Bucket.Command>> envelope = replyTo -> {
            Bucket.Command command = question.apply(replyTo);
            asked.set(command);
            checkSize(command);
            return new ShardingEnvelope<>(bucket.entityId(), command);
        };
        CompletionStage<R> answer;
        try {
            answer = AskPattern.ask(buckets, envelope, timeout, system.scheduler());
        } catch (WeirException e) {
            return CompletableFuture.failedFuture(e);
        }
        return answer.exceptionallyCompose(
                failure -> CompletableFuture.failedFuture(bucketFailure(bucket, asked.get(), timeout, failure)));
    }

    private static void checkSize(Bucket.Command command) {
        long bytes = sizeOf(command);
        if (bytes > APPEND_BYTES_MAX) {
            throw new WeirException(
                    ErrorCode.BODY_TOO_LARGE,
                    "the rows or keys for one bucket take %d bytes decoded, more than %d; send fewer in one request"
                            .formatted(bytes, APPEND_BYTES_MAX));
        }
    }

    private static long sizeOf(Bucket.Command command) {
        if (command instanceof Bucket.Append append) {
            return append.rows().stream().mapToLong(EncodedRows::sizeInBytes).sum();
        } else if (command instanceof Bucket.Upsert upsert) {
            return upsert.changes().stream().mapToLong(ChangedRows::sizeInBytes).sum();
        } else if (command instanceof Bucket.InsertIfMissing insert) {
            return insert.rows().sizeInBytes();
        } else if (command instanceof Bucket.Lookup lookup) {
            long bytes = 0;
            for (Key key : lookup.keys()) {
                bytes += key.bytes().length + KEY_LENGTH_BYTES;
            }
            return bytes;
        }
        return 0;
    }

    /** Whether the bucket may have stored something for a command that it did not answer. */
    private static boolean stores(Bucket.@Nullable Command command) {
        return command instanceof Bucket.Append
                || command instanceof Bucket.InsertIfMissing
                || (command instanceof Bucket.Upsert upsert && !upsert.checkOnly());
    }

    private static Throwable bucketFailure(
            BucketId bucket, Bucket.@Nullable Command asked, Duration timeout, Throwable failure) {
        if (!isTimeout(failure)) {
            return failure;
        }
        return stores(asked)
                ? new WeirException(
                        ErrorCode.OUTCOME_UNKNOWN,
                        "bucket %s did not answer within %s; the rows may be stored or not"
                                .formatted(bucket.entityId(), timeout))
                : new WeirException(
                        ErrorCode.TIMEOUT, "bucket %s did not answer within %s".formatted(bucket.entityId(), timeout));
    }

    private static boolean isTimeout(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof TimeoutException;
    }

    @Override
    public CompletionStage<Catalog.Reply> askCatalog(Function<ActorRef<Catalog.Reply>, Catalog.Command> question) {
        org.apache.pekko.japi.function.Function<ActorRef<Catalog.Reply>, Catalog.Command> asked = question::apply;
        return AskPattern.ask(catalog, asked, catalogTimeout, system.scheduler())
                .exceptionallyCompose(failure -> CompletableFuture.failedFuture(
                        isTimeout(failure)
                                ? new WeirException(
                                        ErrorCode.TIMEOUT, "the catalog did not answer within " + catalogTimeout)
                                : failure));
    }

    @Override
    public CompletionStage<Reaper.Reply> askReaper(boolean dryRun, Duration timeout) {
        return AskPattern.<Reaper.Command, Reaper.Reply>ask(
                        reaper, replyTo -> new Reaper.Run(dryRun, replyTo), timeout, system.scheduler())
                .exceptionallyCompose(failure -> CompletableFuture.failedFuture(
                        isTimeout(failure)
                                ? new WeirException(
                                        ErrorCode.TIMEOUT,
                                        "the reaper did not end within %s and goes on; ask again to get its report"
                                                .formatted(timeout))
                                : failure));
    }

    @Override
    public CompletionStage<Tiering.Reply> askTiering(Function<ActorRef<Tiering.Reply>, Tiering.Command> question) {
        return AskPattern.<Tiering.Command, Tiering.Reply>ask(
                        tiering, question::apply, catalogTimeout, system.scheduler())
                .exceptionallyCompose(failure -> CompletableFuture.failedFuture(
                        isTimeout(failure)
                                ? new WeirException(
                                        ErrorCode.TIMEOUT,
                                        "the tiering coordinator did not answer within " + catalogTimeout)
                                : failure));
    }

    @Override
    public Optional<Tiering.Status> tieringHere() {
        return rounds.get();
    }

    @Override
    public long heldBackBytes() {
        return here.heldBackBytes();
    }

    @Override
    public Optional<Lake> lake() {
        return Optional.ofNullable(lake);
    }

    @Override
    public Optional<CatalogState> catalogHere() {
        return mirror.get();
    }

    @Override
    public CompletionStage<List<WeirCluster.Member>> members() {
        Cluster cluster = Cluster.get(system);
        ClusterEvent.CurrentClusterState state = cluster.state();
        Set<org.apache.pekko.cluster.Member> unreachable = state.getUnreachable();
        List<CompletableFuture<WeirCluster.Member>> described = new ArrayList<>();
        for (org.apache.pekko.cluster.Member member : state.getMembers()) {
            boolean self = member.uniqueAddress().equals(cluster.selfMember().uniqueAddress());
            CompletionStage<Integer> led =
                    unreachable.contains(member) ? CompletableFuture.completedFuture(-1) : countBuckets(member);
            String status = unreachable.contains(member)
                    ? "unreachable"
                    : member.status().toString().toLowerCase(Locale.ROOT);
            described.add(led.thenApply(count -> new WeirCluster.Member(
                            member.address().hostPort().replaceFirst(".*@", ""),
                            roles(member),
                            status,
                            member.appVersion().version(),
                            count,
                            self))
                    .toCompletableFuture());
        }
        return CompletableFuture.allOf(described.toArray(CompletableFuture[]::new))
                .thenApply(
                        done -> described.stream().map(CompletableFuture::join).toList());
    }

    /** Without the data centre, which Pekko adds to the roles. */
    private static List<String> roles(org.apache.pekko.cluster.Member member) {
        Set<String> roles = new TreeSet<>(member.getRoles());
        roles.removeIf(role -> role.startsWith("dc-"));
        return List.copyOf(roles);
    }

    private CompletionStage<Integer> countBuckets(org.apache.pekko.cluster.Member member) {
        return AskPattern.ask(agentOf(member), NodeAgent.CountBuckets::new, AGENT_TIMEOUT, system.scheduler())
                .thenApply(NodeAgent.BucketCount::leading)
                .exceptionally(failure -> -1);
    }

    ActorRef<NodeAgent.Command> agentOf(org.apache.pekko.cluster.Member member) {
        return ActorRefResolver.get(system).resolveActorRef(member.address() + "/system/" + NodeAgent.NAME);
    }
}
