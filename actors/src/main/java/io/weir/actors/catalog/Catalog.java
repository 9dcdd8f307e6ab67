package io.weir.actors.catalog;

import io.weir.codec.ErrorCode;
import io.weir.codec.schema.Column;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The protocol of the catalog: a cluster singleton, event-sourced. Every change is one event, so it is applied whole or not at
 * all. Errors are {@link Refused} replies.
 */
public final class Catalog {
    static final int CLUSTER_ID_LENGTH_MAX = 64;

    private Catalog() {}

    public sealed interface Command {}

    public record CreateDatabase(String database, ActorRef<Reply> replyTo) implements Command {}

    public record DropDatabase(String database, boolean cascade, ActorRef<Reply> replyTo) implements Command {}

    public record ListDatabases(ActorRef<Reply> replyTo) implements Command {}

    public record GetDatabase(String database, ActorRef<Reply> replyTo) implements Command {}

    /**
     * @param createDatabase whether a missing database is created with it ({@code ?create=infer})
     * @param definition ids of its columns are given by the catalog
     */
    public record CreateTable(
            String database, TableDefinition definition, boolean createDatabase, ActorRef<Reply> replyTo)
            implements Command {}

    public record DropTable(String database, String table, ActorRef<Reply> replyTo) implements Command {}

    public record AlterTable(String database, String table, TableChange change, ActorRef<Reply> replyTo)
            implements Command {}

    public record ListTables(String database, ActorRef<Reply> replyTo) implements Command {}

    public record GetTable(String database, String table, ActorRef<Reply> replyTo) implements Command {}

    /** @param partitionId a partition that has to exist too, or 0 */
    public record GetTableById(long tableId, long partitionId, ActorRef<Reply> replyTo) implements Command {}

    /** Answered with {@link Partitions}, oldest first. */
    public record ListPartitions(String database, String table, ActorRef<Reply> replyTo) implements Command {}

    /** @param values one a partition column; answered with {@link Partition} */
    public record CreatePartition(String database, String table, List<String> values, ActorRef<Reply> replyTo)
            implements Command {
        public CreatePartition {
            values = List.copyOf(values);
        }
    }

    public record DropPartition(String database, String table, String partition, ActorRef<Reply> replyTo)
            implements Command {}

    /**
     * Finds partitions by their values, and creates those that are missing, all or none; answered with {@link Partitions} in the order
     * asked. Refused where the table's auto-partition rule keeps no partition so old.
     */
    public record EnsurePartitions(long tableId, List<List<String>> values, ActorRef<Reply> replyTo)
            implements Command {
        public EnsurePartitions {
            values = List.copyOf(values);
        }
    }

    /** The ids of all tables and partitions that exist: what a node may keep on its disk. */
    public record ListTableIds(ActorRef<Reply> replyTo) implements Command {}

    /** Asks for the cluster's name; answered with {@link ClusterName}, an empty one where it has none yet. */
    public record GetClusterName(ActorRef<Reply> replyTo) implements Command {}

    /**
     * Gives the cluster its name, where it has none yet; answered with {@link ClusterName}, always the same one.
     *
     * @param proposed 1 to {@value #CLUSTER_ID_LENGTH_MAX} letters, digits and '-'
     */
    public record NameCluster(String proposed, ActorRef<Reply> replyTo) implements Command {}

    /**
     * Takes over all of a catalog that was found on the object store; refused where anything ever happened here. Answered with
     * {@link Done}. Only on the node that holds the journal: it crosses no wire.
     *
     * @param snapshot as {@link CatalogCopy#decode} checked it
     */
    public record Restore(CatalogState.Snapshot snapshot, ActorRef<Reply> replyTo) implements Command {}

    /** What the catalog tells itself now and then: let partitions come and go by their rules. */
    enum ApplyAutoPartitions implements Command {
        INSTANCE
    }

    /** A table to be; checked by {@link TableRules}. Column ids in it are ignored. */
    public record TableDefinition(
            String name,
            List<Column> columns,
            List<String> primaryKey,
            List<String> bucketKey,
            List<String> partitionBy,
            int buckets,
            Map<String, String> properties) {
        /** A log table without partitions. */
        public TableDefinition(
                String name,
                List<Column> columns,
                List<String> bucketKey,
                int buckets,
                Map<String, String> properties) {
            this(name, columns, List.of(), bucketKey, List.of(), buckets, properties);
        }

        public TableDefinition {
            columns = List.copyOf(columns);
            primaryKey = List.copyOf(primaryKey);
            bucketKey = List.copyOf(bucketKey);
            partitionBy = List.copyOf(partitionBy);
            properties = Map.copyOf(properties);
        }
    }

    /**
     * Changes in one step, in this order: drop, rename, widen, add; then properties.
     *
     * @param renames old name to new name
     * @param widenings column name to its new type's text
     */
    public record TableChange(
            List<Column> addColumns,
            Map<String, String> renames,
            Map<String, String> widenings,
            List<String> dropColumns,
            Map<String, String> setProperties,
            Set<String> unsetProperties) {
        public TableChange {
            addColumns = List.copyOf(addColumns);
            renames = Map.copyOf(renames);
            widenings = Map.copyOf(widenings);
            dropColumns = List.copyOf(dropColumns);
            setProperties = Map.copyOf(setProperties);
            unsetProperties = Set.copyOf(unsetProperties);
        }
    }

    public sealed interface Reply {}

    public record Done() implements Reply {}

    public record Databases(List<String> names) implements Reply {
        public Databases {
            names = List.copyOf(names);
        }
    }

    /** A table, found, created or altered. */
    public record Table(TableInfo info) implements Reply {}

    public record Tables(List<String> names) implements Reply {
        public Tables {
            names = List.copyOf(names);
        }
    }

    public record Partition(PartitionInfo info) implements Reply {}

    public record Partitions(List<PartitionInfo> partitions) implements Reply {
        public Partitions {
            partitions = List.copyOf(partitions);
        }
    }

    /**
     * @param lastTableId highest id ever given: one at or below it that is not in {@code ids} was dropped
     * @param lastPartitionId likewise
     */
    public record TableIds(Set<Long> ids, long lastTableId, Set<Long> partitionIds, long lastPartitionId)
            implements Reply {
        public TableIds {
            ids = Set.copyOf(ids);
            partitionIds = Set.copyOf(partitionIds);
        }
    }

    public record ClusterName(String clusterId) implements Reply {}

    public record Refused(ErrorCode code, String detail) implements Reply {}
}
