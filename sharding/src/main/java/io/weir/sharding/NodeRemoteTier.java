package io.weir.sharding;

import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.CatalogMirror;
import io.weir.persistence.objects.ObjectFiles;
import io.weir.persistence.objects.ObjectStore;
import io.weir.persistence.objects.ObjectStores;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.Transfers;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.Materializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node's object store: opened as the node starts, closed when it has ended. */
final class NodeRemoteTier implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeRemoteTier.class);
    private static final Duration CLAIM_PATIENCE = Duration.ofSeconds(2);
    private static final Duration CATALOG_LOOK = Duration.ofSeconds(1);
    private static final String FILE_WORK = "weir.dispatchers.object-store";

    private final ObjectStores.Opened store;
    private final RemoteTier tier;
    private final RemoteSettings settings;
    private final ActorSystem<?> system;

    private NodeRemoteTier(ObjectStores.Opened store, RemoteTier tier, RemoteSettings settings, ActorSystem<?> system) {
        this.store = store;
        this.tier = tier;
        this.settings = settings;
        this.system = system;
    }

    /**
     * Opens the store that the settings name; blocks, but does not ask a store over the network.
     *
     * @param environment where an S3 store's AWS_* are looked for
     * @return null where the node has none
     * @throws IllegalArgumentException where the settings or the environment are wrong
     * @throws IllegalStateException where a directory cannot be used
     */
    static @Nullable NodeRemoteTier open(
            RemoteSettings settings, Map<String, String> environment, Clock clock, ActorSystem<?> system) {
        if (!settings.hasStore()) {
            LOG.info("no object store: rows stay on this disk");
            return null;
        }
        Executor fileWork = system.dispatchers().lookup(DispatcherSelector.fromConfig(FILE_WORK));
        Materializer materializer = Materializer.matFromSystem(system);
        ObjectStores.Opened opened;
        try {
            opened = ObjectStores.open(settings.store(), environment, system, new SecureRandom());
        } catch (IOException e) {
            throw new IllegalStateException(
                    "cannot use the object store " + settings.store() + ": " + e.getMessage(), e);
        }
        ObjectStore store = opened.store();
        LOG.info("object store {}", settings.store());
        Transfers transfers = new Transfers(
                store,
                settings.uploads(),
                settings.downloads(),
                fileWork,
                settings.reaperGrace().dividedBy(2),
                materializer);
        ObjectFiles objectFiles = new ObjectFiles(
                store,
                settings.readCacheBytes(),
                settings.readAheadBytes(),
                settings.readsMax(),
                settings.readTimeout(),
                materializer);
        return new NodeRemoteTier(
                opened,
                new RemoteTier(
                        store,
                        transfers,
                        objectFiles,
                        clock,
                        new SecureRandom(),
                        settings.reaperGrace(),
                        settings.retryMin(),
                        settings.retryMax()),
                settings,
                system);
    }

    RemoteTier tier() {
        return tier;
    }

    /**
     * To be called once the catalog answers: claims the store for the cluster, and copies the catalog to it from then on.
     *
     * @return fails with IllegalStateException where the store belongs to another cluster; a store that does not answer in time is asked
     *     again, and is not waited for
     */
    CompletionStage<Done> serve(WeirCluster cluster, CatalogMirror mirror) {
        var unused = system.systemActorOf(
                Behaviors.supervise(CatalogCopies.create(mirror, tier, CATALOG_LOOK))
                        .onFailure(SupervisorStrategy.restart()),
                "catalog-copies",
                Props.empty());
        StoreIdentity identity = new StoreIdentity(tier, new CatalogsId(cluster));
        return new StoreClaim(identity::refusal, tier, CLAIM_PATIENCE, settings.retryMin(), settings.retryMax(), system)
                .run();
    }

    private record CatalogsId(WeirCluster cluster) implements StoreIdentity.ClusterId {
        @Override
        public CompletionStage<String> get() {
            return cluster.askCatalog(Catalog.GetClusterName::new).thenApply(CatalogsId::id);
        }

        @Override
        public CompletionStage<String> give() {
            String proposed = UUID.randomUUID().toString();
            return cluster.askCatalog(replyTo -> new Catalog.NameCluster(proposed, replyTo))
                    .thenApply(CatalogsId::id);
        }

        private static String id(Catalog.Reply reply) {
            if (reply instanceof Catalog.ClusterName name) {
                return name.clusterId();
            }
            throw new IllegalStateException("the catalog answered " + reply);
        }
    }

    @Override
    public void close() throws IOException {
        store.close();
    }
}
