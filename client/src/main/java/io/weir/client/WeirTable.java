package io.weir.client;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.json.JsonRowWriter;
import io.weir.codec.schema.Column;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A table of a store. Thread-safe. Requests are repeated while the store is overloaded, unavailable or not reachable, writes under their
 * writer sequence, so that none is stored twice. All calls fail with {@link WeirException}: the store's own error, TIMEOUT where it cannot
 * be reached, OUTCOME_UNKNOWN where a write may have been stored or not.
 */
public final class WeirTable {
    private static final Logger LOG = LoggerFactory.getLogger(WeirTable.class);

    static final HttpHeader ACCEPT_ARROW = RawHeader.create("Accept", "application/vnd.apache.arrow.stream");

    private static final ContentType ARROW =
            MediaTypes.applicationBinary("vnd.apache.arrow.stream", false).toContentType();
    private static final JsonFactory JSON = new JsonFactory();

    /** Rows of a prefix lookup that are asked for at a time. */
    private static final int PAGE_ROWS = 10_000;

    private final Requests requests;
    private final Paths paths;
    private final TableDescription description;
    private final BufferAllocator allocator;
    private final Writer writer;
    private final Duration retryFor;

    WeirTable(Requests requests, Paths paths, TableDescription description, BufferAllocator allocator, Writer writer) {
        this(
                requests,
                paths,
                description,
                allocator,
                writer,
                requests.settings().retryFor());
    }

    private WeirTable(
            Requests requests,
            Paths paths,
            TableDescription description,
            BufferAllocator allocator,
            Writer writer,
            Duration retryFor) {
        this.requests = requests;
        this.paths = paths;
        this.description = description;
        this.allocator = allocator;
        this.writer = writer;
        this.retryFor = retryFor;
    }

    /** The same table and writer, with requests repeated for this long. */
    public WeirTable retryingFor(Duration time) {
        return new WeirTable(requests, paths, description, allocator, writer, time);
    }

    public TableDescription description() {
        return description;
    }

    public BufferAllocator allocator() {
        return allocator;
    }

    /** Whole rows from JSON, an object or an array of them. */
    public Rows rows(String json) {
        return Rows.parse(description.columns(), json, allocator);
    }

    /** Rows of these columns from JSON, for keys and prefixes of keys. */
    public Rows rows(List<String> columns, String json) {
        return Rows.parse(description.columns(columns), json, allocator);
    }

    /** Appends to a log table; in a primary-key table, whole rows that replace those of their keys. */
    public CompletionStage<WriteResult> upsert(Rows rows) {
        return write("/rows", rows);
    }

    /** @param keys the columns of the primary key */
    public CompletionStage<WriteResult> delete(Rows keys) {
        return write("/rows:delete", keys);
    }

    private CompletionStage<WriteResult> write(String call, Rows rows) {
        if (rows.isEmpty()) {
            return CompletableFuture.completedFuture(new WriteResult(0, List.of()));
        }
        HttpRequest request = HttpRequest.POST(paths.of(call))
                .withEntity(HttpEntities.create(ARROW, ArrowAnswers.encode(rows)))
                .addHeader(RawHeader.create("Weir-Writer-Id", writer.id()))
                .addHeader(RawHeader.create("Weir-Writer-Sequence", Long.toString(writer.nextSequence())));
        return requests.send(request, true, retryFor).thenApply(answer -> WriteResult.parse(answer.body()));
    }

    /**
     * The present rows of these keys.
     *
     * @param keys the columns of the primary key
     * @param columns of the answer; the first column of the primary key is added at the end where none of the key is among them
     */
    public CompletionStage<Lookup> lookup(Rows keys, List<String> columns) {
        List<String> wanted = new ArrayList<>(columns);
        if (wanted.stream().noneMatch(description.primaryKey()::contains)) {
            wanted.add(description.primaryKey().get(0));
        }
        List<Column> answer = description.columns(wanted);
        if (keys.isEmpty()) {
            return CompletableFuture.completedFuture(new Lookup(new Rows(answer, List.of()), new BitSet()));
        }
        ByteString body = json(out -> {
            out.writeArrayFieldStart("keys");
            writeRows(out, keys);
            out.writeEndArray();
            writeColumns(out, wanted);
        });
        return requests.send(ask("/rows:lookup", body), false, retryFor)
                .thenApply(got -> ArrowAnswers.decode(got.body(), answer, allocator))
                .thenApply(rows -> found(rows, keys.count()));
    }

    private Lookup found(Rows rows, int keys) {
        if (rows.count() != keys) {
            throw new WeirException(
                    ErrorCode.INTERNAL, "the store answers %d keys with %d rows".formatted(keys, rows.count()));
        }
        int key = 0;
        while (!description.primaryKey().contains(rows.columns().get(key).name())) {
            key++;
        }
        int keyColumn = key;
        BitSet found = new BitSet();
        int[] before = {0};
        rows.read(allocator, root -> {
            for (int row = 0; row < root.getRowCount(); row++) {
                found.set(before[0]++, !root.getVector(keyColumn).isNull(row));
            }
        });
        return new Lookup(rows, found);
    }

    /**
     * The present rows whose key begins like this.
     *
     * @param prefix one row: the bucket key, and perhaps columns of the primary key behind it
     * @param limit most rows that are answered
     */
    public CompletionStage<Rows> prefixLookup(Rows prefix, List<String> columns, int limit) {
        if (prefix.count() != 1) {
            throw new IllegalArgumentException("one prefix at a time, and not " + prefix.count());
        }
        return prefixPage(prefix, new Rows(description.columns(columns), List.of()), limit, "");
    }

    /** The store may answer less at a time than it was asked for; it then says from where there is more. */
    private CompletionStage<Rows> prefixPage(Rows prefix, Rows before, int limit, String after) {
        ByteString body = json(out -> {
            out.writeFieldName("prefix");
            writeRows(out, prefix);
            writeColumns(out, before.columns().stream().map(Column::name).toList());
            out.writeNumberField("limit", Math.min(PAGE_ROWS, limit - before.count()));
            if (!after.isEmpty()) {
                out.writeStringField("after", after);
            }
        });
        return requests.send(ask("/rows:prefix", body), false, retryFor).thenCompose(answer -> {
            Rows rows = before.and(ArrowAnswers.decode(answer.body(), before.columns(), allocator));
            return answer.next().isEmpty() || answer.next().equals(after) || rows.count() >= limit
                    ? CompletableFuture.completedFuture(rows)
                    : prefixPage(prefix, rows, limit, answer.next());
        });
    }

    private HttpRequest ask(String call, ByteString json) {
        return HttpRequest.POST(paths.of(call))
                .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, json))
                .addHeader(ACCEPT_ARROW);
    }

    /**
     * The changes of all buckets, each in its own order, from the cursor on and without end. Reads on by itself where a connection
     * breaks or the store is away; at least once after a crash of the reader, which goes on from the last cursor it stored. Fails with
     * OFFSET_OUT_OF_RANGE where the log no longer begins where the cursor stands. Takes a connection for each bucket.
     *
     * @param columns wanted, in the wanted order
     */
    public Source<ChangeBatch, NotUsed> changelog(ChangelogCursor from, List<String> columns) {
        return changes(from, columns, true);
    }

    /** As {@link #changelog}, but ends where each bucket's log ended when it was asked. */
    public Source<ChangeBatch, NotUsed> changelogUntilNow(ChangelogCursor from, List<String> columns) {
        return changes(from, columns, false);
    }

    private Source<ChangeBatch, NotUsed> changes(ChangelogCursor from, List<String> columns, boolean follow) {
        if (from.tableId() != description.tableId()) {
            throw new WeirException(
                    ErrorCode.INVALID_CURSOR,
                    "the cursor is of another table; %s may have been dropped and created again"
                            .formatted(description.fullName()));
        }
        description.columns(columns);
        return new Changelog(requests, paths, description, allocator, follow).read(from, List.copyOf(columns));
    }

    /**
     * Where each bucket's changelog ends now: what is read from there on, and a scan or lookup that begins after this has completed,
     * together miss no change.
     */
    public CompletionStage<ChangelogCursor> changelogEnd() {
        return changelogEnd(ChangelogCursor.start(description), "");
    }

    private CompletionStage<ChangelogCursor> changelogEnd(ChangelogCursor before, String pageToken) {
        HttpRequest request = HttpRequest.GET(paths.of("/buckets?page_size=1000" + pageToken));
        return requests.ask(request, answer -> BucketEnds.parse(answer.body(), description), retryFor)
                .thenCompose(page -> {
                    ChangelogCursor cursor = before;
                    for (Map.Entry<Integer, Long> end : page.offsets().entrySet()) {
                        cursor = cursor.moved(end.getKey(), end.getValue());
                    }
                    return page.next().isEmpty()
                            ? CompletableFuture.completedFuture(cursor)
                            : changelogEnd(cursor, "&page_token=" + page.next());
                });
    }

    /**
     * The current rows, as they were at one moment. Where the answer breaks off it is asked for again, and all rows come once more, as
     * they are by then.
     *
     * @param columns wanted, in the wanted order
     */
    public Source<Rows, NotUsed> scan(List<String> columns) {
        List<Column> wanted = description.columns(columns);
        HttpRequest request = HttpRequest.GET(paths.of("/scan?columns=" + Paths.columns(columns)))
                .addHeader(ACCEPT_ARROW);
        Source<Rows, NotUsed> once = requests.stream(request)
                .via(new ArrowFraming(requests.settings().batchBytesMax()))
                .statefulMapConcat(() -> new ArrowAnswers.Decoder(wanted, allocator)::decode)
                .map(rows -> Rows.of(wanted, rows));
        return requests.repeated(
                () -> once,
                retryFor,
                failure -> LOG.info(
                        "scan of {} broke off, scanning again: {}", description.fullName(), failure.getMessage()));
    }

    private interface JsonBody {
        void write(JsonGenerator out) throws IOException;
    }

    private static ByteString json(JsonBody body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator out = JSON.createGenerator(bytes)) {
            out.writeStartObject();
            body.write(out);
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory does not fail
        }
        return ByteString.fromArrayUnsafe(bytes.toByteArray());
    }

    private void writeRows(JsonGenerator out, Rows rows) {
        rows.read(allocator, root -> writeRows(out, rows.columns(), root));
    }

    private static void writeRows(JsonGenerator out, List<Column> columns, VectorSchemaRoot root) {
        try {
            for (int row = 0; row < root.getRowCount(); row++) {
                JsonRowWriter.write(out, columns, root, row);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void writeColumns(JsonGenerator out, List<String> columns) throws IOException {
        out.writeArrayFieldStart("columns");
        for (String column : columns) {
            out.writeString(column);
        }
        out.writeEndArray();
    }
}
