package io.weir.sharding;

import io.weir.persistence.file.FileStore;
import io.weir.persistence.objects.DirectoryObjectStore;
import io.weir.persistence.objects.ObjectFiles;
import io.weir.persistence.objects.ObjectStore;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.S3ObjectStore;
import io.weir.persistence.objects.S3StoreSettings;
import io.weir.persistence.objects.Transfers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.stream.Materializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node's object store: opened as the node starts, closed when it has ended. */
final class NodeRemoteTier implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeRemoteTier.class);
    private static final Duration CLAIM_PATIENCE = Duration.ofSeconds(2);
    private static final String FILE_WORK = "weir.dispatchers.object-store";

    private final ObjectStore store;
    private final RemoteTier tier;
    private final RemoteSettings settings;
    private final ActorSystem<?> system;

    private NodeRemoteTier(ObjectStore store, RemoteTier tier, RemoteSettings settings, ActorSystem<?> system) {
        this.store = store;
        this.tier = tier;
        this.settings = settings;
        this.system = system;
    }

    /**
     * Opens the store that the settings name; blocks, but does not ask a store over the network.
     *
     * @return null where the node has none
     * @throws UncheckedIOException where a directory cannot be used
     */
    static @Nullable NodeRemoteTier open(RemoteSettings settings, FileStore files, Clock clock, ActorSystem<?> system) {
        if (!settings.hasStore()) {
            LOG.info("no object store: rows stay on this disk");
            return null;
        }
        Executor fileWork = system.dispatchers().lookup(DispatcherSelector.fromConfig(FILE_WORK));
        SecureRandom random = new SecureRandom();
        Materializer materializer = Materializer.matFromSystem(system);
        ObjectStore store = open(settings, files, fileWork, system, random);
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
                store,
                new RemoteTier(
                        store,
                        transfers,
                        objectFiles,
                        clock,
                        random,
                        settings.reaperGrace(),
                        settings.retryMin(),
                        settings.retryMax()),
                settings,
                system);
    }

    private static ObjectStore open(
            RemoteSettings settings, FileStore files, Executor fileWork, ActorSystem<?> system, SecureRandom random) {
        URI url = URI.create(settings.store());
        if (settings.store().startsWith("s3:")) {
            return new S3ObjectStore(S3StoreSettings.fromEnvironment(url.getHost(), System.getenv()), system, random);
        }
        try {
            return DirectoryObjectStore.open(Path.of(url), files, fileWork, Materializer.matFromSystem(system), random);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot use the object store " + settings.store(), e);
        }
    }

    RemoteTier tier() {
        return tier;
    }

    /**
     * To be called once the catalog answers.
     *
     * @return fails with IllegalStateException where the store belongs to another cluster; a store that does not answer in time is asked
     *     again, and is not waited for
     */
    CompletionStage<Done> claim(Supplier<CompletionStage<Optional<String>>> question) {
        return new StoreClaim(question, tier, CLAIM_PATIENCE, settings.retryMin(), settings.retryMax(), system).run();
    }

    @Override
    public void close() throws IOException {
        if (store instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (IOException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException(e);
            }
        }
    }
}
