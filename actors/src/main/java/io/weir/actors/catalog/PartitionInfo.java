package io.weir.actors.catalog;

import java.time.Instant;
import java.util.List;

/**
 * A partition of a table.
 *
 * @param partitionId from 1, given once in the whole catalog and never reused
 * @param name the values joined by {@code $}
 * @param values texts of the partition columns' values, in the order of {@link TableInfo#partitionBy}
 */
public record PartitionInfo(long partitionId, String name, List<String> values, Instant createdAt) {
    public PartitionInfo {
        values = List.copyOf(values);
    }

    public static String name(List<String> values) {
        return String.join("$", values);
    }
}
