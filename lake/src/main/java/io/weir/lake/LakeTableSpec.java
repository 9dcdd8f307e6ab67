package io.weir.lake;

import io.weir.codec.schema.TableSchema;
import java.util.List;

/**
 * What a lake has to know of a table.
 *
 * @param tableId stands in the lake's metadata, so that a table that was dropped and created again is not taken for the former one
 * @param createdMs likewise: a store that was set up anew, or another one, gives the same ids
 * @param schema the current version; columns are told apart by their ids
 * @param primaryKey empty: a log table
 * @param partitionBy columns that are identity partitions in the lake
 * @param maintenance what the table's properties ask for
 */
public record LakeTableSpec(
        long tableId,
        long createdMs,
        String database,
        String name,
        TableSchema schema,
        List<String> primaryKey,
        List<String> bucketKey,
        List<String> partitionBy,
        int buckets,
        LakeMaintenance maintenance) {
    public LakeTableSpec {
        primaryKey = List.copyOf(primaryKey);
        bucketKey = List.copyOf(bucketKey);
        partitionBy = List.copyOf(partitionBy);
    }

    /** With {@code createdMs} 0. */
    public LakeTableSpec(
            long tableId,
            String database,
            String name,
            TableSchema schema,
            List<String> primaryKey,
            List<String> bucketKey,
            List<String> partitionBy,
            int buckets,
            LakeMaintenance maintenance) {
        this(tableId, 0, database, name, schema, primaryKey, bucketKey, partitionBy, buckets, maintenance);
    }

    public boolean hasPrimaryKey() {
        return !primaryKey.isEmpty();
    }
}
