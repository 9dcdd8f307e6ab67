package io.weir.sharding;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketBehavior;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.BucketPorts;
import io.weir.actors.bucket.LocalBuckets;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.CatalogMirror;
import io.weir.actors.tiering.TieringMirror;
import io.weir.lake.Lake;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.kv.BootId;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.objects.RemoteTier;
import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
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
import org.apache.pekko.cluster.typed.Join;
import org.jspecify.annotations.Nullable;

/**
 * Puts a node together from its parts, in this order: the singletons beside the journal, the buckets and what they reach, the view of the
 * cluster that HTTP uses, what keeps house on this node, and last the object store's claim.
 */
final class NodeAssembly {
    private static final EntityTypeKey<Bucket.Command> BUCKET = EntityTypeKey.create(Bucket.Command.class, "bucket");
    private static final String SEGMENT_IO = "weir.dispatchers.segment-io";

    private final NodeSettings settings;
    private final ActorSystem<Void> system;
    private final BufferAllocator allocator;
    private final KvStores stores;
    private final @Nullable NodeRemoteTier remote;
    private final @Nullable Lake lake;
    private final String nodeId;
    private final FileStore files = new DiskFileStore();
    private final LocalBuckets buckets = new LocalBuckets();
    private final CatalogMirror mirror = new CatalogMirror();
    private final TieringMirror rounds = new TieringMirror();
    private final Executor segmentIo;
    private final String bootId = BootId.current(() -> UUID.randomUUID().toString());

    NodeAssembly(
            NodeSettings settings,
            ActorSystem<Void> system,
            BufferAllocator allocator,
            KvStores stores,
            @Nullable NodeRemoteTier remote,
            @Nullable Lake lake,
            String nodeId) {
        this.settings = settings;
        this.system = system;
        this.allocator = allocator;
        this.stores = stores;
        this.remote = remote;
        this.lake = lake;
        this.nodeId = nodeId;
        this.segmentIo = system.dispatchers().lookup(DispatcherSelector.fromConfig(SEGMENT_IO));
    }

    /** @param ready when the node is in the cluster, reaches the catalog, and may use its object store */
    record Parts(ClusterView cluster, CompletionStage<Done> ready) {}

    Parts assemble() {
        Cluster pekko = Cluster.get(system);
        if (settings.seeds().isEmpty()) {
            pekko.manager().tell(Join.create(pekko.selfMember().address()));
        }
        String address = pekko.selfMember().address().hostPort().replaceFirst(".*@", "");
        NodeSingletons singletons = NodeSingletons.start(system, settings, mirror, rounds, tier(), lake);
        ActorRef<ShardingEnvelope<Bucket.Command>> region = region(ports(singletons, address));
        ClusterView view = new ClusterView(
                system,
                region,
                singletons.catalog(),
                singletons.reaper(),
                singletons.tiering(),
                lake,
                mirror,
                rounds,
                buckets,
                settings.catalogTimeout());
        keepHouse(view);
        if (lake != null && settings.tiering().rounds() > 0) {
            NodeTiering.start(system, settings, lake, view, singletons, nodeId, address, files, tier());
        }
        CompletionStage<Done> inCluster =
                view.askCatalog(Catalog.ListDatabases::new).thenApply(reply -> Done.getInstance());
        NodeRemoteTier store = remote;
        return new Parts(view, store == null ? inCluster : inCluster.thenCompose(done -> store.serve(view, mirror)));
    }

    private @Nullable RemoteTier tier() {
        return remote == null ? null : remote.tier();
    }

    private BucketPorts ports(NodeSingletons singletons, String address) {
        return new BucketPorts(
                files,
                settings.logs(),
                Clock.systemUTC(),
                allocator,
                new BucketManifest.Node(nodeId, address),
                singletons.manifests(),
                singletons.sequences(),
                stores,
                tier(),
                bootId,
                bucket -> singletons.tableOf(bucket, system, settings),
                new LogPuller(system, files, settings, address, stores, segmentIo),
                buckets,
                settings.bucket());
    }

    private ActorRef<ShardingEnvelope<Bucket.Command>> region(BucketPorts ports) {
        return ClusterSharding.get(system)
                .init(Entity.of(
                                BUCKET,
                                context -> BucketBehavior.create(
                                        BucketId.parse(context.getEntityId()), ports, bucket -> context.getShard()
                                                .tell(new ClusterSharding.Passivate<>(bucket))))
                        .withStopMessage(BucketBehavior.Stop.INSTANCE)
                        .withAllocationStrategy(new FewestShards()));
    }

    private void keepHouse(ClusterView view) {
        DroppedTables dropped = new DroppedTables(files, settings.logs(), buckets, stores, view, segmentIo);
        var unused = system.systemActorOf(
                Behaviors.supervise(NodeAgent.create(view, buckets, dropped)).onFailure(SupervisorStrategy.restart()),
                NodeAgent.NAME,
                Props.empty());
        ActorRef<LogHandover.Command> handover = system.systemActorOf(
                LogHandover.create(files, settings.logs(), buckets, stores, bootId),
                "log-handover",
                DispatcherSelector.fromConfig(SEGMENT_IO));
        system.receptionist().tell(Receptionist.register(LogHandover.key(nodeId), handover));
        LeaveInOrder leave = new LeaveInOrder(system, view, dropped, settings.handOverTimeout());
        CoordinatedShutdown.get(system).addTask("weir-hand-over", "hand over logs", leave::run);
    }
}
