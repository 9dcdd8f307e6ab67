package io.weir.http;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.ingest.RowRouter;
import io.weir.codec.row.Key;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/** Finds the buckets of keys, asks them at the same time, and puts their answers in the order of the keys. */
final class Lookups {
    private final CatalogClient catalog;
    private final BucketClient buckets;
    private final BufferAllocator allocator;

    Lookups(CatalogClient catalog, BucketClient buckets, BufferAllocator allocator) {
        this.catalog = catalog;
        this.buckets = buckets;
        this.allocator = allocator;
    }

    /** A row in a list, for a key that is known to be of this bucket of a table without partitions. */
    CompletionStage<List<byte @Nullable []>> one(TableInfo table, int bucket, Key key) {
        return buckets.lookup(new BucketId(table.tableId(), bucket), List.of(key));
    }

    /** @param keys rows of {@link KeyedTable#keySchema} */
    CompletionStage<List<byte @Nullable []>> rows(KeyedTable table, EncodedRows keys) {
        List<Key> encoded = table.keys().encode(keys);
        if (!table.info().isPartitioned() && table.info().buckets() == 1) {
            return buckets.lookup(new BucketId(table.info().tableId(), 0), encoded);
        }
        SortedMap<RowRouter.Route, int[]> routes = table.router().indexesByRoute(keys);
        return partitions(table.info(), routes.keySet()).thenCompose(partitions -> {
            Gathered gathered = new Gathered(keys.rowCount());
            routes.forEach((route, indexes) -> {
                BucketId bucket = bucket(table.info(), route, partitions);
                if (bucket != null) {
                    List<Key> some =
                            Arrays.stream(indexes).mapToObj(encoded::get).toList();
                    gathered.add(buckets.lookup(bucket, some), indexes);
                }
            });
            return gathered.all();
        });
    }

    /** @param rows of the table's current schema; their partitions are made where they are missing */
    CompletionStage<List<byte @Nullable []>> inserted(TableInfo table, EncodedRows rows) {
        RowRouter router = new RowRouter(table.schema(), table.partitionBy(), table.bucketKey(), table.buckets());
        SortedMap<RowRouter.Route, int[]> routes = router.indexesByRoute(rows);
        return ensured(table, routes.keySet()).thenCompose(partitions -> {
            Gathered gathered = new Gathered(rows.rowCount());
            routes.forEach((route, indexes) -> {
                BucketId bucket = bucket(table, route, partitions);
                if (bucket == null) {
                    throw new IllegalStateException("no partition for " + route);
                }
                EncodedRows some = indexes.length == rows.rowCount()
                        ? rows
                        : RecordBatches.select(table.schema().columns(), rows, indexes, allocator);
                gathered.add(buckets.insertIfMissing(bucket, some), indexes);
            });
            return gathered.all();
        });
    }

    /** The bucket of keys that all go to one; null where its partition does not exist. */
    CompletionStage<@Nullable BucketId> bucket(TableInfo table, RowRouter.Route route) {
        return partitions(table, Set.of(route)).thenApply(partitions -> bucket(table, route, partitions));
    }

    private static @Nullable BucketId bucket(
            TableInfo table, RowRouter.Route route, Map<String, PartitionInfo> partitions) {
        if (!table.isPartitioned()) {
            return new BucketId(table.tableId(), route.bucket());
        }
        PartitionInfo partition = partitions.get(PartitionInfo.name(route.partition()));
        return partition == null ? null : new BucketId(table.tableId(), partition.partitionId(), route.bucket());
    }

    private CompletionStage<Map<String, PartitionInfo>> partitions(TableInfo table, Set<RowRouter.Route> routes) {
        return table.isPartitioned()
                ? catalog.partitions(
                        table,
                        routes.stream()
                                .map(route -> PartitionInfo.name(route.partition()))
                                .collect(Collectors.toSet()))
                : CompletableFuture.completedFuture(Map.of());
    }

    private CompletionStage<Map<String, PartitionInfo>> ensured(TableInfo table, Set<RowRouter.Route> routes) {
        if (!table.isPartitioned()) {
            return CompletableFuture.completedFuture(Map.of());
        }
        List<List<String>> values =
                routes.stream().map(RowRouter.Route::partition).distinct().toList();
        return catalog.ask(
                        Catalog.Partitions.class,
                        replyTo -> new Catalog.EnsurePartitions(table.tableId(), values, replyTo))
                .thenApply(reply -> reply.partitions().stream().collect(Collectors.toMap(PartitionInfo::name, p -> p)));
    }

    /** Answers of several buckets, on their way to one list. */
    private static final class Gathered {
        private final byte[] @Nullable [] rows;
        private final List<CompletableFuture<?>> answers = new ArrayList<>();

        Gathered(int count) {
            this.rows = new byte[count][];
        }

        void add(CompletionStage<List<byte @Nullable []>> answer, int[] indexes) {
            answers.add(answer.thenAccept(found -> {
                        for (int i = 0; i < indexes.length; i++) {
                            rows[indexes[i]] = found.get(i);
                        }
                    })
                    .toCompletableFuture());
        }

        CompletionStage<List<byte @Nullable []>> all() {
            return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                    .thenApply(done -> Arrays.asList(rows));
        }
    }
}
