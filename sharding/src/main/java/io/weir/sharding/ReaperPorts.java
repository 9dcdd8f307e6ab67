package io.weir.sharding;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.Manifest;
import io.weir.actors.catalog.Catalog;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.kv.KvSnapshots;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.ObjectPage;
import io.weir.persistence.objects.ObjectStore;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.StoredObject;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** The object store, the manifests and the catalog, for {@link ReaperPass}; each call blocks, but not for ever. */
final class ReaperPorts implements ReaperPass.Ports {
    /** The store tries again by itself before it fails. */
    private static final Duration STORE_TIMEOUT = Duration.ofMinutes(2);

    private static final Duration MANIFEST_TIMEOUT = Duration.ofSeconds(10);

    private final RemoteTier remote;
    private final ActorRef<BucketManifest.Command> manifests;
    private final ActorRef<Catalog.Command> catalog;
    private final Duration catalogTimeout;
    private final ActorSystem<?> system;

    ReaperPorts(
            RemoteTier remote,
            ActorRef<BucketManifest.Command> manifests,
            ActorRef<Catalog.Command> catalog,
            Duration catalogTimeout,
            ActorSystem<?> system) {
        this.remote = remote;
        this.manifests = manifests;
        this.catalog = catalog;
        this.catalogTimeout = catalogTimeout;
        this.system = system;
    }

    @Override
    public ObjectPage list(String prefix, Optional<String> after) throws Exception {
        return await(remote.store().list(prefix, after, ObjectStore.PAGE_MAX), STORE_TIMEOUT);
    }

    @Override
    public Catalog.TableIds tables() throws Exception {
        Catalog.Reply reply = await(
                AskPattern.<Catalog.Command, Catalog.Reply>ask(
                        catalog, Catalog.ListTableIds::new, catalogTimeout, system.scheduler()),
                catalogTimeout.multipliedBy(2));
        if (reply instanceof Catalog.TableIds tables) {
            return tables;
        }
        throw new IllegalStateException("the catalog answered " + reply);
    }

    @Override
    public Manifest manifest(BucketId bucket) throws Exception {
        BucketManifest.Reply reply = await(
                AskPattern.<BucketManifest.Command, BucketManifest.Reply>ask(
                        manifests,
                        replyTo -> new BucketManifest.GetManifest(bucket, replyTo),
                        MANIFEST_TIMEOUT,
                        system.scheduler()),
                MANIFEST_TIMEOUT.multipliedBy(2));
        if (reply instanceof Manifest manifest) {
            return manifest;
        }
        throw new IllegalStateException("the manifest answered " + reply);
    }

    @Override
    public Set<ObjectName> objectsOf(KvSnapshot snapshot) throws Exception {
        return await(KvSnapshots.objects(remote.transfers(), snapshot), STORE_TIMEOUT).stream()
                .map(StoredObject::name)
                .collect(Collectors.toSet());
    }

    @Override
    public void delete(List<ObjectName> names) throws Exception {
        await(remote.store().delete(names), STORE_TIMEOUT);
    }

    /** Fails as the stage does. */
    static <T> T await(CompletionStage<T> stage, Duration limit) throws Exception {
        try {
            return stage.toCompletableFuture().get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new TimeoutException("no answer within " + limit);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }
}
