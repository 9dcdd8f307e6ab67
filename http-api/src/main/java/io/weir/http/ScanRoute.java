package io.weir.http;

import io.weir.actors.catalog.TableInfo;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.javadsl.Source;

/** {@code GET T/scan}: all rows of a table at one moment, from the store, the lake or both, streamed whatever the form. */
final class ScanRoute {
    private static final String SCAN = CatalogRoutes.TABLE + "/scan";
    private static final Set<String> PARAMETERS = Set.of("columns", "where", "limit", "partition", "source");
    private static final List<Media> SERVED = List.of(Media.JSON, Media.NDJSON, Media.ARROW_STREAM);

    private final CatalogClient catalog;
    private final TableRows rows;
    private final StreamedAnswer streams;
    private final BufferAllocator allocator;
    private final Executor executor;

    ScanRoute(
            CatalogClient catalog,
            TableRows rows,
            StreamedAnswer streams,
            BufferAllocator allocator,
            Executor executor) {
        this.catalog = catalog;
        this.rows = rows;
        this.streams = streams;
        this.allocator = allocator;
        this.executor = executor;
    }

    List<Operation> operations() {
        return List.of(new Operation("GET", SCAN, PARAMETERS, this::scan));
    }

    private CompletionStage<HttpResponse> scan(Exchange exchange) {
        Media media = Answers.wanted(exchange, SERVED);
        ReadSource source = ReadSource.of(exchange.parameter("source"));
        long limit = exchange.number("limit", 1, Long.MAX_VALUE, Long.MAX_VALUE);
        return catalog.table(exchange.database(), exchange.table()).thenCompose(table -> {
            List<Column> columns = TableColumns.wanted(table, exchange.parameter("columns"));
            Predicate where = TableColumns.where(table, exchange.parameter("where"));
            return rows.read(new RowsQuery(table, columns, where, exchange.parameter("partition"), limit), source)
                    .thenApply(snapshot -> response(exchange, media, table, columns, limit, snapshot));
        });
    }

    private HttpResponse response(
            Exchange exchange,
            Media media,
            TableInfo table,
            List<Column> columns,
            long limit,
            TableRows.Snapshot snapshot) {
        Positions positions = Positions.at(table.tableId(), snapshot.next());
        RowForm form = RowForm.plain(columns);
        RowsFormat format =
                switch (media) {
                    case ARROW_STREAM -> new ArrowRows(form, allocator);
                    case NDJSON -> new TextRows(new JsonRows(form, allocator), false);
                    default -> new JsonStream(new JsonRows(form, allocator), positions);
                };
        return streams.response(exchange, media, format, limited(columns, limit, snapshot.slices()), positions)
                .addHeader(RawHeader.create(LogRoute.NEXT, positions.cursor()));
    }

    private Source<Slice, NotUsed> limited(List<Column> columns, long rowsMax, Source<Slice, NotUsed> slices) {
        if (rowsMax == Long.MAX_VALUE) {
            return slices;
        }
        RowLimit limit = new RowLimit(columns, rowsMax, Long.MAX_VALUE, allocator);
        return slices.mapAsync(1, slice -> CompletableFuture.supplyAsync(() -> limit.pass(slice), executor))
                .takeWhile(passed -> !passed.last(), true)
                .map(RowLimit.Passed::slice);
    }
}
