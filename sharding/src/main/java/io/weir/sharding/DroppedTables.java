package io.weir.sharding;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.LocalBuckets;
import io.weir.actors.catalog.Catalog;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.kv.KvStores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what buckets of dropped tables and dropped partitions left on the disk. The disk is listed before the catalog is asked, so a table or partition created meanwhile is never
 * taken for a dropped one; and only ids that the catalog has given out count, so that a new, empty catalog deletes nothing.
 */
final class DroppedTables {
    private static final Logger LOG = LoggerFactory.getLogger(DroppedTables.class);
    private static final Pattern BUCKET_DIRECTORY = Pattern.compile("\\d{1,18}-(\\d{1,18}-)?\\d{1,9}");

    private final FileStore files;
    private final Path logs;
    private final LocalBuckets buckets;
    private final KvStores stores;
    private final WeirCluster cluster;
    private final Executor segmentIo;

    DroppedTables(
            FileStore files,
            Path logs,
            LocalBuckets buckets,
            KvStores stores,
            WeirCluster cluster,
            Executor segmentIo) {
        this.files = files;
        this.logs = logs;
        this.buckets = buckets;
        this.stores = stores;
        this.cluster = cluster;
        this.segmentIo = segmentIo;
    }

    /** @return the buckets that have a directory here and are not of a dropped table or partition */
    CompletionStage<List<BucketId>> sweep() {
        return CompletableFuture.supplyAsync(this::onDisk, segmentIo)
                .thenCompose(found -> found.isEmpty()
                        ? CompletableFuture.completedFuture(found)
                        : cluster.askCatalog(Catalog.ListTableIds::new)
                                .thenApplyAsync(reply -> deleteDropped(found, reply), segmentIo));
    }

    List<BucketId> onDisk() {
        try {
            return files.list(logs).stream()
                    .filter(DroppedTables::isBucket)
                    .map(BucketId::parse)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** True for names that a bucket's directory can have. */
    static boolean isBucket(String name) {
        return BUCKET_DIRECTORY.matcher(name).matches()
                && BucketId.parse(name).entityId().equals(name);
    }

    private List<BucketId> deleteDropped(List<BucketId> found, Catalog.Reply reply) {
        if (!(reply instanceof Catalog.TableIds existing)) {
            throw new IllegalStateException("the catalog answered " + reply);
        }
        List<BucketId> left = new ArrayList<>();
        for (BucketId bucket : found) {
            if (!isDropped(bucket, existing)) {
                left.add(bucket);
            } else {
                delete(bucket);
            }
        }
        return left;
    }

    /** True where the catalog gave out the ids, and has the table or the partition no more. */
    static boolean isDropped(BucketId bucket, Catalog.TableIds existing) {
        boolean tableDropped =
                bucket.tableId() <= existing.lastTableId() && !existing.ids().contains(bucket.tableId());
        boolean partitionDropped = bucket.partitionId() != 0
                && bucket.partitionId() <= existing.lastPartitionId()
                && !existing.partitionIds().contains(bucket.partitionId());
        return tableDropped || partitionDropped;
    }

    private void delete(BucketId bucket) {
        LocalBuckets.Lease lease = buckets.tryAcquire(bucket);
        if (lease == null) {
            // The tick makes a bucket that still runs look for its table, and stop; the next sweep deletes.
            cluster.tell(bucket, Bucket.Tick.INSTANCE);
            return;
        }
        try {
            Path directory = logs.resolve(bucket.entityId());
            stores.release(directory.resolve(KvStores.DIRECTORY));
            files.deleteTree(directory);
            files.syncDirectory(logs);
            LOG.info("deleted bucket {}, whose table or partition was dropped", bucket.entityId());
        } catch (IOException | RuntimeException e) {
            LOG.warn(
                    "cannot delete bucket {}, whose table or partition was dropped; tried again later",
                    bucket.entityId(),
                    e);
        } finally {
            lease.release();
        }
    }
}
