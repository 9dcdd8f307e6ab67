package io.weir.client;

import static io.weir.client.ScriptedStore.CHANGE_COLUMNS;
import static io.weir.client.ScriptedStore.change;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.weir.client.ScriptedStore.Asked;
import io.weir.client.ScriptedStore.End;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.ArrowStreams;
import io.weir.codec.row.RowBatchBuilder;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Changelogs over connections that break, against a server that answers what the test says. */
class ChangelogTest {
    private static final ActorTestKit KIT = ActorTestKit.create();
    private static final List<String> COLUMNS = List.of("customer", "id");

    private final BufferAllocator allocator = new RootAllocator();
    private final Map<Integer, Queue<Supplier<HttpResponse>>> answers = new ConcurrentHashMap<>();
    private final ScriptedStore store = new ScriptedStore(KIT.system(), this::answer);

    @AfterEach
    void close() {
        store.close();
        // A source that was cancelled may still be decoding what it had taken.
        await().until(() -> allocator.getAllocatedMemory() == 0);
        allocator.close();
    }

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    private HttpResponse answer(Asked asked) {
        if (!asked.target().contains("/changelog")) {
            return ScriptedStore.json(200, ScriptedStore.TABLE);
        }
        Queue<Supplier<HttpResponse>> queue =
                answers.getOrDefault(asked.target().contains("bucket=0") ? 0 : 1, new ArrayDeque<>());
        Supplier<HttpResponse> next = queue.poll();
        return next == null ? ScriptedStore.arrow(schema(), End.STAY) : next.get();
    }

    private WeirTable table() {
        return WeirClient.create(store.uri(), KIT.system(), allocator)
                .table("shop", "orders")
                .toCompletableFuture()
                .join();
    }

    private void script(int bucket, List<Supplier<HttpResponse>> next) {
        answers.put(bucket, new ArrayDeque<>(next));
    }

    private static ByteString schema() {
        return ScriptedStore.schema(CHANGE_COLUMNS);
    }

    private ByteString changes(String... rows) {
        return ScriptedStore.batch(CHANGE_COLUMNS, "[" + String.join(",", rows) + "]", allocator);
    }

    private static List<ChangeBatch> take(Source<ChangeBatch, NotUsed> source, int batches) {
        return source.take(batches)
                .runWith(Sink.seq(), KIT.system())
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }

    private List<String> asks(int bucket) {
        return store.asked.stream()
                .map(Asked::target)
                .filter(t -> t.contains("bucket=" + bucket))
                .map(t -> t.substring(t.indexOf('?')))
                .toList();
    }

    @Test
    void resumesBehindTheLastChangeWhereverTheStreamBreaks() {
        ByteString first = changes(change("insert", 5, "ada", 1), change("update_before", 6, "ada", 1));
        ByteString second = changes(change("update_after", 7, "ada", 1));
        ByteString third = changes(change("delete", 8, "ada", 1));
        script(
                0,
                List.of(
                        () -> ScriptedStore.arrow(schema().concat(first).concat(second.take(60)), End.BREAK),
                        () -> ScriptedStore.retryLater(503, "bucket-unavailable", 0),
                        () -> ScriptedStore.arrow(schema().concat(second), End.COMPLETE),
                        () -> ScriptedStore.arrow(schema().concat(third), End.STAY)));
        WeirTable table = table();

        List<ChangeBatch> batches =
                take(table.changelog(new ChangelogCursor(7, new TreeMap<>(Map.of(0, 5L))), COLUMNS), 3);

        assertThat(batches).extracting(ChangeBatch::nextOffset).containsExactly(7L, 8L, 9L);
        assertThat(batches.get(0).type(1).text()).isEqualTo("update_before");
        assertThat(batches.get(0).offset(1)).isEqualTo(6);
        assertThat(batches.get(2).asRows().toJson(allocator)).isEqualTo("[{\"customer\":\"ada\",\"id\":1}]");
        assertThat(batches.get(2).cursor()).isEqualTo(new ChangelogCursor(7, new TreeMap<>(Map.of(0, 9L))));
        assertThat(asks(0))
                .containsExactly(
                        "?bucket=0&from=5&columns=customer,id&follow=true",
                        "?bucket=0&from=7&columns=customer,id&follow=true",
                        "?bucket=0&from=7&columns=customer,id&follow=true",
                        "?bucket=0&from=8&columns=customer,id&follow=true");
    }

    @Test
    void cursorHoldsAllBuckets() {
        script(
                0,
                List.of(() -> ScriptedStore.arrow(schema().concat(changes(change("insert", 0, "ada", 1))), End.STAY)));
        script(
                1,
                List.of(() -> ScriptedStore.arrow(schema().concat(changes(change("insert", 0, "bob", 1))), End.STAY)));
        WeirTable table = table();

        List<ChangeBatch> batches = take(table.changelog(ChangelogCursor.start(table.description()), COLUMNS), 2);

        assertThat(batches.get(1).cursor().offsets()).isEqualTo(new TreeMap<>(Map.of(0, 1L, 1, 1L)));
    }

    @Test
    void boundedReadEndsWithTheStreamsAndSkipsSignsOfLife() {
        ByteString life = heartbeat();
        script(
                0,
                List.of(() -> ScriptedStore.arrow(
                        schema().concat(life)
                                .concat(changes(change("insert", 0, "ada", 1)))
                                .concat(life)
                                .concat(ScriptedStore.end()),
                        End.COMPLETE)));
        script(1, List.of(() -> ScriptedStore.arrow(schema().concat(ScriptedStore.end()), End.COMPLETE)));
        WeirTable table = table();

        List<ChangeBatch> batches =
                take(table.changelogUntilNow(ChangelogCursor.start(table.description()), COLUMNS), 100);

        assertThat(batches).hasSize(1);
        assertThat(asks(1)).containsExactly("?bucket=1&from=0&columns=customer,id");
    }

    /** A batch of no rows. */
    private static ByteString heartbeat() {
        RowBatchBuilder none = new RowBatchBuilder(new TableSchema(1, CHANGE_COLUMNS), CHANGE_COLUMNS);
        ByteString bytes = ByteString.emptyByteString();
        for (ByteBuffer part : ArrowStreams.batchMessage(none.build(0))) {
            bytes = bytes.concat(ByteString.fromByteBuffer(part));
        }
        return bytes;
    }

    @Test
    void offsetsThatAreGoneEndTheSource() {
        script(0, List.of(() -> ScriptedStore.problem(410, "offset-out-of-range", "the log begins at 9", "")));
        WeirTable table = table();

        assertThatThrownBy(() -> take(table.changelog(ChangelogCursor.start(table.description()), COLUMNS), 1))
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE));
    }

    @Test
    void damageEndsTheSource() {
        script(
                0,
                List.of(() -> ScriptedStore.arrow(
                        schema().concat(ByteString.fromString("this is no Arrow message")), End.STAY)));
        WeirTable table = table();

        assertThatThrownBy(() -> take(table.changelog(ChangelogCursor.start(table.description()), COLUMNS), 1))
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARROW));
    }

    @Test
    void offsetsThatDoNotGrowEndTheSource() {
        script(
                0,
                List.of(() -> ScriptedStore.arrow(
                        schema().concat(changes(change("insert", 5, "ada", 1), change("insert", 5, "bob", 1))),
                        End.STAY)));
        WeirTable table = table();

        assertThatThrownBy(() -> take(table.changelog(ChangelogCursor.start(table.description()), COLUMNS), 1))
                .hasMessageContaining("offsets do not grow");
    }

    @Test
    void aSlowReaderHoldsTheStoreBack() {
        AtomicLong sent = new AtomicLong();
        ByteString batch = changes(IntStream.range(0, 2000)
                .mapToObj(i -> change("insert", i, "customer", i))
                .toArray(String[]::new));
        Source<ByteString, NotUsed> endless = Source.single(schema())
                .concat(Source.repeat(batch).map(b -> {
                    sent.incrementAndGet();
                    return b;
                }));
        script(0, List.of(() -> HttpResponse.create()
                .withEntity(HttpEntities.createChunked(
                        MediaTypes.applicationBinary("vnd.apache.arrow.stream", false)
                                .toContentType(),
                        endless))));
        WeirTable table = table();

        ChangeBatch first = table.changelog(ChangelogCursor.start(table.description()), COLUMNS)
                .mapAsync(1, b -> new CompletableFuture<ChangeBatch>().completeOnTimeout(b, 2, TimeUnit.SECONDS))
                .runWith(Sink.head(), KIT.system())
                .toCompletableFuture()
                .join();

        assertThat(first.count()).isEqualTo(2000);
        // What the sockets buffer is some megabytes; a reader without backpressure would take hundreds in two seconds.
        assertThat(sent.get() * batch.size()).isLessThan(64L << 20);
    }

    @Test
    void cursorOfAnotherTableIsRefused() {
        WeirTable table = table();

        assertThatThrownBy(() -> table.changelog(new ChangelogCursor(8, new TreeMap<>()), COLUMNS))
                .isInstanceOf(WeirException.class)
                .hasMessageContaining("another table");
    }
}
