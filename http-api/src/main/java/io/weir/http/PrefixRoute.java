package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.ingest.DecodeLimits;
import io.weir.codec.ingest.RowDecoder;
import io.weir.codec.ingest.RowFormat;
import io.weir.codec.ingest.RowRouter;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** {@code POST T/rows:prefix}: the rows of one bucket whose keys begin with the values given, in key order, a page at a time. */
final class PrefixRoute {
    static final int LIMIT_MAX = 100_000;
    private static final String PREFIX = RowsRoute.ROWS + ":prefix";
    private static final int LIMIT = 1000;

    /** What common clients take as one header; a key may be longer. */
    private static final int NEXT_HEADER_MAX = 8192;

    private final CatalogClient catalog;
    private final KeyedTable.Cache tables;
    private final Lookups lookups;
    private final BucketClient buckets;
    private final BodyReader bodies;
    private final BufferAllocator allocator;
    private final HttpMetrics metrics;
    private final int bytesMax;

    /** @param bytesMax about the most bytes of rows in one answer */
    PrefixRoute(
            CatalogClient catalog,
            KeyedTable.Cache tables,
            Lookups lookups,
            BucketClient buckets,
            BodyReader bodies,
            BufferAllocator allocator,
            HttpMetrics metrics,
            int bytesMax) {
        this.catalog = catalog;
        this.tables = tables;
        this.lookups = lookups;
        this.buckets = buckets;
        this.bodies = bodies;
        this.allocator = allocator;
        this.metrics = metrics;
        this.bytesMax = bytesMax;
    }

    List<Operation> operations() {
        return List.of(new Operation("POST", PREFIX, Set.of(), this::prefix));
    }

    private CompletionStage<HttpResponse> prefix(Exchange exchange) {
        Media media = Answers.wanted(exchange, Answers.WHOLE);
        return catalog.table(exchange.database(), exchange.table()).thenCompose(info -> {
            KeyedTable table = tables.of(info);
            return bodies.document(exchange).thenCompose(body -> {
                KeysRequest asked = KeysRequest.prefix(body);
                List<String> names = asked.columns();
                FoundRows found = new FoundRows(
                        table, names == null ? info.schema().columns() : TableColumns.named(info, names), allocator);
                int limit = asked.limit() == null ? LIMIT : asked.limit();
                return read(info, asked, limit).thenApply(page -> response(media, found, page));
            });
        });
    }

    private record Page(
            List<byte @Nullable []> rows, @Nullable Key next) {}

    private HttpResponse response(Media media, FoundRows found, Page page) {
        Key last = page.next();
        String next =
                last == null ? null : Base64.getUrlEncoder().withoutPadding().encodeToString(last.bytes());
        boolean fitsHeader = next == null || next.length() <= NEXT_HEADER_MAX;
        if (!fitsHeader && media != Media.JSON) {
            throw new WeirException(
                    ErrorCode.NOT_ACCEPTABLE,
                    "There are more rows, and the key to go on from is too long for the header Weir-Next, which is where an"
                            + " Arrow answer has it; ask for application/json, or for a higher limit");
        }
        ByteString bytes = media == Media.JSON ? found.json(page.rows(), next) : found.arrow(page.rows());
        metrics.read(page.rows().size(), bytes.size());
        HttpResponse response = Answers.of(media, bytes);
        return next == null || !fitsHeader ? response : response.addHeader(RawHeader.create(LogRoute.NEXT, next));
    }

    private CompletionStage<Page> read(TableInfo table, KeysRequest asked, int limit) {
        ByteBuffer json = asked.rows();
        if (json == null) {
            throw new IllegalStateException("a prefix is an object");
        }
        List<String> given = new ArrayList<>();
        Json.parseObject(json).fieldNames().forEachRemaining(given::add);
        List<String> leading = leading(table, given);
        TableSchema schema = new TableSchema(
                table.schema().schemaId(),
                given.stream()
                        .map(name -> table.schema().column(name).orElseThrow())
                        .map(c -> new Column(c.id(), c.name(), c.type(), false))
                        .toList());
        EncodedRows row = RowDecoder.decode(RowFormat.NDJSON, json, schema, DecodeLimits.DEFAULT, allocator)
                .get(0);
        Key prefix = KeyEncoder.of(schema.columns(), leading).encode(row).get(0);
        Key after = after(asked, prefix);
        RowRouter.Route route = new RowRouter(schema, table.partitionBy(), table.bucketKey(), table.buckets())
                .indexesByRoute(row)
                .firstKey();
        return lookups.bucket(table, route)
                .thenCompose(bucket -> bucket == null
                        ? CompletableFuture.completedFuture(new Page(List.of(), null))
                        : page(bucket, prefix, new Page(new ArrayList<>(), after), limit, bytesMax));
    }

    /** The leading columns of the key that are given; all others must be of the partition. */
    private static List<String> leading(TableInfo table, List<String> given) {
        List<String> order = table.keyOrder();
        int count = 0;
        while (count < order.size() && given.contains(order.get(count))) {
            count++;
        }
        List<String> leading = order.subList(0, count);
        boolean others = given.stream()
                .anyMatch(
                        name -> !leading.contains(name) && !table.partitionBy().contains(name));
        if (others || count < table.bucketKey().size() || !given.containsAll(table.partitionBy())) {
            String partition = table.isPartitioned() ? ", and the partition columns " + table.partitionBy() : "";
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "A prefix holds the bucket key " + table.bucketKey()
                            + " and may hold more of the key in the order " + order + partition + "; given are "
                            + (given.size() > 20 ? given.size() + " columns" : given));
        }
        return leading;
    }

    private static @Nullable Key after(KeysRequest asked, Key prefix) {
        String text = asked.after();
        if (text == null) {
            return null;
        }
        try {
            Key after = new Key(Base64.getUrlDecoder().decode(text));
            byte[] bytes = after.bytes();
            int length = prefix.bytes().length;
            if (bytes.length >= length && java.util.Arrays.equals(bytes, 0, length, prefix.bytes(), 0, length)) {
                return after;
            }
        } catch (IllegalArgumentException e) {
            throw new WeirException(
                    ErrorCode.INVALID_CURSOR, "'after' is 'next' of the answer before, and this is none", e);
        }
        throw new WeirException(ErrorCode.INVALID_CURSOR, "'after' is 'next' of an answer to another prefix");
    }

    /** Asks until the page is full: a bucket may answer less than it was asked for. */
    private CompletionStage<Page> page(BucketId bucket, Key prefix, Page page, int limit, long bytesLeft) {
        int rowsLeft = limit - page.rows().size();
        return buckets.prefix(bucket, prefix, page.next(), rowsLeft, (int) bytesLeft)
                .thenCompose((Bucket.PrefixRows some) -> {
                    long bytes = bytesLeft;
                    for (byte[] row : some.rows()) {
                        page.rows().add(row);
                        bytes -= row.length;
                    }
                    Page now = new Page(page.rows(), some.next());
                    boolean full = some.next() == null || now.rows().size() >= limit || bytes <= 0;
                    return full ? CompletableFuture.completedFuture(now) : page(bucket, prefix, now, limit, bytes);
                })
                .exceptionallyCompose(failure -> LogReader.isDropped(bucket, failure)
                        ? CompletableFuture.completedFuture(new Page(List.of(), null))
                        : CompletableFuture.failedFuture(Problem.unwrapped(failure)));
    }
}
