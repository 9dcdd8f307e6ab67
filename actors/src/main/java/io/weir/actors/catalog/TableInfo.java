package io.weir.actors.catalog;

import io.weir.codec.schema.TableSchema;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A table as the catalog knows it.
 *
 * @param tableId given once, never reused
 * @param schemas every version, oldest first; the last one is current
 * @param primaryKey columns of the primary key; empty: a log table
 * @param bucketKey columns whose hash picks the bucket; empty: rows go to any bucket. Never empty, and some of the primary key, where
 *     there is one
 * @param partitionBy columns whose values pick the partition; empty: the table is not partitioned
 * @param properties as set by the user; defaults are not filled in
 */
public record TableInfo(
        long tableId,
        String database,
        String name,
        List<TableSchema> schemas,
        List<String> primaryKey,
        List<String> bucketKey,
        List<String> partitionBy,
        int buckets,
        Map<String, String> properties,
        Instant createdAt) {
    public TableInfo {
        schemas = List.copyOf(schemas);
        primaryKey = List.copyOf(primaryKey);
        bucketKey = List.copyOf(bucketKey);
        partitionBy = List.copyOf(partitionBy);
        properties = Map.copyOf(properties);
    }

    public boolean hasPrimaryKey() {
        return !primaryKey.isEmpty();
    }

    public boolean isPartitioned() {
        return !partitionBy.isEmpty();
    }

    /** The primary key's columns in the order that KV keys hold them: the bucket key first, so that it is a prefix. */
    public List<String> keyOrder() {
        List<String> order = new ArrayList<>(bucketKey);
        primaryKey.stream().filter(column -> !order.contains(column)).forEach(order::add);
        return order;
    }

    public TableSchema schema() {
        return schemas.get(schemas.size() - 1);
    }

    public Optional<TableSchema> schema(int schemaId) {
        return schemas.stream().filter(s -> s.schemaId() == schemaId).findFirst();
    }
}
