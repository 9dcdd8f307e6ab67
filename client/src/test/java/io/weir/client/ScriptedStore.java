package io.weir.client;

import io.weir.codec.batch.ArrowStreams;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** An HTTP server that answers what a test says, and remembers what it was asked. */
final class ScriptedStore implements AutoCloseable {
    static final String TABLE = """
            {"database":"shop","name":"orders","table_id":7,"schema_id":1,
             "columns":[{"id":1,"name":"customer","type":"STRING","nullable":false},
                        {"id":2,"name":"id","type":"BIGINT","nullable":false},
                        {"id":3,"name":"amount","type":"DECIMAL(10,2)","nullable":true}],
             "primary_key":["customer","id"],"bucket_key":["customer"],"partition_by":[],"buckets":2,
             "properties":{"log.ttl":"7d"},"created_at":"2026-01-01T00:00:00Z"}""";

    static final List<Column> CHANGE_COLUMNS = List.of(
            new Column(-1, "_change_type", DataType.Simple.STRING, false),
            new Column(-2, "_log_offset", DataType.Simple.BIGINT, false),
            new Column(-3, "_commit_timestamp", new DataType.TimestampLtz(3), false),
            new Column(1, "customer", DataType.Simple.STRING, false),
            new Column(2, "id", DataType.Simple.BIGINT, false));

    /** @param headers {@code name: value} of those that are ours */
    record Asked(String method, String target, String body, List<String> headers) {
        String header(String name) {
            return headers.stream()
                    .filter(h -> h.startsWith(name + ": "))
                    .map(h -> h.substring(name.length() + 2))
                    .findFirst()
                    .orElse("");
        }
    }

    final List<Asked> asked = new CopyOnWriteArrayList<>();
    private final ServerBinding binding;

    ScriptedStore(ActorSystem<?> system, Function<Asked, HttpResponse> script) {
        this(system, script, 0);
    }

    ScriptedStore(ActorSystem<?> system, Function<Asked, HttpResponse> script, int port) {
        org.apache.pekko.japi.function.Function<HttpRequest, CompletionStage<HttpResponse>> handler =
                request -> answer(system, request, script);
        binding = Http.get(system)
                .newServerAt("127.0.0.1", port)
                .bind(handler)
                .toCompletableFuture()
                .join();
    }

    private CompletionStage<HttpResponse> answer(
            ActorSystem<?> system, HttpRequest request, Function<Asked, HttpResponse> script) {
        return request.entity().toStrict(5000, system).thenApplyAsync(body -> {
            List<String> headers = new ArrayList<>();
            for (HttpHeader header : request.getHeaders()) {
                headers.add(header.name() + ": " + header.value());
            }
            Asked one = new Asked(
                    request.method().value(),
                    request.getUri().getPathString()
                            + request.getUri()
                                    .rawQueryString()
                                    .map(q -> "?" + q)
                                    .orElse(""),
                    body.getData().decodeString(StandardCharsets.ISO_8859_1),
                    headers);
            asked.add(one);
            return script.apply(one);
        });
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + port());
    }

    int port() {
        return binding.localAddress().getPort();
    }

    @Override
    public void close() {
        binding.terminate(java.time.Duration.ofMillis(100))
                .toCompletableFuture()
                .join();
    }

    static HttpResponse json(int status, String body) {
        return HttpResponse.create().withStatus(status).withEntity(ContentTypes.APPLICATION_JSON, body);
    }

    static HttpResponse problem(int status, String code, String detail, String more) {
        return json(
                status,
                "{\"type\":\"/problems/%s\",\"status\":%d,\"code\":\"%s\",\"detail\":\"%s\"%s}"
                        .formatted(code, status, code, detail, more));
    }

    static HttpResponse retryLater(int status, String code, int seconds) {
        return problem(status, code, "later", "").addHeader(RawHeader.create("Retry-After", Integer.toString(seconds)));
    }

    private static HttpResponse arrow(Source<ByteString, ?> bytes) {
        return HttpResponse.create()
                .withEntity(HttpEntities.createChunked(
                        MediaTypes.applicationBinary("vnd.apache.arrow.stream", false)
                                .toContentType(),
                        bytes));
    }

    static HttpResponse arrow(ByteString bytes) {
        return arrow(Source.single(bytes));
    }

    /** The bytes in small pieces; then the connection breaks, or the answer ends there, or it stays open. */
    static HttpResponse arrow(ByteString bytes, End end) {
        List<ByteString> pieces = new ArrayList<>();
        for (int at = 0; at < bytes.size(); at += 37) {
            pieces.add(bytes.slice(at, Math.min(bytes.size(), at + 37)));
        }
        Source<ByteString, ?> rest =
                switch (end) {
                    case COMPLETE -> Source.empty();
                    case BREAK ->
                        Source.completionStage(
                                new CompletableFuture<ByteString>().orTimeout(100, TimeUnit.MILLISECONDS));
                    case STAY -> Source.maybe();
                };
        return arrow(Source.from(pieces).concat(rest));
    }

    enum End {
        COMPLETE,
        BREAK,
        STAY
    }

    static ByteString schema(List<Column> columns) {
        return ByteString.fromByteBuffer(ArrowStreams.schemaMessage(columns));
    }

    static ByteString batch(List<Column> columns, String json, BufferAllocator allocator) {
        ByteString bytes = ByteString.emptyByteString();
        for (EncodedRows rows : Rows.parse(columns, json, allocator).batches()) {
            for (ByteBuffer part : ArrowStreams.batchMessage(rows)) {
                bytes = bytes.concat(ByteString.fromByteBuffer(part));
            }
        }
        return bytes;
    }

    static ByteString end() {
        return ByteString.fromByteBuffer(ArrowStreams.endOfStream());
    }

    static String change(String type, long offset, String customer, long id) {
        return "{\"_change_type\":\"%s\",\"_log_offset\":%d,\"_commit_timestamp\":\"2026-01-01T00:00:00Z\",\"customer\":\"%s\",\"id\":%d}"
                .formatted(type, offset, customer, id);
    }
}
