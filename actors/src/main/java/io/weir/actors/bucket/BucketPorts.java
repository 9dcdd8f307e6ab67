package io.weir.actors.bucket;

import io.weir.actors.catalog.TableInfo;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.objects.RemoteTier;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * What the buckets of a node share and reach the world through.
 *
 * @param logs directory that holds a directory {@link BucketId#entityId()} for each bucket
 * @param allocator bounds the Arrow memory of the node
 * @param node this node, as manifests name it
 * @param sequences where {@link Sequences} runs, on this node or another
 * @param remote the object store, or null where this node has none
 * @param stores KV states of this node's primary-key tables; a bucket's is the directory {@code kv} in its own
 * @param bootId names this boot of the machine; see {@link io.weir.persistence.kv.DurableOffset}
 * @param manifests where {@link Manifests} runs, on this node or another
 */
public record BucketPorts(
        FileStore files,
        Path logs,
        Clock clock,
        BufferAllocator allocator,
        BucketManifest.Node node,
        ActorRef<BucketManifest.Command> manifests,
        ActorRef<Sequence.Command> sequences,
        KvStores stores,
        @Nullable RemoteTier remote,
        String bootId,
        Tables tables,
        LogTransfer transfer,
        LocalBuckets buckets,
        BucketSettings settings) {

    /** The way to the catalog. */
    @FunctionalInterface
    public interface Tables {
        /** Fails with WeirException TABLE_NOT_FOUND or PARTITION_NOT_FOUND where the table or its partition was dropped. */
        CompletionStage<TableInfo> of(BucketId bucket);
    }

    /** Brings a bucket's log from the node that led it last. */
    @FunctionalInterface
    public interface LogTransfer {
        /**
         * Replaces this node's copy, if any, by the one of {@code owner}; done when it is durable here. Fails with WeirException
         * BUCKET_UNAVAILABLE where the owner cannot be reached or does not give it; then this node's copy is as it was.
         */
        CompletionStage<Void> bring(BucketId bucket, BucketManifest.Node owner);

        /** Whether that node, which is not this one, is gone for good with its disk, so that waiting for it is of no use. */
        default CompletionStage<Boolean> isLost(BucketManifest.Node owner) {
            return CompletableFuture.completedFuture(false);
        }
    }

    Path directory(BucketId bucket) {
        return logs.resolve(bucket.entityId());
    }

    /** Where the bucket's directory is made before it is moved to its place. */
    Path draft(BucketId bucket) {
        return logs.resolveSibling("incoming").resolve(bucket.entityId());
    }
}
