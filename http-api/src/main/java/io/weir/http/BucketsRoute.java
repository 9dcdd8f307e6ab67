package io.weir.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.TableInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;

/** {@code GET T/buckets}: who leads each bucket and what its log holds. */
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
        return catalog.table(exchange.database(), exchange.table()).thenCompose(table -> {
            List<Integer> all = IntStream.range(0, table.buckets()).boxed().toList();
            List<CompletableFuture<ObjectNode>> described = new ArrayList<>();
            ObjectNode page = ListPage.of(
                    exchange,
                    "buckets",
                    all,
                    Integer::valueOf,
                    (items, bucket) -> described.add(describe(table, bucket).toCompletableFuture()));
            return CompletableFuture.allOf(described.toArray(CompletableFuture[]::new))
                    .thenApply(done -> {
                        ArrayNode items = page.withArray("buckets");
                        described.forEach(bucket -> items.add(bucket.join()));
                        return Json.response(StatusCodes.OK, page);
                    });
        });
    }

    /** A bucket that does not answer is listed all the same, with the reason, so that one cannot hide the others. */
    private CompletionStage<ObjectNode> describe(TableInfo table, int bucket) {
        return buckets.describe(new BucketId(table.tableId(), bucket))
                .handle((description, failure) -> failure == null
                        ? described(bucket, description)
                        : Json.object()
                                .put("bucket", bucket)
                                .putNull("partition")
                                .putNull("leader_node")
                                .put("problem", Problem.of(failure, "buckets").detail()));
    }

    private static ObjectNode described(int bucket, Bucket.Description log) {
        ObjectNode json = Json.object()
                .put("bucket", bucket)
                .putNull("partition")
                .put("leader_node", log.node())
                .put("leader_epoch", log.leaderEpoch())
                .put("log_start_offset", log.logStartOffset())
                .put("high_watermark", log.highWatermark())
                .put("hot_offset", log.logStartOffset())
                .put("hot_bytes", log.hotBytes())
                .putNull("remote_offset")
                .put("remote_bytes", 0)
                .putNull("lake_offset")
                .put("lake_bytes", 0)
                .put("writers", log.writers());
        ArrayNode corruptions = json.putArray("corruptions");
        log.corruptions().forEach(corruptions::add);
        return json;
    }
}
