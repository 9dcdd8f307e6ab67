package io.weir.sharding;

import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.kv.KvSnapshots;
import io.weir.persistence.objects.ObjectInfo;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.ObjectPage;
import io.weir.persistence.objects.ObjectStore;
import io.weir.persistence.objects.ObjectStoreException;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.StoredObject;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Blocking reads of an object store. What may pass is tried a few times. */
final class RecoveryPorts {
    private static final Duration TIMEOUT = Duration.ofMinutes(10);
    private static final int ATTEMPTS = 5;

    private final RemoteTier remote;

    RecoveryPorts(RemoteTier remote) {
        this.remote = remote;
    }

    /** All objects whose names begin so, in order. */
    void list(String prefix, Consumer<ObjectInfo> visitor) throws Exception {
        Optional<String> after = Optional.empty();
        do {
            Optional<String> from = after;
            ObjectPage page = get(() -> remote.store().list(prefix, from, ObjectStore.PAGE_MAX));
            page.objects().forEach(visitor);
            after = page.next();
        } while (after.isPresent());
    }

    byte[] read(ObjectName name, int bytesMax) throws Exception {
        return get(() -> remote.transfers().read(name, bytesMax));
    }

    Optional<ObjectInfo> head(ObjectName name) throws Exception {
        return get(() -> remote.store().head(name));
    }

    List<StoredObject> objectsOf(KvSnapshot snapshot) throws Exception {
        return get(() -> KvSnapshots.objects(remote.transfers(), snapshot));
    }

    private static <T> T get(Supplier<CompletionStage<T>> request) throws Exception {
        for (int attempt = 1; ; attempt++) {
            try {
                return ReaperPorts.await(request.get(), TIMEOUT);
            } catch (ObjectStoreException e) {
                boolean mayPass =
                        e instanceof ObjectStoreException.Retryable || e instanceof ObjectStoreException.Damaged;
                if (!mayPass || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }
}
