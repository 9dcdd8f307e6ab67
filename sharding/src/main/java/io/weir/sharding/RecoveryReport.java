package io.weir.sharding;

import java.util.List;

/**
 * What {@link StoreRecovery} found and did.
 *
 * @param written whether the data directory has a journal now
 * @param store its URL
 * @param bytes of the segments, and of the newest KV snapshot of each bucket
 * @param keptHere buckets that have a log on this disk, which goes on to be used where it is not older than the store
 * @param lossCount how many losses there are
 * @param losses sentences about rows that were on the store and cannot be had, the first ones
 * @param notes sentences about what else was found, the first ones
 */
public record RecoveryReport(
        boolean written,
        String store,
        String clusterId,
        long catalogVersion,
        int databases,
        int tables,
        int partitions,
        int buckets,
        long segments,
        long snapshots,
        long bytes,
        int keptHere,
        long lossCount,
        List<String> losses,
        List<String> notes) {
    public RecoveryReport {
        losses = List.copyOf(losses);
        notes = List.copyOf(notes);
    }
}
