package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.ingest.ChangeRules;
import io.weir.codec.ingest.DecodeLimits;
import io.weir.codec.ingest.RowDecoder;
import io.weir.codec.ingest.RowFormat;
import io.weir.codec.ingest.RowRouter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Puts rows into the primary-key tables of a {@link FakeCluster}, past the interface that is tested. */
final class KeyedStore {
    private final FakeCluster cluster;

    KeyedStore(FakeCluster cluster) {
        this.cluster = cluster;
    }

    void upsert(String table, String ndjson) {
        change(ChangeKind.UPSERT, table, ndjson);
    }

    void delete(String table, String ndjson) {
        change(ChangeKind.DELETE, table, ndjson);
    }

    private void change(ChangeKind kind, String name, String ndjson) {
        TableInfo table = ((Catalog.Table) ask(replyTo -> new Catalog.GetTable("shop", name, replyTo))).info();
        var rows = RowDecoder.decodeChanges(
                kind,
                RowFormat.NDJSON,
                ByteBuffer.wrap(ndjson.getBytes(StandardCharsets.UTF_8)),
                table.schema(),
                new ChangeRules(Set.copyOf(table.primaryKey()), null, Map.of()),
                DecodeLimits.DEFAULT,
                cluster.allocator());
        new RowRouter(table.schema(), table.partitionBy(), table.bucketKey(), table.buckets())
                .split(rows, 0, cluster.allocator())
                .forEach((route, changes) -> {
                    BucketId bucket =
                            new BucketId(table.tableId(), partitionId(table, route.partition()), route.bucket());
                    cluster.<Bucket.AppendReply>askBucket(
                                    bucket,
                                    replyTo -> new Bucket.Upsert(changes, null, false, replyTo),
                                    Duration.ofSeconds(5))
                            .toCompletableFuture()
                            .join();
                });
    }

    private long partitionId(TableInfo table, List<String> values) {
        if (values.isEmpty()) {
            return 0;
        }
        return ((Catalog.Partitions)
                        ask(replyTo -> new Catalog.EnsurePartitions(table.tableId(), List.of(values), replyTo)))
                .partitions()
                .get(0)
                .partitionId();
    }

    void dropPartition(String table, String partition) {
        ask(replyTo -> new Catalog.DropPartition("shop", table, partition, replyTo));
    }

    private Catalog.Reply ask(
            java.util.function.Function<org.apache.pekko.actor.typed.ActorRef<Catalog.Reply>, Catalog.Command>
                    question) {
        return cluster.askCatalog(question).toCompletableFuture().join();
    }
}
