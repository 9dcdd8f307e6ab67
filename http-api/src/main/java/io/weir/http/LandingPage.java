package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.tiering.Tiering;
import io.weir.sharding.WeirCluster;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** {@code GET /}: what a person sees first. Reads only, and only so much: a large cluster is for {@code /metrics}. */
final class LandingPage {
    /** Tables shown, and buckets asked: a page view must not wake every bucket of a large store. */
    private static final int TABLES_MAX = 50;

    private static final int BUCKETS_MAX = 200;

    private final WeirCluster cluster;
    private final CatalogClient catalog;
    private final BucketClient buckets;
    private final TieringClient tiering;

    LandingPage(WeirCluster cluster, CatalogClient catalog, BucketClient buckets, TieringClient tiering) {
        this.cluster = cluster;
        this.catalog = catalog;
        this.buckets = buckets;
        this.tiering = tiering;
    }

    List<Operation> operations() {
        return List.of(new Operation("GET", "/", Set.of(), this::page));
    }

    private CompletionStage<HttpResponse> page(Exchange exchange) {
        CompletionStage<Optional<Tiering.Status>> lake =
                tiering.status().thenApply(Optional::of).exceptionally(noneOrAway -> Optional.empty());
        return cluster.members()
                .thenCombine(tables(), LandingPage::html)
                .thenCombine(
                        lake,
                        (html, status) ->
                                html + status.map(TieringSection::html).orElse("") + "</html>\n")
                .thenApply(html -> HttpResponse.create()
                        .withEntity(HttpEntities.create(ContentTypes.TEXT_HTML_UTF8, html))
                        .addHeader(RawHeader.create(
                                "Content-Security-Policy",
                                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")));
    }

    /** @param log what its buckets say of it, or why they do not */
    private record Row(String database, String table, String columns, String log) {}

    private CompletionStage<List<Row>> tables() {
        return catalog.ask(Catalog.Databases.class, Catalog.ListDatabases::new).thenCompose(databases -> {
            List<CompletableFuture<List<TableInfo>>> found = databases.names().stream()
                    .sorted()
                    .limit(TABLES_MAX)
                    .map(database -> tablesOf(database).toCompletableFuture())
                    .toList();
            return all(found)
                    .thenCompose(infos -> rows(infos.stream()
                            .flatMap(List::stream)
                            .limit(TABLES_MAX)
                            .toList()));
        });
    }

    private CompletionStage<List<TableInfo>> tablesOf(String database) {
        return catalog.ask(Catalog.Tables.class, replyTo -> new Catalog.ListTables(database, replyTo))
                .thenCompose(tables -> all(tables.names().stream()
                        .sorted()
                        .limit(TABLES_MAX)
                        .map(name -> catalog.table(database, name).toCompletableFuture())
                        .toList()))
                // Dropped between the two questions: the page shows what is left.
                .exceptionally(failure -> List.of());
    }

    private CompletionStage<List<Row>> rows(List<TableInfo> tables) {
        int left = BUCKETS_MAX;
        List<CompletableFuture<Row>> rows = new ArrayList<>();
        for (TableInfo table : tables) {
            boolean ask = table.buckets() <= left;
            left -= ask ? table.buckets() : 0;
            CompletionStage<String> log = ask ? log(table) : CompletableFuture.completedFuture("not asked");
            rows.add(log.thenApply(text -> new Row(
                            table.database(),
                            table.name(),
                            table.schema().columns().stream()
                                    .map(c -> c.name() + " " + c.type())
                                    .collect(Collectors.joining(", ")),
                            text))
                    .toCompletableFuture());
        }
        return all(rows);
    }

    private CompletionStage<String> log(TableInfo table) {
        List<CompletableFuture<Bucket.Description>> asked = IntStream.range(0, table.buckets())
                .mapToObj(bucket ->
                        buckets.describe(new BucketId(table.tableId(), bucket)).toCompletableFuture())
                .toList();
        return all(asked).thenApply(LandingPage::text).exceptionally(failure -> "unavailable");
    }

    private static String text(List<Bucket.Description> logs) {
        String text = "%,d rows in %d buckets, %,d bytes on disk"
                .formatted(
                        sum(logs.stream(), log -> log.highWatermark() - log.logStartOffset()),
                        logs.size(),
                        sum(logs.stream(), Bucket.Description::hotBytes));
        List<Bucket.RemoteDescription> remotes =
                logs.stream().flatMap(log -> Stream.ofNullable(log.remote())).toList();
        return remotes.isEmpty()
                ? text
                : text
                        + ", %,d bytes on the object store, %,d bytes wait for it"
                                .formatted(
                                        sum(remotes.stream(), Bucket.RemoteDescription::bytes),
                                        sum(remotes.stream(), Bucket.RemoteDescription::waitingBytes));
    }

    private static <T> long sum(Stream<T> items, ToLongFunction<T> value) {
        return items.mapToLong(value).sum();
    }

    private static <T> CompletionStage<List<T>> all(List<CompletableFuture<T>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
                .thenApply(done -> futures.stream().map(CompletableFuture::join).toList());
    }

    private static String html(List<WeirCluster.Member> members, List<Row> tables) {
        StringBuilder html = new StringBuilder("""
                <!doctype html><html lang="en"><meta charset="utf-8"><title>Weir</title>
                <style>body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
                table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccc}</style>
                <h1>Weir</h1><p><a href="/openapi.json">openapi.json</a> · <a href="/metrics">metrics</a> ·
                <a href="/v1/databases">databases</a> · <a href="/v1/cluster">cluster</a> ·
                <a href="/v1/tiering">tiering</a></p>
                <h2>Members</h2><table><tr><th>address<th>state<th>roles<th>version<th>buckets led</tr>
                """);
        for (WeirCluster.Member member : members) {
            cells(
                    html,
                    escaped(member.address() + (member.self() ? " (this node)" : "")),
                    escaped(member.state()),
                    escaped(String.join(", ", member.roles())),
                    escaped(member.version()),
                    Integer.toString(member.bucketsLed()));
        }
        html.append("</table><h2>Tables</h2><table><tr><th>table<th>log<th>columns<th></tr>\n");
        for (Row row : tables) {
            // Names are of letters, digits, '_' and '-' only, so they need no more than what any text needs.
            String path = "/v1/databases/" + escaped(row.database()) + "/tables/" + escaped(row.table());
            cells(
                    html,
                    "<a href=\"" + path + "\">" + escaped(row.database() + "." + row.table()) + "</a>",
                    escaped(row.log()),
                    escaped(row.columns()),
                    "<a href=\"" + path + "/buckets\">buckets</a> <a href=\"" + path + "/log?limit=100\">rows</a>");
        }
        return html.append("</table>\n").toString();
    }

    static void cells(StringBuilder html, String... cells) {
        html.append("<tr>");
        for (String cell : cells) {
            html.append("<td>").append(cell);
        }
        html.append("</tr>\n");
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
