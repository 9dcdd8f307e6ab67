package io.weir.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.catalog.TableInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;

/** {@code GET T/buckets}: who leads each bucket and what its log and its KV state hold, partition by partition. */
final class BucketsRoute {
    static final String BUCKETS = CatalogRoutes.TABLE + "/buckets";

    private final CatalogClient catalog;
    private final BucketClient buckets;

    BucketsRoute(CatalogClient catalog, BucketClient buckets) {
        this.catalog = catalog;
        this.buckets = buckets;
    }

    List<Operation> operations() {
        return List.of(new Operation("GET", BUCKETS, ListPage.PARAMETERS, this::list));
    }

    private CompletionStage<HttpResponse> list(Exchange exchange) {
        return catalog.table(exchange.database(), exchange.table())
                .thenCompose(table -> table.isPartitioned()
                        ? catalog.partitions(table).thenCompose(partitions -> list(exchange, table, partitions))
                        : list(exchange, table, List.of()));
    }

    private CompletionStage<HttpResponse> list(Exchange exchange, TableInfo table, List<PartitionInfo> partitions) {
        Map<Long, String> names = new HashMap<>();
        partitions.forEach(partition -> names.put(partition.partitionId(), partition.name()));
        List<Place> all = (table.isPartitioned() ? names.keySet().stream().sorted() : Stream.of(0L))
                .flatMap(partition ->
                        IntStream.range(0, table.buckets()).mapToObj(bucket -> new Place(partition, bucket)))
                .toList();
        List<CompletableFuture<ObjectNode>> described = new ArrayList<>();
        ObjectNode page = ListPage.of(exchange, "buckets", all, Place::parse, (items, place) -> {
            BucketId id = new BucketId(table.tableId(), place.partitionId(), place.bucket());
            described.add(describe(new NamedBucket(names.get(place.partitionId()), id))
                    .toCompletableFuture());
        });
        return CompletableFuture.allOf(described.toArray(CompletableFuture[]::new))
                .thenApply(done -> {
                    ArrayNode items = page.withArray("buckets");
                    described.forEach(bucket -> items.add(bucket.join()));
                    return Json.response(StatusCodes.OK, page);
                });
    }

    /** A bucket in the list's order: that of the partitions' creation. */
    private record Place(long partitionId, int bucket) implements Comparable<Place> {
        static Place parse(String text) {
            int slash = text.indexOf('/');
            return new Place(
                    Long.parseLong(text.substring(0, Math.max(0, slash))), Integer.parseInt(text.substring(slash + 1)));
        }

        @Override
        public int compareTo(Place other) {
            return partitionId == other.partitionId
                    ? Integer.compare(bucket, other.bucket)
                    : Long.compare(partitionId, other.partitionId);
        }

        @Override
        public String toString() {
            return partitionId + "/" + bucket;
        }
    }

    /** A bucket that does not answer is listed all the same, with the reason, so that one cannot hide the others. */
    private CompletionStage<ObjectNode> describe(NamedBucket bucket) {
        return buckets.describe(bucket.id())
                .handle((description, failure) -> failure == null
                        ? described(bucket, description)
                        : Json.object()
                                .put("bucket", bucket.id().bucket())
                                .put("partition", bucket.partition())
                                .putNull("leader_node")
                                .put("problem", Problem.of(failure, "buckets").detail()));
    }

    private static ObjectNode described(NamedBucket bucket, Bucket.Description log) {
        ObjectNode json = Json.object()
                .put("bucket", bucket.id().bucket())
                .put("partition", bucket.partition())
                .put("leader_node", log.node())
                .put("leader_epoch", log.leaderEpoch())
                .put("log_start_offset", log.logStartOffset())
                .put("high_watermark", log.highWatermark())
                .put("hot_bytes", log.hotBytes())
                .put("kv_bytes", log.kvBytes());
        describe(json, log.remote() == null ? nothingRemote(log.logStartOffset()) : log.remote());
        json.put("lake_offset", log.lakeOffset() == 0 ? null : (Long) log.lakeOffset())
                .put("held_back_bytes", log.heldBackBytes())
                .put("writers", log.writers());
        ArrayNode corruptions = json.putArray("corruptions");
        log.corruptions().forEach(corruptions::add);
        return json;
    }

    private static void describe(ObjectNode json, Bucket.RemoteDescription remote) {
        json.put("hot_offset", remote.hotStartOffset())
                .put("remote_offset", remote.segments() == 0 ? null : (Long) remote.endOffset())
                .put("remote_bytes", remote.bytes())
                .put("remote_segments", remote.segments())
                .put("kv_snapshot_offset", remote.snapshotOffset() < 0 ? null : (Long) remote.snapshotOffset())
                .put("upload_backlog_bytes", remote.waitingBytes())
                .put("upload_backlog_segments", remote.waitingSegments())
                .put("upload_problem", remote.problem());
    }

    /** Of a bucket whose leader has no object store. */
    private static Bucket.RemoteDescription nothingRemote(long logStartOffset) {
        return new Bucket.RemoteDescription(logStartOffset, 0, 0, 0, -1, 0, 0, null);
    }
}
