package io.weir.actors.bucket;

import java.util.Comparator;

/**
 * A bucket of a table, or of one of its partitions, by numbers and not by names: names never reach the disk, and a dropped and
 * re-created table or partition is another one.
 *
 * @param partitionId 0 where the table is not partitioned
 */
public record BucketId(long tableId, long partitionId, int bucket) implements Comparable<BucketId> {
    private static final Comparator<BucketId> ORDER = Comparator.comparingLong(BucketId::tableId)
            .thenComparingLong(BucketId::partitionId)
            .thenComparingInt(BucketId::bucket);

    /** A bucket of a table without partitions. */
    public BucketId(long tableId, int bucket) {
        this(tableId, 0, bucket);
    }

    /**
     * Entity id under Cluster Sharding, and directory below the data directory's {@code log}: {@code <table>-<bucket>}, or
     * {@code <table>-<partition>-<bucket>}.
     */
    public String entityId() {
        return partitionId == 0 ? tableId + "-" + bucket : tableId + "-" + partitionId + "-" + bucket;
    }

    public static BucketId parse(String entityId) {
        String[] parts = entityId.split("-", -1);
        return parts.length == 2
                ? new BucketId(Long.parseLong(parts[0]), Integer.parseInt(parts[1]))
                : new BucketId(Long.parseLong(parts[0]), Long.parseLong(parts[1]), Integer.parseInt(parts[2]));
    }

    @Override
    public int compareTo(BucketId other) {
        return ORDER.compare(this, other);
    }
}
