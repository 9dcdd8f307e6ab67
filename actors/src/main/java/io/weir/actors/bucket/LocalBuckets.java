package io.weir.actors.bucket;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * Which buckets use their directory on this node just now. A bucket's log is opened, replaced or deleted only by the holder of its
 * {@link Lease}, so a bucket that starts waits until the one before it has closed its files. Thread-safe.
 */
public final class LocalBuckets {
    private final Map<BucketId, Lease> last = new HashMap<>();
    private final Map<BucketId, Leader> leading = new HashMap<>();

    private record Leader(ActorRef<Bucket.Command> actor, LongSupplier heldBackBytes) {}

    /** The right to use the bucket's directory. */
    public final class Lease {
        private final BucketId bucket;
        private final CompletableFuture<@Nullable Void> released = new CompletableFuture<>();

        private Lease(BucketId bucket) {
            this.bucket = bucket;
        }

        void leads(ActorRef<Bucket.Command> actor, LongSupplier heldBackBytes) {
            synchronized (LocalBuckets.this) {
                leading.put(bucket, new Leader(actor, heldBackBytes));
            }
        }

        /** May be called more than once. */
        public void release() {
            synchronized (LocalBuckets.this) {
                if (last.remove(bucket, this)) {
                    leading.remove(bucket);
                }
            }
            released.complete(null);
        }
    }

    /** Completes when all who asked before have released. */
    public CompletionStage<Lease> acquire(BucketId bucket) {
        Lease mine = new Lease(bucket);
        Lease before;
        synchronized (this) {
            before = last.put(bucket, mine);
        }
        return before == null ? CompletableFuture.completedFuture(mine) : before.released.thenApply(done -> mine);
    }

    /** A lease at once, or null while somebody holds one. */
    public synchronized @Nullable Lease tryAcquire(BucketId bucket) {
        if (last.containsKey(bucket)) {
            return null;
        }
        Lease mine = new Lease(bucket);
        last.put(bucket, mine);
        return mine;
    }

    /** The buckets whose actors lead on this node. */
    public synchronized Set<BucketId> leading() {
        return Set.copyOf(leading.keySet());
    }

    public synchronized List<ActorRef<Bucket.Command>> leaders() {
        return leading.values().stream().map(Leader::actor).toList();
    }

    /** Bytes of the buckets that lead here which retention leaves only because the lake has not got so far. */
    public synchronized long heldBackBytes() {
        return leading.values().stream()
                .mapToLong(leader -> leader.heldBackBytes().getAsLong())
                .sum();
    }
}
