package io.weir.sharding;

import com.typesafe.config.Config;
import io.weir.lake.Lake;
import io.weir.lake.iceberg.IcebergLake;
import io.weir.persistence.kv.CachedKv;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.kv.LevelDb;
import io.weir.persistence.objects.RemoteTier;
import java.io.IOException;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
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

    private static final Logger LOG = LoggerFactory.getLogger(WeirNode.class);

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
        return start(application, System.getenv());
    }

    /** @param environment where an S3 store's AWS_* are looked for */
    static WeirNode start(Config application, Map<String, String> environment) {
        Config layered = NodeConfig.layered(application);
        NodeSettings settings = NodeSettings.from(layered);
        DataDirectory data = DataDirectory.open(settings.dataDirectory(), UUID::randomUUID);
        BufferAllocator allocator = new RootAllocator(settings.arrowMemory());
        KvStores stores = new KvStores(
                new CachedKv(LevelDb.engine(settings.kv()), settings.kvCacheBytes()), settings.kvOpenMax());
        ActorSystem<Void> system;
        try {
            Config config = NodeConfig.computed(settings).withFallback(layered);
            system = ActorSystem.create(Behaviors.empty(), SYSTEM, config);
        } catch (RuntimeException e) {
            giveBack(data, allocator, stores, null, null);
            throw e;
        }
        NodeRemoteTier remote;
        Lake lake;
        try {
            lake = lake(settings.lake(), environment);
            remote = NodeRemoteTier.open(settings.remote(), environment, Clock.systemUTC(), system);
        } catch (RuntimeException e) {
            system.getWhenTerminated().thenRun(() -> giveBack(data, allocator, stores, null, null));
            system.terminate();
            throw e;
        }
        CompletionStage<Void> givenBack =
                system.getWhenTerminated().thenRun(() -> giveBack(data, allocator, stores, remote, lake));
        try {
            NodeAssembly.Parts parts =
                    new NodeAssembly(settings, system, allocator, stores, remote, lake, data.nodeId()).assemble();
            RemoteTier tier = remote == null ? null : remote.tier();
            return new WeirNode(settings, system, allocator, parts.cluster(), tier, parts.ready(), givenBack);
        } catch (RuntimeException e) {
            system.terminate();
            throw e;
        }
    }

    /** Connects to its catalog when it is first needed: a lake that is away holds up no node. */
    private static @Nullable Lake lake(LakeSettings settings, Map<String, String> environment) {
        return settings.hasLake() ? new IcebergLake(settings.iceberg(environment), Clock.systemUTC()) : null;
    }

    private static void giveBack(
            DataDirectory data,
            BufferAllocator allocator,
            KvStores stores,
            @Nullable NodeRemoteTier remote,
            @Nullable Lake lake) {
        if (lake != null) {
            try {
                lake.close();
            } catch (RuntimeException e) {
                LOG.warn("the lake's catalog was not closed in order when the node ended: {}", e.getMessage());
            }
        }
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
