package io.weir.actors.bucket;

/**
 * A bucket of a table, by the table's number and not its name: names never reach the disk, and a dropped and re-created table is
 * another one.
 */
public record BucketId(long tableId, int bucket) {
    /** Entity id under Cluster Sharding, and directory below the data directory's {@code log}: {@code <table>-<bucket>}. */
    public String entityId() {
        return tableId + "-" + bucket;
    }

    public static BucketId parse(String entityId) {
        int dash = entityId.indexOf('-');
        return new BucketId(
                Long.parseLong(entityId.substring(0, dash)), Integer.parseInt(entityId.substring(dash + 1)));
    }
}
