package io.weir.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** A table's partitions: list, create by values or by name, drop with all their rows. */
final class PartitionsRoute {
    static final String PARTITIONS = CatalogRoutes.TABLE + "/partitions";
    static final String PARTITION = PARTITIONS + "/{name}";

    private final CatalogClient catalog;
    private final BodyReader bodies;

    PartitionsRoute(CatalogClient catalog, BodyReader bodies) {
        this.catalog = catalog;
        this.bodies = bodies;
    }

    List<Operation> operations() {
        return List.of(
                new Operation("GET", PARTITIONS, ListPage.PARAMETERS, this::list),
                new Operation("POST", PARTITIONS, Set.of(), this::create),
                new Operation("DELETE", PARTITION, Set.of(), this::drop));
    }

    private CompletionStage<HttpResponse> list(Exchange exchange) {
        return catalog.table(exchange.database(), exchange.table())
                .thenCompose(table -> catalog.partitions(partitioned(table)).thenApply(partitions -> {
                    Map<String, PartitionInfo> byName = new TreeMap<>(
                            partitions.stream().collect(Collectors.toMap(PartitionInfo::name, p -> p, (a, b) -> a)));
                    ObjectNode page = ListPage.of(
                            exchange,
                            "partitions",
                            List.copyOf(byName.keySet()),
                            name -> name,
                            (items, name) -> items.add(json(table, Objects.requireNonNull(byName.get(name)))));
                    return Json.response(StatusCodes.OK, page);
                }));
    }

    private CompletionStage<HttpResponse> create(Exchange exchange) {
        return bodies.document(exchange).thenCompose(body -> catalog.table(exchange.database(), exchange.table())
                .thenCompose(table -> {
                    List<String> values = values(partitioned(table), Json.parseObject(body));
                    return catalog.ask(
                                    Catalog.Partition.class,
                                    replyTo -> new Catalog.CreatePartition(
                                            table.database(), table.name(), values, replyTo))
                            .thenApply(made -> created(table, made.info()));
                }));
    }

    private static HttpResponse created(TableInfo table, PartitionInfo partition) {
        String path = CatalogRoutes.DATABASES + "/" + table.database() + "/tables/" + table.name() + "/partitions/"
                + partition.name();
        return Json.response(StatusCodes.CREATED, json(table, partition)).addHeader(RawHeader.create("Location", path));
    }

    private CompletionStage<HttpResponse> drop(Exchange exchange) {
        String database = exchange.database();
        String table = exchange.table();
        String name = String.valueOf(exchange.path().get("name"));
        return catalog.ask(Catalog.Done.class, replyTo -> new Catalog.DropPartition(database, table, name, replyTo))
                .thenApply(done -> HttpResponse.create().withStatus(StatusCodes.NO_CONTENT));
    }

    private static TableInfo partitioned(TableInfo table) {
        if (!table.isPartitioned()) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "Table '" + table.name() + "' is not partitioned; one that is created with partition_by is");
        }
        return table;
    }

    /** One text a partition column, in their order; what texts are right is the catalog's business. */
    private static List<String> values(TableInfo table, ObjectNode json) {
        TableJson.onlyMembers(json, "", Set.of("name", "values"));
        if (json.has("name") == json.has("values")) {
            throw TableJson.invalid("The body holds either 'values', by partition column ("
                    + String.join(", ", table.partitionBy()) + "), or 'name', the values joined by '$'");
        }
        if (json.has("name")) {
            List<String> values = List.of(text(json.get("name"), "/name").split("\\$", -1));
            if (values.size() != table.partitionBy().size()) {
                throw TableJson.invalid("The member /name must hold a value for each partition column ("
                        + String.join(", ", table.partitionBy()) + "), joined by '$'");
            }
            return values;
        }
        if (!(json.get("values") instanceof ObjectNode given)) {
            throw TableJson.invalid("The member /values must be an object of values by partition column");
        }
        TableJson.onlyMembers(given, "/values", Set.copyOf(table.partitionBy()));
        List<String> values = new ArrayList<>();
        for (String column : table.partitionBy()) {
            JsonNode value = given.get(column);
            if (value == null) {
                throw TableJson.invalid("The member /values/" + column + " is missing");
            }
            values.add(text(value, "/values/" + column));
        }
        return values;
    }

    /** Whole numbers and booleans stand for how they are written. */
    private static String text(JsonNode value, String pointer) {
        if (!value.isTextual() && !value.isIntegralNumber() && !value.isBoolean()) {
            throw TableJson.invalid("The member " + pointer + " must be a string, a whole number or a boolean");
        }
        return value.asText();
    }

    private static ObjectNode json(TableInfo table, PartitionInfo partition) {
        ObjectNode json = Json.object().put("name", partition.name());
        ObjectNode values = json.putObject("values");
        for (int i = 0; i < table.partitionBy().size(); i++) {
            values.put(table.partitionBy().get(i), partition.values().get(i));
        }
        return json.put("created_at", partition.createdAt().toString());
    }
}
