package io.weir.actors.bucket;

import io.weir.actors.catalog.TableInfo;
import io.weir.persistence.file.FileStore;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.CompletionStage;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * What the buckets of a node share and reach the world through.
 *
 * @param logs directory that holds a directory {@link BucketId#entityId()} for each bucket
 * @param allocator bounds the Arrow memory of the node
 * @param node this node, as manifests name it
 * @param manifests where {@link Manifests} runs, on this node or another
 */
public record BucketPorts(
        FileStore files,
        Path logs,
        Clock clock,
        BufferAllocator allocator,
        BucketManifest.Node node,
        ActorRef<BucketManifest.Command> manifests,
        Tables tables,
        LogTransfer transfer,
        LocalBuckets buckets,
        BucketSettings settings) {

    /** The way to the catalog. */
    @FunctionalInterface
    public interface Tables {
        /** Fails with WeirException TABLE_NOT_FOUND where the table was dropped. */
        CompletionStage<TableInfo> byId(long tableId);
    }

    /** Brings a bucket's log from the node that led it last. */
    @FunctionalInterface
    public interface LogTransfer {
        /**
         * Replaces this node's copy, if any, by the one of {@code owner}; done when it is durable here. Fails with WeirException
         * BUCKET_UNAVAILABLE where the owner cannot be reached or does not give it; then this node's copy is as it was.
         */
        CompletionStage<Void> bring(BucketId bucket, BucketManifest.Node owner);
    }

    Path directory(BucketId bucket) {
        return logs.resolve(bucket.entityId());
    }
}
