package io.weir.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.actors.bucket.Bucket;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.ingest.RowFormat;
import io.weir.codec.ingest.TextKey;
import io.weir.codec.schema.Column;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;

/**
 * Writes: body, table, checked rows by bucket, appends or upserts, answer. The second class on the write path; the rows are made in
 * {@link RowsByBucket}, find their partitions in {@link WritePartitions}, and are stored in {@link RowAppender}.
 */
final class RowsRoute {
    static final String ROWS = CatalogRoutes.TABLE + "/rows";
    static final String ROW = ROWS + "/{key}";
    static final String DELETE = CatalogRoutes.TABLE + "/rows:delete";

    private final CatalogClient catalog;
    private final BodyReader bodies;
    private final RowsByBucket rowsByBucket;
    private final WritePartitions partitions;
    private final RowAppender appender;
    private final Executor executor;
    private final HttpMetrics metrics;

    /** @param executor for decoding, which takes CPU */
    RowsRoute(
            CatalogClient catalog,
            BodyReader bodies,
            RowsByBucket rowsByBucket,
            WritePartitions partitions,
            RowAppender appender,
            Executor executor,
            HttpMetrics metrics) {
        this.catalog = catalog;
        this.bodies = bodies;
        this.rowsByBucket = rowsByBucket;
        this.partitions = partitions;
        this.appender = appender;
        this.executor = executor;
        this.metrics = metrics;
    }

    List<Operation> operations() {
        return List.of(
                new Operation("POST", ROWS, WriteRequest.PARAMETERS, this::write),
                new Operation(
                        "PATCH", ROWS, WriteRequest.CHANGE_PARAMETERS, exchange -> change(exchange, ChangeKind.PATCH)),
                new Operation(
                        "POST",
                        DELETE,
                        WriteRequest.CHANGE_PARAMETERS,
                        exchange -> change(exchange, ChangeKind.DELETE)),
                new Operation("DELETE", ROW, WriteRequest.CHANGE_PARAMETERS, this::deleteOne));
    }

    private CompletionStage<HttpResponse> write(Exchange exchange) {
        WriteRequest write = WriteRequest.of(exchange, ChangeKind.UPSERT);
        if (write.infer()) {
            return bodies.read(exchange)
                    .thenCompose(body ->
                            closing(body, () -> tableFor(write, body).thenCompose(table -> store(write, table, body))));
        }
        return catalog.table(write.database(), write.table()).thenCompose(table -> stored(exchange, write, table));
    }

    private CompletionStage<HttpResponse> change(Exchange exchange, ChangeKind kind) {
        WriteRequest write = WriteRequest.of(exchange, kind);
        return catalog.table(write.database(), write.table()).thenCompose(table -> {
            requirePrimaryKey(table);
            return stored(exchange, write, table);
        });
    }

    private CompletionStage<HttpResponse> stored(Exchange exchange, WriteRequest write, TableInfo table) {
        return bodies.read(exchange).thenCompose(body -> closing(body, () -> store(write, table, body)));
    }

    private CompletionStage<HttpResponse> deleteOne(Exchange exchange) {
        WriteRequest write = WriteRequest.of(exchange, ChangeKind.DELETE, RowFormat.NDJSON);
        String key = String.valueOf(exchange.path().get("key"));
        return catalog.table(write.database(), write.table()).thenCompose(table -> {
            requirePrimaryKey(table);
            Column column = onlyKeyColumn(table);
            TextKey.parse(column, key, table.buckets()); // refuses a text that is no key, in terms of the path
            ByteBuffer row = TextKey.row(column, key);
            return bodies.read(exchange).thenCompose(body -> closing(body, () -> store(write, table, row, body)));
        });
    }

    private static void requirePrimaryKey(TableInfo table) {
        if (!table.hasPrimaryKey()) {
            throw new WeirException(
                    ErrorCode.NOT_SUPPORTED,
                    "Table '" + table.name()
                            + "' is a log table, whose rows are appended and never changed; create a table"
                            + " with primary_key to patch and delete rows");
        }
    }

    private static Column onlyKeyColumn(TableInfo table) {
        if (table.primaryKey().size() != 1) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "The primary key of table '" + table.name() + "' is of the columns "
                            + String.join(", ", table.primaryKey())
                            + ", which do not fit a path; send the key to rows:delete, as a row of these columns");
        }
        String name = table.primaryKey().get(0);
        return table.schema()
                .column(name)
                .orElseThrow(() -> new IllegalStateException("key column " + name + " is not in the schema"));
    }

    /** The rows stay counted as in flight until the write is over, which with {@code wait=none} is after the answer. */
    private record Stored(CompletionStage<HttpResponse> answer, CompletionStage<?> over) {}

    private static CompletionStage<HttpResponse> closing(
            RequestBody body, java.util.function.Supplier<CompletionStage<Stored>> storing) {
        CompletionStage<Stored> begun;
        try {
            begun = storing.get();
        } catch (RuntimeException e) {
            body.close();
            throw e;
        }
        return begun.whenComplete((stored, failure) -> {
                    if (failure != null) {
                        body.close();
                    } else {
                        stored.over().whenComplete((done, failed) -> body.close());
                    }
                })
                .thenCompose(Stored::answer);
    }

    private CompletionStage<TableInfo> tableFor(WriteRequest write, RequestBody body) {
        return catalog.table(write.database(), write.table())
                .exceptionallyCompose(failure -> isMissing(failure)
                        ? create(write, body)
                        : CompletableFuture.failedFuture(Problem.unwrapped(failure)));
    }

    private static boolean isMissing(Throwable failure) {
        return Problem.unwrapped(failure) instanceof WeirException known
                && (known.code() == ErrorCode.TABLE_NOT_FOUND || known.code() == ErrorCode.DATABASE_NOT_FOUND);
    }

    private CompletionStage<TableInfo> create(WriteRequest write, RequestBody body) {
        return CompletableFuture.supplyAsync(() -> rowsByBucket.infer(write, body.buffer()), executor)
                .thenCompose(columns -> catalog.ask(
                        Catalog.Table.class,
                        replyTo -> new Catalog.CreateTable(
                                write.database(),
                                new Catalog.TableDefinition(write.table(), columns, List.of(), 1, Map.of()),
                                true,
                                replyTo)))
                .thenApply(Catalog.Table::info)
                .exceptionallyCompose(failure -> {
                    // Another writer inferred it first: its table it is, and the rows are checked against that.
                    boolean exists = Problem.unwrapped(failure) instanceof WeirException known
                            && known.code() == ErrorCode.TABLE_EXISTS;
                    return exists
                            ? catalog.table(write.database(), write.table())
                            : CompletableFuture.failedFuture(Problem.unwrapped(failure));
                });
    }

    private CompletionStage<Stored> store(WriteRequest write, TableInfo table, RequestBody body) {
        return store(write, table, body.buffer(), body);
    }

    private CompletionStage<Stored> store(WriteRequest write, TableInfo table, ByteBuffer rows, RequestBody body) {
        return CompletableFuture.supplyAsync(() -> rowsByBucket.decode(write, table, rows), executor)
                .thenCompose(routed -> {
                    body.holdAlso(routed.bytes());
                    return partitions
                            .find(table, write.kind(), routed.rows())
                            .thenApply(byBucket -> append(write, table, routed, byBucket, body));
                });
    }

    private Stored append(
            WriteRequest write,
            TableInfo table,
            RoutedRows routed,
            SortedMap<NamedBucket, List<ChangedRows>> rows,
            RequestBody body) {
        CompletionStage<SortedMap<NamedBucket, Bucket.Appended>> appended =
                appender.append(table, rows, write.writer(), routed.mayBeRefused());
        CompletionStage<?> over = appended.thenAccept(done -> metrics.written(routed.count(), body.length()));
        CompletionStage<HttpResponse> answer = write.waits()
                ? appended.thenApply(done -> durable(table, routed.count(), done))
                : CompletableFuture.completedFuture(accepted(routed.count()));
        return new Stored(answer, over);
    }

    /**
     * A log table's answer counts what the buckets stored: a repeated sequence gets its first answer, whatever rows came with it this
     * time. A primary-key table's counts the rows of the request; its offsets are those of the changelog.
     */
    private static HttpResponse durable(TableInfo table, long sent, SortedMap<NamedBucket, Bucket.Appended> buckets) {
        long stored = buckets.values().stream()
                .mapToLong(range -> range.nextOffset() - range.baseOffset())
                .sum();
        ObjectNode json = Json.object().put("rows", table.hasPrimaryKey() ? sent : stored);
        ArrayNode list = json.putArray("buckets");
        buckets.forEach((bucket, range) -> list.addObject()
                .put("bucket", bucket.id().bucket())
                .put("partition", bucket.partition())
                .put("base_offset", range.baseOffset())
                .put("next_offset", range.nextOffset()));
        json.put("durability", table.properties().getOrDefault("durability", "local"));
        return Json.response(StatusCodes.OK, json);
    }

    private static HttpResponse accepted(long rows) {
        ObjectNode json = Json.object().put("rows", rows);
        json.putArray("buckets");
        return Json.response(StatusCodes.ACCEPTED, json.put("durability", "none"));
    }
}
