package io.weir.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.actors.bucket.Bucket;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;

/**
 * {@code POST T/rows}: body, table, checked rows by bucket, appends, answer. The second class on the write path; the rows are made in
 * {@link RowsByBucket}, and stored in {@link RowAppender}.
 */
final class RowsRoute {
    static final String ROWS = CatalogRoutes.TABLE + "/rows";

    private final CatalogClient catalog;
    private final BodyReader bodies;
    private final RowsByBucket rowsByBucket;
    private final RowAppender appender;
    private final Executor executor;
    private final HttpMetrics metrics;

    /** @param executor for decoding, which takes CPU */
    RowsRoute(
            CatalogClient catalog,
            BodyReader bodies,
            RowsByBucket rowsByBucket,
            RowAppender appender,
            Executor executor,
            HttpMetrics metrics) {
        this.catalog = catalog;
        this.bodies = bodies;
        this.rowsByBucket = rowsByBucket;
        this.appender = appender;
        this.executor = executor;
        this.metrics = metrics;
    }

    List<Operation> operations() {
        return List.of(new Operation("POST", ROWS, WriteRequest.PARAMETERS, this::write));
    }

    private CompletionStage<HttpResponse> write(Exchange exchange) {
        WriteRequest write = WriteRequest.of(exchange);
        if (write.infer()) {
            return bodies.read(exchange)
                    .thenCompose(body ->
                            closing(body, () -> tableFor(write, body).thenCompose(table -> store(write, table, body))));
        }
        return catalog.table(write.database(), write.table()).thenCompose(table -> bodies.read(exchange)
                .thenCompose(body -> closing(body, () -> store(write, table, body))));
    }

    /** The rows stay counted as in flight until the write is over, which with {@code wait=none} is after the answer. */
    private record Stored(CompletionStage<HttpResponse> answer, CompletionStage<?> over) {}

    private static CompletionStage<HttpResponse> closing(
            RequestBody body, java.util.function.Supplier<CompletionStage<Stored>> storing) {
        return storing.get()
                .whenComplete((stored, failure) -> {
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
        return CompletableFuture.supplyAsync(() -> rowsByBucket.decode(write, table, body.buffer()), executor)
                .thenApply(rows -> {
                    body.holdAlso(RowsByBucket.bytes(rows));
                    long count = RowsByBucket.count(rows);
                    CompletionStage<SortedMap<Integer, Bucket.Appended>> appended =
                            appender.append(table, rows, write.writer());
                    CompletionStage<?> over = appended.thenAccept(done -> metrics.written(count, body.length()));
                    CompletionStage<HttpResponse> answer = write.waits()
                            ? appended.thenApply(done -> durable(table, done))
                            : CompletableFuture.completedFuture(accepted(count));
                    return new Stored(answer, over);
                });
    }

    /** Counts what the buckets stored: a repeated sequence gets its first answer, whatever rows came with it this time. */
    private static HttpResponse durable(TableInfo table, SortedMap<Integer, Bucket.Appended> buckets) {
        long rows = buckets.values().stream()
                .mapToLong(range -> range.nextOffset() - range.baseOffset())
                .sum();
        ObjectNode json = Json.object().put("rows", rows);
        ArrayNode list = json.putArray("buckets");
        buckets.forEach((bucket, range) -> list.addObject()
                .put("bucket", bucket)
                .putNull("partition")
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
