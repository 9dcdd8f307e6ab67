package io.weir.sharding;

import io.weir.actors.json.StrictJson;
import io.weir.codec.WeirException;
import io.weir.persistence.objects.PutIfAbsent;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.RemoteTier;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.util.ByteString;

/**
 * Whose an object store is: {@code weir.json} in it says {@code {"format":1,"cluster_id":"..."}}, put by the first cluster that came. A
 * cluster whose journal was lost is another one, until it is recovered.
 */
final class StoreIdentity {
    private static final int FORMAT = 1;
    static final int BYTES_MAX = 4096;

    private final RemoteTier tier;
    private final ClusterId clusterId;

    private record IdentityJson(int format, String clusterId) {}

    /** The catalog's. */
    interface ClusterId {
        /** Empty where it has none yet. */
        CompletionStage<String> get();

        /** Gives it one, where it has none. */
        CompletionStage<String> give();
    }

    StoreIdentity(RemoteTier tier, ClusterId clusterId) {
        this.tier = tier;
        this.clusterId = clusterId;
    }

    /** What {@code weir.json} holds in the store of the cluster of that id. */
    static byte[] encode(String clusterId) {
        return StrictJson.encode(new IdentityJson(FORMAT, clusterId));
    }

    /** @throws WeirException CORRUPT_DATA */
    static String decode(byte[] json) {
        return StrictJson.decode("weir.json of the object store", json, BYTES_MAX, FORMAT, IdentityJson.class)
                .clusterId();
    }

    /**
     * Claims the store where nobody has. May be asked again. Writes nothing, to the journal neither, where the store is another's.
     *
     * @return nothing where the store belongs to this cluster; why it must not be used, and what to do, where not. Fails where that is
     *     not known: the catalog or the store did not answer
     */
    CompletionStage<Optional<String>> refusal() {
        return tier.store()
                .head(RemoteNames.IDENTITY)
                .thenCompose(found -> found.isPresent() ? clusterId.get().thenCompose(this::compare) : claim());
    }

    private CompletionStage<Optional<String>> claim() {
        return clusterId.give().thenCompose(id -> tier.store()
                .putIfAbsent(RemoteNames.IDENTITY, ByteString.fromArray(encode(id)))
                .thenCompose(outcome -> outcome instanceof PutIfAbsent.Created
                        ? CompletableFuture.completedFuture(Optional.<String>empty())
                        : compare(id)));
    }

    private CompletionStage<Optional<String>> compare(String id) {
        return tier.transfers().read(RemoteNames.IDENTITY, BYTES_MAX).thenApply(bytes -> {
            String owner;
            try {
                owner = decode(bytes);
            } catch (WeirException e) {
                return Optional.of(
                        e.detail()
                                + "; set weir.object-store (WEIR_OBJECT_STORE) to the store of this cluster, or to an empty one");
            }
            return owner.equals(id) ? Optional.empty() : Optional.of(foreign(owner, id));
        });
    }

    private static String foreign(String owner, String id) {
        String whose = "the object store belongs to cluster %s, and ".formatted(owner);
        String other = "if not, set weir.object-store (WEIR_OBJECT_STORE) to another store";
        return id.isEmpty()
                ? whose
                        + "the journal of this node is new. If the journal of that cluster was lost, run 'weir recover' with these"
                        + " settings; " + other
                : whose
                        + "the journal of this node to cluster %s. If it is the store of this cluster and the journal was lost, run"
                                .formatted(id)
                        + " 'weir recover' with an empty data directory; " + other;
    }
}
