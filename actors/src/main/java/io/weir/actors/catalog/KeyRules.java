package io.weir.actors.catalog;

import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Which columns the keys and the partitions of a table may be of, and the bucket key of one that names none. */
final class KeyRules {
    static final int PARTITION_COLUMNS_MAX = 8;

    private static final Set<DataType> PARTITION_TYPES = Set.of(
            DataType.Simple.STRING,
            DataType.Simple.TINYINT,
            DataType.Simple.SMALLINT,
            DataType.Simple.INT,
            DataType.Simple.BIGINT,
            DataType.Simple.BOOLEAN,
            DataType.Simple.DATE);

    private final Catalog.TableDefinition definition;
    private final Map<String, Column> columns = new HashMap<>();

    private KeyRules(Catalog.TableDefinition definition) {
        this.definition = definition;
        definition.columns().forEach(column -> columns.put(column.name(), column));
    }

    /** @throws WeirException INVALID_SCHEMA */
    static void check(Catalog.TableDefinition definition) {
        KeyRules rules = new KeyRules(definition);
        rules.checkColumns("primary_key", definition.primaryKey());
        rules.checkColumns("bucket_key", definition.bucketKey());
        rules.checkColumns("partition_by", definition.partitionBy());
        definition.primaryKey().forEach(rules::checkPrimaryKey);
        definition.bucketKey().forEach(rules::checkBucketKey);
        if (definition.partitionBy().size() > PARTITION_COLUMNS_MAX) {
            throw TableRules.invalid("partition_by names %d columns; at most %d can be partition columns"
                    .formatted(definition.partitionBy().size(), PARTITION_COLUMNS_MAX));
        }
        definition.partitionBy().forEach(rules::checkPartition);
    }

    /**
     * The columns whose hash picks the bucket: those given; else, with a primary key, the primary key without the partition columns (which
     * are the same in all buckets of a partition), or all of it where nothing else is left.
     */
    static List<String> bucketKey(Catalog.TableDefinition definition) {
        if (!definition.bucketKey().isEmpty()) {
            return definition.bucketKey();
        }
        List<String> rest = definition.primaryKey().stream()
                .filter(column -> !definition.partitionBy().contains(column))
                .toList();
        return rest.isEmpty() ? definition.primaryKey() : rest;
    }

    private void checkColumns(String member, List<String> names) {
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (!columns.containsKey(name)) {
                throw TableRules.invalid("%s names '%s', which is not a column of the table".formatted(member, name));
            }
            if (!seen.add(name)) {
                throw TableRules.invalid("%s names '%s' twice".formatted(member, name));
            }
        }
    }

    private void checkPrimaryKey(String name) {
        checkKeyType("primary_key", column(name));
    }

    private void checkBucketKey(String name) {
        checkKeyType("bucket_key", column(name));
        if (!definition.primaryKey().isEmpty() && !definition.primaryKey().contains(name)) {
            throw TableRules.invalid(
                    "bucket_key column '%s' is not in primary_key; rows of one key have to meet in one bucket, so take columns of the primary key"
                            .formatted(name));
        }
    }

    private void checkPartition(String name) {
        Column column = column(name);
        if (!PARTITION_TYPES.contains(column.type()) && !(column.type() instanceof DataType.Char)) {
            throw TableRules.invalid(
                    "partition_by column '%s' is %s; it has to be STRING, CHAR, TINYINT, SMALLINT, INT, BIGINT, BOOLEAN or DATE"
                            .formatted(name, column.type()));
        }
        if (!definition.primaryKey().isEmpty() && !definition.primaryKey().contains(name)) {
            throw TableRules.invalid(
                    "partition_by column '%s' is not in primary_key; rows of one key have to meet in one partition, so add it there"
                            .formatted(name));
        }
    }

    private Column column(String name) {
        return Objects.requireNonNull(columns.get(name));
    }

    private static void checkKeyType(String member, Column column) {
        DataType type = column.type();
        if (type == DataType.Simple.FLOAT
                || type == DataType.Simple.DOUBLE
                || type instanceof DataType.Array
                || type instanceof DataType.Vector
                || type instanceof DataType.Map
                || type instanceof DataType.Row) {
            throw TableRules.invalid("%s column '%s' is %s; nested and floating types cannot be a key"
                    .formatted(member, column.name(), type));
        }
    }
}
