package io.weir.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.actors.catalog.Catalog;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** Databases and tables: create, list, describe, alter, drop. */
final class CatalogRoutes {
    static final String DATABASES = "/v1/databases";
    static final String DATABASE = DATABASES + "/{db}";
    static final String TABLES = DATABASE + "/tables";
    static final String TABLE = TABLES + "/{table}";

    private final CatalogClient catalog;
    private final BodyReader bodies;

    CatalogRoutes(CatalogClient catalog, BodyReader bodies) {
        this.catalog = catalog;
        this.bodies = bodies;
    }

    List<Operation> operations() {
        return List.of(
                new Operation("GET", DATABASES, ListPage.PARAMETERS, this::listDatabases),
                new Operation("POST", DATABASES, Set.of(), this::createDatabase),
                new Operation("GET", DATABASE, Set.of(), this::getDatabase),
                new Operation("DELETE", DATABASE, Set.of("cascade"), this::dropDatabase),
                new Operation("GET", TABLES, ListPage.PARAMETERS, this::listTables),
                new Operation("POST", TABLES, Set.of(), this::createTable),
                new Operation("GET", TABLE, Set.of(), this::getTable),
                new Operation("PATCH", TABLE, Set.of(), this::alterTable),
                new Operation("DELETE", TABLE, Set.of(), this::dropTable));
    }

    private CompletionStage<HttpResponse> listDatabases(Exchange exchange) {
        return catalog.ask(Catalog.Databases.class, Catalog.ListDatabases::new)
                .thenApply(found -> ok(names(exchange, "databases", found.names())));
    }

    private static ObjectNode names(Exchange exchange, String member, List<String> names) {
        List<String> sorted = names.stream().sorted().toList();
        return ListPage.of(exchange, member, sorted, key -> key, (page, name) -> page.addObject()
                .put("name", name));
    }

    private CompletionStage<HttpResponse> createDatabase(Exchange exchange) {
        return bodies.document(exchange).thenCompose(body -> {
            ObjectNode json = Json.parseObject(body);
            TableJson.onlyMembers(json, "", Set.of("name"));
            String name = TableJson.name(json, "name");
            return catalog.ask(Catalog.Done.class, replyTo -> new Catalog.CreateDatabase(name, replyTo))
                    .thenApply(done ->
                            created(DATABASES + "/" + name, Json.object().put("name", name)));
        });
    }

    private CompletionStage<HttpResponse> getDatabase(Exchange exchange) {
        String database = exchange.database();
        return catalog.ask(Catalog.Reply.class, replyTo -> new Catalog.GetDatabase(database, replyTo))
                .thenApply(found -> ok(Json.object().put("name", database)));
    }

    private CompletionStage<HttpResponse> dropDatabase(Exchange exchange) {
        String database = exchange.database();
        boolean cascade = exchange.flag("cascade");
        return catalog.ask(Catalog.Done.class, replyTo -> new Catalog.DropDatabase(database, cascade, replyTo))
                .thenApply(done -> noContent());
    }

    private CompletionStage<HttpResponse> listTables(Exchange exchange) {
        String database = exchange.database();
        return catalog.ask(Catalog.Tables.class, replyTo -> new Catalog.ListTables(database, replyTo))
                .thenApply(found -> ok(names(exchange, "tables", found.names())));
    }

    private CompletionStage<HttpResponse> createTable(Exchange exchange) {
        String database = exchange.database();
        return bodies.document(exchange).thenCompose(body -> {
            Catalog.TableDefinition definition = TableJson.definition(Json.parseObject(body));
            return catalog.ask(
                            Catalog.Table.class,
                            replyTo -> new Catalog.CreateTable(database, definition, false, replyTo))
                    .thenApply(table -> created(
                            DATABASES + "/" + database + "/tables/" + definition.name(),
                            TableJson.describe(table.info())));
        });
    }

    private CompletionStage<HttpResponse> getTable(Exchange exchange) {
        return catalog.table(exchange.database(), exchange.table()).thenApply(info -> ok(TableJson.describe(info)));
    }

    private CompletionStage<HttpResponse> alterTable(Exchange exchange) {
        String database = exchange.database();
        String table = exchange.table();
        return bodies.document(exchange).thenCompose(body -> {
            Catalog.TableChange change = TableJson.change(Json.parseObject(body));
            return catalog.ask(Catalog.Table.class, replyTo -> new Catalog.AlterTable(database, table, change, replyTo))
                    .thenApply(altered -> ok(TableJson.describe(altered.info())));
        });
    }

    private CompletionStage<HttpResponse> dropTable(Exchange exchange) {
        String database = exchange.database();
        String table = exchange.table();
        return catalog.ask(Catalog.Done.class, replyTo -> new Catalog.DropTable(database, table, replyTo))
                .thenApply(done -> noContent());
    }

    private static HttpResponse ok(ObjectNode json) {
        return Json.response(StatusCodes.OK, json);
    }

    private static HttpResponse created(String location, ObjectNode json) {
        return Json.response(StatusCodes.CREATED, json).addHeader(RawHeader.create("Location", location));
    }

    private static HttpResponse noContent() {
        return HttpResponse.create().withStatus(StatusCodes.NO_CONTENT);
    }
}
