package io.weir.actors.catalog;

import io.weir.codec.schema.TableSchema;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A table as the catalog knows it.
 *
 * @param tableId given once, never reused
 * @param schemas every version, oldest first; the last one is current
 * @param bucketKey columns whose hash picks the bucket; empty: rows go to any bucket
 * @param properties as set by the user; defaults are not filled in
 */
public record TableInfo(
        long tableId,
        String database,
        String name,
        List<TableSchema> schemas,
        List<String> bucketKey,
        int buckets,
        Map<String, String> properties,
        Instant createdAt) {
    public TableInfo {
        schemas = List.copyOf(schemas);
        bucketKey = List.copyOf(bucketKey);
        properties = Map.copyOf(properties);
    }

    public TableSchema schema() {
        return schemas.get(schemas.size() - 1);
    }

    public Optional<TableSchema> schema(int schemaId) {
        return schemas.stream().filter(s -> s.schemaId() == schemaId).findFirst();
    }
}
