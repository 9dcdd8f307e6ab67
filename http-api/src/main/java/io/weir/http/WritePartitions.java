package io.weir.http;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.CatalogState;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.ingest.RowRouter;
import io.weir.sharding.WeirCluster;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Finds the buckets of rows that name their partitions by values; a partition that is written to first is created. */
final class WritePartitions {
    private final WeirCluster cluster;
    private final CatalogClient catalog;

    WritePartitions(WeirCluster cluster, CatalogClient catalog) {
        this.cluster = cluster;
        this.catalog = catalog;
    }

    /** The rows by bucket. Deletes create no partition: where there is none, there is nothing to delete. */
    CompletionStage<SortedMap<NamedBucket, List<ChangedRows>>> find(
            TableInfo table, ChangeKind kind, SortedMap<RowRouter.Route, List<ChangedRows>> rows) {
        if (!table.isPartitioned()) {
            SortedMap<NamedBucket, List<ChangedRows>> byBucket = new TreeMap<>();
            rows.forEach((route, parts) ->
                    byBucket.put(new NamedBucket(null, new BucketId(table.tableId(), route.bucket())), parts));
            return CompletableFuture.completedFuture(byBucket);
        }
        Set<List<String>> wanted = new LinkedHashSet<>();
        rows.keySet().forEach(route -> wanted.add(route.partition()));
        return partitions(table, kind, wanted).thenApply(found -> byBucket(table, rows, found));
    }

    private static SortedMap<NamedBucket, List<ChangedRows>> byBucket(
            TableInfo table,
            SortedMap<RowRouter.Route, List<ChangedRows>> rows,
            Map<List<String>, PartitionInfo> partitions) {
        SortedMap<NamedBucket, List<ChangedRows>> byBucket = new TreeMap<>();
        rows.forEach((route, parts) -> {
            PartitionInfo partition = partitions.get(route.partition());
            if (partition != null) {
                BucketId id = new BucketId(table.tableId(), partition.partitionId(), route.bucket());
                byBucket.put(new NamedBucket(partition.name(), id), parts);
            }
        });
        return byBucket;
    }

    private CompletionStage<Map<List<String>, PartitionInfo>> partitions(
            TableInfo table, ChangeKind kind, Set<List<String>> wanted) {
        Map<List<String>, PartitionInfo> known = known(table, wanted);
        if (known.size() == wanted.size()) {
            return CompletableFuture.completedFuture(known);
        }
        if (kind == ChangeKind.DELETE) {
            return catalog.partitions(table).thenApply(WritePartitions::byValues);
        }
        List<List<String>> missing =
                wanted.stream().filter(values -> !known.containsKey(values)).toList();
        return catalog.ask(
                        Catalog.Partitions.class,
                        replyTo -> new Catalog.EnsurePartitions(table.tableId(), missing, replyTo))
                .thenApply(made -> {
                    Map<List<String>, PartitionInfo> all = byValues(made.partitions());
                    all.putAll(known);
                    return all;
                });
    }

    private static Map<List<String>, PartitionInfo> byValues(List<PartitionInfo> partitions) {
        Map<List<String>, PartitionInfo> byValues = new HashMap<>();
        partitions.forEach(partition -> byValues.put(partition.values(), partition));
        return byValues;
    }

    /** Those that this node knows without asking. */
    private Map<List<String>, PartitionInfo> known(TableInfo table, Set<List<String>> wanted) {
        Map<List<String>, PartitionInfo> known = new HashMap<>();
        Optional<CatalogState> here = cluster.catalogHere();
        if (here.isPresent()) {
            for (List<String> values : wanted) {
                here.get()
                        .partition(table.tableId(), PartitionInfo.name(values))
                        .filter(partition -> partition.values().equals(values))
                        .ifPresent(partition -> known.put(values, partition));
            }
        }
        return known;
    }
}
