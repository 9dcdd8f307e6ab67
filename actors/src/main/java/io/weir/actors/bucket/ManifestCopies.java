package io.weir.actors.bucket;

import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.ObjectPage;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.RemoteTier;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The copies of one bucket's manifest on the object store: the two newest are kept. One call at a time. */
final class ManifestCopies {
    private static final Logger LOG = LoggerFactory.getLogger(ManifestCopies.class);
    private static final int KEPT = 2;
    private static final int TIDY_SECONDS_MAX = 60;

    private final String bucket;
    private final RemoteTier tier;

    /** Versions that lie in the store, as far as is known; listed once, since a listing costs as much as a put. */
    private final TreeSet<Long> versions = new TreeSet<>();

    private boolean listed;

    ManifestCopies(BucketId bucket, RemoteTier tier) {
        this.bucket = bucket.entityId();
        this.tier = tier;
    }

    /** Done when the copy is stored; older ones go as they can. */
    CompletionStage<Void> put(long version, byte[] json) {
        return tier.transfers()
                .upload(RemoteNames.manifest(bucket, version), json)
                .thenCompose(stored -> tidy(version));
    }

    /** Never fails: what is left is deleted after the next copy. */
    private CompletionStage<Void> tidy(long version) {
        return known(version)
                .thenCompose(known -> delete())
                .toCompletableFuture()
                .orTimeout(TIDY_SECONDS_MAX, TimeUnit.SECONDS)
                .exceptionally(failure -> {
                    LOG.debug("bucket {}: old copies of the manifest stay for now", bucket, failure);
                    return null;
                });
    }

    private CompletionStage<Void> known(long version) {
        synchronized (this) {
            versions.add(version);
            if (listed) {
                return CompletableFuture.completedFuture(null);
            }
        }
        return list(Optional.empty());
    }

    private CompletionStage<Void> list(Optional<String> after) {
        return tier.store()
                .list(RemoteNames.manifestPrefix(bucket), after, 1000)
                .thenCompose(this::onPage);
    }

    private CompletionStage<Void> onPage(ObjectPage page) {
        synchronized (this) {
            page.objects().forEach(object -> RemoteNames.version(object.name()).ifPresent(versions::add));
            listed = page.next().isEmpty();
        }
        return page.next().isEmpty() ? CompletableFuture.completedFuture(null) : list(page.next());
    }

    private CompletionStage<Void> delete() {
        List<Long> old;
        synchronized (this) {
            old = versions.stream().limit(Math.max(0, versions.size() - KEPT)).toList();
        }
        if (old.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        List<ObjectName> names = old.stream()
                .map(version -> RemoteNames.manifest(bucket, version))
                .toList();
        return tier.store().delete(names).thenAccept(done -> {
            synchronized (this) {
                old.forEach(versions::remove);
            }
        });
    }
}
