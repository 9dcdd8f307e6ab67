package io.weir.actors.catalog;

import java.util.List;

/** What happened to the catalog. Stored for ever: names and shapes are pinned by the event serializer's golden file. */
public sealed interface CatalogEvent {
    record DatabaseCreated(String database) implements CatalogEvent {}

    /** The database and all tables in it. */
    record DatabaseDropped(String database) implements CatalogEvent {}

    /** @param databaseCreated whether the database came into being with it */
    record TableCreated(TableInfo table, boolean databaseCreated) implements CatalogEvent {}

    record TableDropped(String database, String table, long tableId) implements CatalogEvent {}

    /** @param table as it is after the change */
    record TableAltered(TableInfo table) implements CatalogEvent {}

    /** All of them at once. */
    record PartitionsCreated(long tableId, List<PartitionInfo> partitions) implements CatalogEvent {
        public PartitionsCreated {
            partitions = List.copyOf(partitions);
        }
    }

    /** All of them at once, with their rows. */
    record PartitionsDropped(long tableId, List<Long> partitionIds) implements CatalogEvent {
        public PartitionsDropped {
            partitionIds = List.copyOf(partitionIds);
        }
    }

    /** The cluster has its name, for ever. */
    record ClusterNamed(String clusterId) implements CatalogEvent {}

    /** The first event, where the catalog was found again on the object store. */
    record CatalogRestored(CatalogState.Snapshot snapshot) implements CatalogEvent {}
}
