package io.weir.http;

import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.ingest.DecodeLimits;
import io.weir.codec.ingest.RowDecoder;
import io.weir.codec.ingest.RowFormat;
import io.weir.codec.ingest.TextKey;
import io.weir.codec.schema.Column;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET T/rows/{key}} and {@code POST T/rows:lookup}. The small ones are decoded and written on whatever thread they are on: to
 * change it would cost more.
 */
final class LookupRoute {
    static final String ROW = RowsRoute.ROWS + "/{key}";
    private static final String LOOKUP = RowsRoute.ROWS + ":lookup";
    private static final int KEYS_MAX = 10_000;

    /** Bodies and answers larger than this are decoded and written on the executor for CPU work. */
    private static final int SMALL_BYTES = 16 << 10;

    private static final int SMALL_ROWS = 256;

    private final CatalogClient catalog;
    private final KeyedTable.Cache tables;
    private final Lookups lookups;
    private final BodyReader bodies;
    private final BufferAllocator allocator;
    private final Executor executor;
    private final HttpMetrics metrics;

    LookupRoute(
            CatalogClient catalog,
            KeyedTable.Cache tables,
            Lookups lookups,
            BodyReader bodies,
            BufferAllocator allocator,
            Executor executor,
            HttpMetrics metrics) {
        this.catalog = catalog;
        this.tables = tables;
        this.lookups = lookups;
        this.bodies = bodies;
        this.allocator = allocator;
        this.executor = executor;
        this.metrics = metrics;
    }

    List<Operation> operations() {
        return List.of(
                new Operation("GET", ROW, Set.of("columns"), this::row),
                new Operation("POST", LOOKUP, Set.of("columns", "insert_if_missing"), this::lookup));
    }

    private CompletionStage<HttpResponse> row(Exchange exchange) {
        Media media = Answers.wanted(exchange, Answers.WHOLE);
        return catalog.table(exchange.database(), exchange.table()).thenCompose(info -> {
            KeyedTable table = tables.of(info);
            String key = String.valueOf(exchange.path().get("key"));
            FoundRows found = new FoundRows(table, TableColumns.wanted(info, exchange.parameter("columns")), allocator);
            return one(table, key).thenApply(rows -> {
                byte[] row = rows.get(0);
                if (row == null) {
                    throw new WeirException(
                            ErrorCode.ROW_NOT_FOUND, "There is no row with this key in '" + info.name() + "'");
                }
                ByteString bytes = media == Media.JSON ? found.object(row) : found.arrow(rows);
                metrics.read(1, bytes.size());
                return Answers.of(media, bytes);
            });
        });
    }

    private CompletionStage<List<byte @Nullable []>> one(KeyedTable table, String text) {
        Column column = table.singleKey();
        TextKey key = TextKey.parse(column, text, table.info().buckets());
        if (!table.info().isPartitioned()) {
            return lookups.one(table.info(), key.bucket(), key.key());
        }
        // Rare: the table is partitioned by its only key column, whose value in its one form names the partition.
        var json = Json.object().put(column.name(), text);
        ByteBuffer body = ByteBuffer.wrap(Json.bytes(json));
        return lookups.rows(
                table,
                RowDecoder.decode(RowFormat.NDJSON, body, table.keySchema(), DecodeLimits.DEFAULT, allocator)
                        .get(0));
    }

    private CompletionStage<HttpResponse> lookup(Exchange exchange) {
        Media media = Answers.wanted(exchange, Answers.WHOLE);
        boolean arrow =
                BodyReader.mediaType(exchange.request(), List.of(Media.JSON, Media.ARROW_STREAM)) == Media.ARROW_STREAM;
        return catalog.table(exchange.database(), exchange.table()).thenCompose(info -> {
            KeyedTable table = tables.of(info);
            return bodies.read(exchange)
                    .thenCompose(body -> onRightThread(body.length() <= SMALL_BYTES, () -> {
                                Asked asked = arrow ? ofQuery(exchange, table, body) : ofJson(exchange, table, body);
                                return new Answering(asked.columns(), rows(table, asked));
                            })
                            .whenComplete((done, failure) -> body.close()))
                    .thenCompose(answering -> answering
                            .rows()
                            .thenCompose(rows -> onRightThread(
                                    rows.size() <= SMALL_ROWS,
                                    () -> response(
                                            media, new FoundRows(table, answering.columns(), allocator), rows))));
        });
    }

    private record Answering(List<Column> columns, CompletionStage<List<byte @Nullable []>> rows) {}

    /** What the work throws fails the stage, on either thread: the caller's clean-up hangs on it. */
    private <R> CompletionStage<R> onRightThread(boolean here, Supplier<R> work) {
        if (!here) {
            return CompletableFuture.supplyAsync(work, executor);
        }
        try {
            return CompletableFuture.completedFuture(work.get());
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private HttpResponse response(Media media, FoundRows found, List<byte @Nullable []> rows) {
        ByteString bytes = media == Media.JSON ? found.json(rows, null) : found.arrow(rows);
        metrics.read(rows.size(), bytes.size());
        return Answers.of(media, bytes);
    }

    /** @param rows null where there is none */
    private record Asked(RowFormat format, @Nullable ByteBuffer rows, List<Column> columns, boolean insertIfMissing) {}

    private static Asked ofQuery(Exchange exchange, KeyedTable table, RequestBody body) {
        return new Asked(
                RowFormat.ARROW_STREAM,
                body.buffer(),
                TableColumns.wanted(table.info(), exchange.parameter("columns")),
                exchange.flag("insert_if_missing"));
    }

    private static Asked ofJson(Exchange exchange, KeyedTable table, RequestBody body) {
        KeysRequest json = KeysRequest.lookup(body.buffer());
        List<String> names = json.columns();
        return new Asked(
                RowFormat.JSON,
                json.rows(),
                names == null
                        ? TableColumns.wanted(table.info(), exchange.parameter("columns"))
                        : TableColumns.named(table.info(), names),
                json.insertIfMissing() || exchange.flag("insert_if_missing"));
    }

    private CompletionStage<List<byte @Nullable []>> rows(KeyedTable table, Asked asked) {
        ByteBuffer body = asked.rows();
        if (body == null) {
            return CompletableFuture.completedFuture(List.of());
        }
        DecodeLimits limits =
                new DecodeLimits(DecodeLimits.DEFAULT.decodedBytes(), KEYS_MAX, DecodeLimits.DEFAULT.batchBytes());
        List<CompletionStage<List<byte @Nullable []>>> parts = new ArrayList<>();
        if (asked.insertIfMissing()) {
            TableInfo info = table.info();
            for (ChangedRows rows : RowDecoder.decodeChanges(
                    ChangeKind.UPSERT,
                    asked.format(),
                    body,
                    info.schema(),
                    RowsByBucket.rules(info),
                    limits,
                    allocator)) {
                parts.add(lookups.inserted(info, rows.rows()));
            }
        } else {
            for (EncodedRows keys : RowDecoder.decode(asked.format(), body, table.keySchema(), limits, allocator)) {
                parts.add(lookups.rows(table, keys));
            }
        }
        return inOrder(parts);
    }

    private static CompletionStage<List<byte @Nullable []>> inOrder(
            List<CompletionStage<List<byte @Nullable []>>> parts) {
        if (parts.size() == 1) {
            return parts.get(0);
        }
        CompletionStage<List<byte @Nullable []>> all = CompletableFuture.completedFuture(new ArrayList<>());
        for (CompletionStage<List<byte @Nullable []>> part : parts) {
            all = all.thenCombine(part, (before, rows) -> {
                before.addAll(rows);
                return before;
            });
        }
        return all;
    }
}
