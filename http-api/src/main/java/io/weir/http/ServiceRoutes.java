package io.weir.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.actors.catalog.Catalog;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.sharding.WeirCluster;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.util.ByteString;

/** Health, metrics, the OpenAPI document, the cluster's members. */
final class ServiceRoutes {
    private static final ContentType METRICS = ContentTypes.parse("text/plain; version=0.0.4; charset=utf-8");

    private final WeirCluster cluster;
    private final CatalogClient catalog;
    private final HttpMetrics metrics;
    private final ByteString openApi;

    ServiceRoutes(WeirCluster cluster, CatalogClient catalog, HttpMetrics metrics) {
        this.cluster = cluster;
        this.catalog = catalog;
        this.metrics = metrics;
        this.openApi = ByteString.fromArrayUnsafe(Json.bytes(OpenApi.document()));
    }

    List<Operation> operations() {
        return List.of(
                new Operation("GET", "/health/live", Set.of(), exchange -> done(healthy())),
                new Operation("GET", "/health/ready", Set.of(), this::ready),
                new Operation("GET", "/metrics", Set.of(), exchange -> done(metrics())),
                new Operation("GET", "/openapi.json", Set.of(), exchange -> done(openApi())),
                new Operation("GET", "/v1/cluster", Set.of(), this::cluster));
    }

    private static CompletionStage<HttpResponse> done(HttpResponse response) {
        return CompletableFuture.completedFuture(response);
    }

    private static HttpResponse healthy() {
        return Json.response(StatusCodes.OK, Json.object().put("status", "ok"));
    }

    /** Ready once this node is a member that is up and the catalog answers. */
    private CompletionStage<HttpResponse> ready(Exchange exchange) {
        return cluster.members()
                .thenCompose(members -> {
                    if (members.stream().noneMatch(m -> m.self() && m.state().equals("up"))) {
                        throw new WeirException(
                                ErrorCode.BUCKET_UNAVAILABLE, "This node is not an up member of its cluster yet");
                    }
                    return catalog.ask(Catalog.Databases.class, Catalog.ListDatabases::new);
                })
                .thenApply(found -> healthy());
    }

    private HttpResponse metrics() {
        return HttpResponse.create()
                .withEntity(HttpEntities.create(METRICS, ByteString.fromArrayUnsafe(metrics.text())));
    }

    private HttpResponse openApi() {
        return HttpResponse.create().withEntity(HttpEntities.create(Media.JSON.contentType(), openApi));
    }

    private CompletionStage<HttpResponse> cluster(Exchange exchange) {
        return cluster.members().thenApply(members -> {
            ObjectNode json = Json.object();
            ArrayNode list = json.putArray("members");
            for (WeirCluster.Member member : members) {
                ObjectNode item = list.addObject().put("address", member.address());
                ArrayNode roles = item.putArray("roles");
                member.roles().forEach(roles::add);
                item.put("state", member.state())
                        .put("version", member.version())
                        .put("buckets_led", member.bucketsLed())
                        .put("self", member.self());
            }
            return Json.response(StatusCodes.OK, json);
        });
    }
}
