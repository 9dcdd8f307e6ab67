package io.weir.sharding;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketBehavior;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.BucketPorts;
import io.weir.actors.bucket.LocalBuckets;
import io.weir.actors.bucket.Manifests;
import io.weir.actors.bucket.Sequence;
import io.weir.actors.bucket.Sequences;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.CatalogBehavior;
import io.weir.actors.catalog.CatalogMirror;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.journal.JournalSetup;
import io.weir.codec.WeirException;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.kv.BootId;
import io.weir.persistence.kv.CachedKv;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.kv.LevelDb;
import io.weir.persistence.objects.RemoteTier;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.ClusterSingletonSettings;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.SingletonActor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running node: its actor system, its place in the cluster, its part of the buckets, and, on the node that holds the journal, the
 * catalog and the manifests. {@link #start} returns at once; {@link #ready} says when it serves.
 */
public final class WeirNode {
    /** Name of the actor system; part of every node's address. */
    public static final String SYSTEM = "weir";

    /** Role of the node that holds the journal, and so runs the catalog and the manifests. */
    static final String JOURNAL_ROLE = "weir-journal";

    private static final EntityTypeKey<Bucket.Command> BUCKET = EntityTypeKey.create(Bucket.Command.class, "bucket");
    private static final Logger LOG = LoggerFactory.getLogger(WeirNode.class);
    private static final String SEGMENT_IO = "weir.dispatchers.segment-io";

    private final NodeSettings settings;
    private final ActorSystem<Void> system;
    private final BufferAllocator allocator;
    private final ClusterView cluster;
    private final @Nullable RemoteTier remote;
    private final CompletionStage<Done> ready;
    private final CompletionStage<Void> givenBack;

    private WeirNode(
            NodeSettings settings,
            ActorSystem<Void> system,
            BufferAllocator allocator,
            ClusterView cluster,
            @Nullable RemoteTier remote,
            CompletionStage<Done> ready,
            CompletionStage<Void> givenBack) {
        this.settings = settings;
        this.system = system;
        this.allocator = allocator;
        this.cluster = cluster;
        this.remote = remote;
        this.ready = ready;
        this.givenBack = givenBack;
    }

    /**
     * Starts a node.
     *
     * @param application what the user set; not resolved, without the defaults ({@code ConfigFactory.defaultApplication()}). System
     *     properties win over it
     * @throws IllegalStateException where another process uses the data directory
     */
    public static WeirNode start(Config application) {
        Config layered = layered(application);
        NodeSettings settings = NodeSettings.from(layered);
        DataDirectory data = DataDirectory.open(settings.dataDirectory(), UUID::randomUUID);
        BufferAllocator allocator = new RootAllocator(settings.arrowMemory());
        KvStores stores = new KvStores(
                new CachedKv(LevelDb.engine(settings.kv()), settings.kvCacheBytes()), settings.kvOpenMax());
        ActorSystem<Void> system;
        try {
            Config config = computed(settings).withFallback(layered);
            system = ActorSystem.create(Behaviors.empty(), SYSTEM, config);
        } catch (RuntimeException e) {
            giveBack(data, allocator, stores, null);
            throw e;
        }
        NodeRemoteTier remote;
        try {
            remote = NodeRemoteTier.open(settings.remote(), Clock.systemUTC(), system);
        } catch (RuntimeException e) {
            system.getWhenTerminated().thenRun(() -> giveBack(data, allocator, stores, null));
            system.terminate();
            throw e;
        }
        CompletionStage<Void> givenBack =
                system.getWhenTerminated().thenRun(() -> giveBack(data, allocator, stores, remote));
        try {
            return assemble(settings, system, allocator, stores, remote, data.nodeId(), givenBack);
        } catch (RuntimeException e) {
            system.terminate();
            throw e;
        }
    }

    /** What the user set, then what a node sets in Pekko, then all defaults; system properties win. */
    static Config layered(Config application) {
        return ConfigFactory.defaultOverrides()
                .withFallback(application)
                .withFallback(ConfigFactory.parseResourcesAnySyntax(WeirNode.class.getClassLoader(), "weir-node.conf"))
                .withFallback(ConfigFactory.defaultReferenceUnresolved())
                .resolve();
    }

    private static void giveBack(
            DataDirectory data, BufferAllocator allocator, KvStores stores, @Nullable NodeRemoteTier remote) {
        if (remote != null) {
            try {
                remote.close();
            } catch (IOException e) {
                LOG.warn("the object store was not closed in order when the node ended: {}", e.getMessage());
            }
        }
        try {
            stores.close();
        } catch (IOException e) {
            LOG.warn("a KV store was not closed in order when the node ended: {}", e.getMessage());
        }
        data.close();
        try {
            allocator.close();
        } catch (IllegalStateException e) {
            LOG.warn("Arrow memory was still in use when the node ended: {}", e.getMessage());
        }
    }

    private static Config computed(NodeSettings settings) {
        Map<String, Object> values = new HashMap<>();
        values.put("pekko.remote.artery.canonical.hostname", settings.host());
        values.put("pekko.remote.artery.canonical.port", settings.port());
        values.put(
                "pekko.cluster.seed-nodes",
                settings.seeds().stream()
                        .map(seed -> "pekko://" + SYSTEM + "@" + seed)
                        .toList());
        List<String> roles = new ArrayList<>(settings.roles());
        if (settings.holdsJournal()) {
            roles.add(JOURNAL_ROLE);
        }
        values.put("pekko.cluster.roles", roles);
        values.put(
                "pekko.cluster.split-brain-resolver.stable-after",
                settings.stableAfter().toMillis() + " ms");
        values.put(
                "pekko.cluster.sharding.passivation.default-idle-strategy.idle-entity.timeout",
                settings.bucketIdleTimeout().toMillis() + " ms");
        values.put(
                "pekko.coordinated-shutdown.phases.weir-hand-over.timeout",
                settings.handOverTimeout().plusSeconds(2).toMillis() + " ms");
        String version = WeirNode.class.getPackage().getImplementationVersion();
        values.put("pekko.cluster.app-version", version == null ? "0.1.0" : version);
        return ConfigFactory.parseMap(values).withFallback(JournalSetup.config(settings.dataDirectory()));
    }

    private static WeirNode assemble(
            NodeSettings settings,
            ActorSystem<Void> system,
            BufferAllocator allocator,
            KvStores stores,
            @Nullable NodeRemoteTier remote,
            String nodeId,
            CompletionStage<Void> givenBack) {
        Cluster pekko = Cluster.get(system);
        if (settings.seeds().isEmpty()) {
            pekko.manager().tell(Join.create(pekko.selfMember().address()));
        }
        FileStore files = new DiskFileStore();
        Executor segmentIo = system.dispatchers().lookup(DispatcherSelector.fromConfig(SEGMENT_IO));
        LocalBuckets buckets = new LocalBuckets();
        CatalogMirror mirror = new CatalogMirror();
        ActorRef<Catalog.Command> catalog =
                singleton(system, SingletonActor.of(CatalogBehavior.create(Clock.systemUTC(), mirror), "catalog"));
        ActorRef<BucketManifest.Command> manifests =
                singleton(system, SingletonActor.of(Manifests.create(Clock.systemUTC()), "manifests"));
        ActorRef<Sequence.Command> sequences = singleton(system, SingletonActor.of(Sequences.create(), "sequences"));
        String bootId = BootId.current(() -> UUID.randomUUID().toString());
        BucketManifest.Node self = new BucketManifest.Node(
                nodeId, pekko.selfMember().address().hostPort().replaceFirst(".*@", ""));
        BucketPorts ports = new BucketPorts(
                files,
                settings.logs(),
                Clock.systemUTC(),
                allocator,
                self,
                manifests,
                sequences,
                stores,
                remote == null ? null : remote.tier(),
                bootId,
                bucket -> tableOf(system, catalog, settings, bucket),
                new LogPuller(system, files, settings, self.address(), stores, segmentIo),
                buckets,
                settings.bucket());
        ActorRef<Reaper.Command> reaper =
                singleton(system, SingletonActor.of(reaper(system, remote, manifests, catalog, settings), "reaper"));
        ActorRef<ShardingEnvelope<Bucket.Command>> region = ClusterSharding.get(system)
                .init(Entity.of(
                                BUCKET,
                                context -> BucketBehavior.create(
                                        BucketId.parse(context.getEntityId()), ports, bucket -> context.getShard()
                                                .tell(new ClusterSharding.Passivate<>(bucket))))
                        .withStopMessage(BucketBehavior.Stop.INSTANCE)
                        .withAllocationStrategy(new FewestShards()));
        ClusterView view = new ClusterView(system, region, catalog, reaper, mirror, settings.catalogTimeout());
        DroppedTables dropped = new DroppedTables(files, settings.logs(), buckets, stores, view, segmentIo);
        housekeeping(
                system,
                LogHandover.create(files, settings.logs(), buckets, stores, bootId),
                buckets,
                view,
                dropped,
                nodeId);
        leaveInOrder(system, new LeaveInOrder(system, view, dropped, settings.handOverTimeout()));
        CompletionStage<Done> inCluster =
                view.askCatalog(Catalog.ListDatabases::new).thenApply(reply -> Done.getInstance());
        CompletionStage<Done> ready =
                remote == null ? inCluster : inCluster.thenCompose(done -> remote.serve(view, mirror));
        return new WeirNode(settings, system, allocator, view, remote == null ? null : remote.tier(), ready, givenBack);
    }

    private static <M> ActorRef<M> singleton(ActorSystem<?> system, SingletonActor<M> actor) {
        ClusterSingletonSettings settings =
                ClusterSingletonSettings.create(system).withRole(JOURNAL_ROLE);
        return ClusterSingleton.get(system).init(actor.withSettings(settings));
    }

    private static Behavior<Reaper.Command> reaper(
            ActorSystem<?> system,
            @Nullable NodeRemoteTier remote,
            ActorRef<BucketManifest.Command> manifests,
            ActorRef<Catalog.Command> catalog,
            NodeSettings settings) {
        if (remote == null) {
            return Reaper.none();
        }
        RemoteTier tier = remote.tier();
        ReaperPorts ports = new ReaperPorts(tier, manifests, catalog, settings.catalogTimeout(), system);
        return Reaper.create(
                dryRun -> new ReaperPass(ports, Clock.systemUTC(), tier.reaperGrace(), dryRun)::run,
                tier::isConfirmed,
                settings.remote().reaperInterval());
    }

    private static CompletionStage<TableInfo> tableOf(
            ActorSystem<?> system, ActorRef<Catalog.Command> catalog, NodeSettings settings, BucketId bucket) {
        org.apache.pekko.japi.function.Function<ActorRef<Catalog.Reply>, Catalog.Command> question =
                replyTo -> new Catalog.GetTableById(bucket.tableId(), bucket.partitionId(), replyTo);
        return org.apache.pekko.actor.typed.javadsl.AskPattern.ask(
                        catalog, question, settings.catalogTimeout(), system.scheduler())
                .thenApply(reply -> {
                    if (reply instanceof Catalog.Table table) {
                        return table.info();
                    }
                    if (reply instanceof Catalog.Refused refused) {
                        throw new WeirException(refused.code(), refused.detail());
                    }
                    throw new IllegalStateException("the catalog answered " + reply);
                });
    }

    private static void housekeeping(
            ActorSystem<?> system,
            Behavior<LogHandover.Command> logHandover,
            LocalBuckets buckets,
            ClusterView view,
            DroppedTables dropped,
            String nodeId) {
        var unused = system.systemActorOf(
                Behaviors.supervise(NodeAgent.create(view, buckets, dropped)).onFailure(SupervisorStrategy.restart()),
                NodeAgent.NAME,
                Props.empty());
        ActorRef<LogHandover.Command> handover =
                system.systemActorOf(logHandover, "log-handover", DispatcherSelector.fromConfig(SEGMENT_IO));
        system.receptionist().tell(Receptionist.register(LogHandover.key(nodeId), handover));
    }

    private static void leaveInOrder(ActorSystem<?> system, LeaveInOrder leave) {
        CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
        shutdown.addTask("weir-hand-over", "hand over logs", leave::run);
    }

    /** Completes when the node is in the cluster and reaches the catalog. */
    public CompletionStage<Done> ready() {
        return ready;
    }

    public WeirCluster cluster() {
        return cluster;
    }

    /** The way to the object store; empty where this node has none. */
    public Optional<RemoteTier> remote() {
        return Optional.ofNullable(remote);
    }

    /** Bounded memory for Arrow vectors, shared by all of this node. */
    public BufferAllocator allocator() {
        return allocator;
    }

    public NodeSettings settings() {
        return settings;
    }

    public ActorSystem<Void> system() {
        return system;
    }

    /**
     * Leaves in order: buckets stop, others take their logs over, the node leaves the cluster, the system ends. Completes when the data
     * directory may be used by another.
     */
    public CompletionStage<Done> stop() {
        return CoordinatedShutdown.get(system)
                .runAll(CoordinatedShutdown.actorSystemTerminateReason())
                .thenCombine(givenBack, (done, nothing) -> done);
    }
}
