package io.weir.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.aggregate.AggregateQuery;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.merge.BitmapKind;
import io.weir.codec.merge.MergeSpec;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.javadsl.Sink;

/** {@code POST T/aggregate}: the rows of {@link TableRows} through an {@link AggregateQuery}. */
final class AggregateRoute {
    private static final String AGGREGATE = CatalogRoutes.TABLE + "/aggregate";
    private static final Set<String> MEMBERS = Set.of("group_by", "aggregates", "where", "partition");

    /** Queries at one time; together they take at most this share of the heap. */
    private static final int RUNNING_MAX = 4;

    private static final int HEAP_SHARE = 4;

    private final CatalogClient catalog;
    private final BodyReader bodies;
    private final TableRows rows;
    private final BufferAllocator allocator;
    private final Executor executor;
    private final ActorSystem<?> system;
    private final HttpMetrics metrics;
    private final long groupBytesMax = Runtime.getRuntime().maxMemory() / HEAP_SHARE / RUNNING_MAX;
    private final AtomicInteger running = new AtomicInteger();

    AggregateRoute(
            CatalogClient catalog,
            BodyReader bodies,
            TableRows rows,
            BufferAllocator allocator,
            Executor executor,
            ActorSystem<?> system,
            HttpMetrics metrics) {
        this.catalog = catalog;
        this.bodies = bodies;
        this.rows = rows;
        this.allocator = allocator;
        this.executor = executor;
        this.system = system;
        this.metrics = metrics;
    }

    List<Operation> operations() {
        return List.of(new Operation("POST", AGGREGATE, Set.of(), this::aggregate));
    }

    private CompletionStage<HttpResponse> aggregate(Exchange exchange) {
        Media media = Answers.wanted(exchange, Answers.WHOLE);
        return bodies.document(exchange).thenCompose(body -> {
            ObjectNode asked = Json.parseObject(body);
            return catalog.table(exchange.database(), exchange.table())
                    .thenCompose(table -> limited(() -> run(table, asked))
                            .thenApplyAsync(result -> response(media, result), executor));
        });
    }

    private record Result(List<Column> columns, EncodedRows rows) {}

    private HttpResponse response(Media media, Result result) {
        var bytes = Answers.rows(media, result.columns(), result.rows(), allocator);
        metrics.read(result.rows().rowCount(), bytes.size());
        return Answers.of(media, bytes);
    }

    /** One of few at a time, since each may hold its share of the heap. */
    private <R> CompletionStage<R> limited(java.util.function.Supplier<CompletionStage<R>> query) {
        if (running.incrementAndGet() > RUNNING_MAX) {
            running.decrementAndGet();
            throw new WeirException(
                    ErrorCode.OVERLOADED,
                    "This node runs " + RUNNING_MAX + " aggregate queries already; send again after the time in"
                            + " Retry-After");
        }
        try {
            return query.get().whenComplete((done, failure) -> running.decrementAndGet());
        } catch (RuntimeException e) {
            running.decrementAndGet();
            throw e;
        }
    }

    private CompletionStage<Result> run(TableInfo table, ObjectNode asked) {
        RequestJson.onlyMembers(asked, MEMBERS);
        AggregateQuery query = AggregateQuery.parse(
                table.schema(), bitmaps(table), RequestJson.strings(asked, "group_by"), aggregates(asked));
        Predicate where = TableColumns.where(table, RequestJson.text(asked, "where"));
        List<Column> read = query.columns().isEmpty() ? List.of(narrowest(table)) : query.columns();
        AggregateQuery.Accumulation sums = query.start(groupBytesMax);
        Optional<String> partition = RequestJson.text(asked, "partition");
        return rows.read(new RowsQuery(table, read, where, partition, Long.MAX_VALUE), ReadSource.UNION)
                .thenCompose(snapshot -> snapshot.slices()
                        .mapAsync(
                                1,
                                slice -> CompletableFuture.supplyAsync(() -> add(sums, query, read, slice), executor))
                        .runWith(Sink.ignore(), system))
                .thenApplyAsync(done -> new Result(query.resultColumns(), sums.result()), executor);
    }

    private boolean add(AggregateQuery.Accumulation sums, AggregateQuery query, List<Column> read, Slice slice) {
        slice.orThrow();
        for (var batch : slice.batches()) {
            int count = batch.rows().rowCount();
            if (query.columns().isEmpty()) {
                VectorSchemaRoot none = new VectorSchemaRoot(List.of());
                none.setRowCount(count);
                sums.add(none, count);
            } else {
                RecordBatches.load(read, batch.rows(), allocator, root -> sums.add(root, count));
            }
        }
        return true;
    }

    /** For queries that only count: no columns would mean all of them. */
    private static Column narrowest(TableInfo table) {
        List<Column> columns = table.schema().columns();
        return columns.stream()
                .filter(c -> c.type() instanceof DataType.Simple simple
                        && simple != DataType.Simple.STRING
                        && simple != DataType.Simple.BYTES)
                .findFirst()
                .orElse(columns.get(0));
    }

    private static Map<String, BitmapKind> bitmaps(TableInfo table) {
        MergeSpec merge = TableProperties.from(table.properties()).merge();
        Map<String, BitmapKind> bitmaps = new HashMap<>();
        for (Column column : table.schema().columns()) {
            merge.bitmap(column.name()).ifPresent(kind -> bitmaps.put(column.name(), kind));
        }
        return bitmaps;
    }

    private static Map<String, String> aggregates(ObjectNode asked) {
        JsonNode aggregates = asked.get("aggregates");
        if (aggregates == null || aggregates.isNull()) {
            return Map.of();
        }
        if (!(aggregates instanceof ObjectNode object)) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "'aggregates' is an object of result names and expressions, like {\"n\":\"count(*)\"}");
        }
        Map<String, String> byName = new LinkedHashMap<>();
        object.properties().forEach(e -> {
            if (!e.getValue().isTextual()) {
                throw new WeirException(
                        ErrorCode.INVALID_REQUEST,
                        "The aggregate '" + e.getKey() + "' is an expression in a string, like \"count(*)\"");
            }
            byName.put(e.getKey(), e.getValue().textValue());
        });
        return byName;
    }
}
