package io.weir.client;

import static io.weir.client.ScriptedStore.json;
import static io.weir.client.ScriptedStore.problem;
import static io.weir.client.ScriptedStore.retryLater;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.client.ScriptedStore.Asked;
import io.weir.codec.ErrorCode;
import io.weir.codec.RowError;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Requests and their repetition, against a server that answers what the test says. */
class WeirClientTest {
    private static final ActorTestKit KIT = ActorTestKit.create();
    private static final String WRITTEN =
            "{\"rows\":1,\"buckets\":[{\"bucket\":1,\"partition\":null,\"base_offset\":4,\"next_offset\":5}],\"durability\":\"local\"}";
    private static final String ROW = "{\"customer\":\"ada\",\"id\":1,\"amount\":\"2.50\"}";

    private final BufferAllocator allocator = new RootAllocator();
    private final Deque<Next> answers = new ArrayDeque<>();
    private final ScriptedStore store = new ScriptedStore(
            KIT.system(),
            asked -> asked.method().equals("GET")
                    ? json(200, ScriptedStore.TABLE)
                    : answers.remove().get());

    @AfterEach
    void close() {
        store.close();
        allocator.close();
    }

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    private WeirTable table(ClientSettings settings) {
        return await(client(store.uri(), settings).table("shop", "orders"));
    }

    private WeirClient client(URI uri, ClientSettings settings) {
        return WeirClient.create(uri, KIT.system(), allocator, settings, new Random(1), () -> "writer");
    }

    private static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : e;
        }
    }

    private interface Next {
        HttpResponse get();
    }

    private void answer(Next... next) {
        answers.addAll(Arrays.asList(next));
    }

    private List<Asked> posts() {
        return store.asked.stream().filter(a -> a.method().equals("POST")).toList();
    }

    @Test
    void describesATable() {
        TableDescription table = table(ClientSettings.DEFAULT).description();

        assertThat(table.fullName()).isEqualTo("shop.orders");
        assertThat(table.tableId()).isEqualTo(7);
        assertThat(table.primaryKey()).containsExactly("customer", "id");
        assertThat(table.bucketKey()).containsExactly("customer");
        assertThat(table.buckets()).isEqualTo(2);
        assertThat(table.column("amount")).isEqualTo(new Column(3, "amount", new DataType.Decimal(10, 2), true));
        assertThat(table.properties()).containsEntry("log.ttl", "7d");
        assertThat(store.asked.get(0).target()).isEqualTo("/v1/databases/shop/tables/orders");
    }

    @Test
    void namesCannotMakeAnotherPath() {
        assertThatThrownBy(() -> client(store.uri(), ClientSettings.DEFAULT).table("shop", "../x"))
                .isInstanceOf(WeirException.class)
                .hasMessageContaining("'../x' is no name of a table");
    }

    @Test
    void writesAreArrowAndNumbered() {
        WeirTable table = table(ClientSettings.DEFAULT);
        answer(() -> json(200, WRITTEN), () -> json(200, WRITTEN));

        WriteResult first = await(table.upsert(table.rows(ROW)));
        await(table.delete(table.rows(List.of("customer", "id"), "{\"customer\":\"ada\",\"id\":1}")));

        assertThat(first.ranges()).containsExactly(new WriteResult.Range(1, 4, 5));
        assertThat(posts())
                .extracting(Asked::target)
                .containsExactly(
                        "/v1/databases/shop/tables/orders/rows", "/v1/databases/shop/tables/orders/rows:delete");
        assertThat(posts()).extracting(a -> a.header("Weir-Writer-Id")).containsOnly("writer");
        assertThat(posts()).extracting(a -> a.header("Weir-Writer-Sequence")).containsExactly("1", "2");
        ByteString body =
                ByteString.fromArray(posts().get(0).body().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        Rows sent = ArrowAnswers.decode(body, table.description().columns(), allocator);
        assertThat(sent.toJson(allocator)).isEqualTo("[" + ROW + "]");
    }

    @Test
    void overloadAndUnavailabilityAreWaitedForUnderTheSameSequence() {
        WeirTable table = table(ClientSettings.DEFAULT);
        answer(
                () -> retryLater(429, "overloaded", 1),
                () -> retryLater(503, "bucket-unavailable", 0),
                () -> json(200, WRITTEN));
        long begin = System.nanoTime();

        assertThat(await(table.upsert(table.rows(ROW))).rows()).isEqualTo(1);

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        assertThat(posts()).hasSize(3);
        assertThat(posts()).extracting(a -> a.header("Weir-Writer-Sequence")).containsOnly("1");
        assertThat(posts()).extracting(Asked::body).containsOnly(posts().get(0).body());
    }

    @Test
    void problemsAreExceptionsWithTheirRowErrors() {
        WeirTable table = table(ClientSettings.DEFAULT);
        answer(() -> problem(
                400,
                "invalid-rows",
                "1 row does not fit",
                ",\"errors\":[{\"row\":0,\"pointer\":\"/amount\",\"detail\":\"too large\"}]"));

        assertThatThrownBy(() -> await(table.upsert(table.rows(ROW))))
                .isInstanceOfSatisfying(WeirException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ROWS);
                    assertThat(e.detail()).isEqualTo("1 row does not fit");
                    assertThat(e.rowErrors()).containsExactly(new RowError(0, "/amount", "too large"));
                });
        assertThat(posts()).hasSize(1);
    }

    @Test
    void errorsOfOthersAreReadByTheirStatus() {
        WeirTable table = table(ClientSettings.DEFAULT);
        answer(() -> HttpResponse.create().withStatus(404).withEntity("<html>no such page</html>"));

        assertThatThrownBy(() -> await(table.upsert(table.rows(ROW))))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ROUTE_NOT_FOUND))
                .hasMessageContaining("no such page");
    }

    @Test
    void aStoreThatStaysOverloadedFailsInTime() {
        WeirTable table = table(ClientSettings.DEFAULT).retryingFor(Duration.ofMillis(300));
        for (int i = 0; i < 100; i++) {
            answer(() -> retryLater(429, "overloaded", 0));
        }

        assertThatThrownBy(() -> await(table.upsert(table.rows(ROW))))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED));
        assertThat(posts()).hasSizeBetween(2, 20);
    }

    @Test
    void aWriteWithoutAnswerIsOfUnknownOutcome() {
        WeirTable table = table(ClientSettings.DEFAULT.withRequestTimeout(Duration.ofSeconds(2)))
                .retryingFor(Duration.ofMillis(200));
        store.close();

        assertThatThrownBy(() -> await(table.upsert(table.rows(ROW))))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OUTCOME_UNKNOWN));
    }

    @Test
    void anAnswerThatDoesNotComeIsATimeout() {
        WeirTable table = table(ClientSettings.DEFAULT.withRequestTimeout(Duration.ofMillis(300)))
                .retryingFor(Duration.ZERO);
        answer(() -> ScriptedStore.arrow(ByteString.emptyByteString(), ScriptedStore.End.STAY));

        assertThatThrownBy(() -> await(table.prefixLookup(
                        table.rows(List.of("customer"), "{\"customer\":\"ada\"}"), List.of("id"), 10)))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TIMEOUT));
    }

    @Test
    void prefixLookupPagesUntilThereIsNoMore() {
        WeirTable table = table(ClientSettings.DEFAULT);
        List<Column> columns = table.description().columns(List.of("id", "amount"));
        ByteString schema = ScriptedStore.schema(columns);
        ByteString one = ScriptedStore.batch(columns, "{\"id\":1,\"amount\":\"2.50\"}", allocator);
        ByteString two = ScriptedStore.batch(columns, "[{\"id\":2},{\"id\":3}]", allocator);
        answer(
                () -> ScriptedStore.arrow(schema.concat(one).concat(ScriptedStore.end()))
                        .addHeader(RawHeader.create("Weir-Next", "k1")),
                () -> ScriptedStore.arrow(schema.concat(two).concat(ScriptedStore.end())));

        Rows rows = await(table.prefixLookup(
                table.rows(List.of("customer"), "{\"customer\":\"ada\"}"), List.of("id", "amount"), 10));

        assertThat(rows.toJson(allocator))
                .isEqualTo("[{\"id\":1,\"amount\":\"2.50\"},{\"id\":2,\"amount\":null},{\"id\":3,\"amount\":null}]");
        assertThat(posts())
                .extracting(Asked::body)
                .containsExactly(
                        "{\"prefix\":{\"customer\":\"ada\"},\"columns\":[\"id\",\"amount\"],\"limit\":10}",
                        "{\"prefix\":{\"customer\":\"ada\"},\"columns\":[\"id\",\"amount\"],\"limit\":9,\"after\":\"k1\"}");
    }

    @Test
    void lookupTellsRowsFromNone() {
        WeirTable table = table(ClientSettings.DEFAULT);
        List<Column> answered = ArrowAnswers.nullable(table.description().columns(List.of("amount", "customer")));
        answer(() -> ScriptedStore.arrow(ScriptedStore.schema(answered)
                .concat(ScriptedStore.batch(
                        answered, "[{\"customer\":\"ada\",\"amount\":\"1.00\"},{},{\"customer\":\"eve\"}]", allocator))
                .concat(ScriptedStore.end())));

        Lookup lookup = await(table.lookup(
                table.rows(
                        List.of("customer", "id"),
                        "[{\"customer\":\"ada\",\"id\":1},{\"customer\":\"bob\",\"id\":1},{\"customer\":\"eve\",\"id\":1}]"),
                List.of("amount")));

        assertThat(lookup.found().stream().boxed()).containsExactly(0, 2);
        assertThat(lookup.rows().count()).isEqualTo(3);
        assertThat(posts().get(0).body()).contains("\"columns\":[\"amount\",\"customer\"]");
    }

    @Test
    void anAnswerThatIsCutIsNotTakenForWhole() {
        WeirTable table = table(ClientSettings.DEFAULT);
        answer(() ->
                ScriptedStore.arrow(ScriptedStore.schema(table.description().columns(List.of("id")))));

        assertThatThrownBy(() -> await(table.prefixLookup(
                        table.rows(List.of("customer"), "{\"customer\":\"ada\"}"), List.of("id"), 10)))
                .isInstanceOf(WeirException.class)
                .hasMessageContaining("broke off");
    }

    @Test
    void whatIsNoArrowIsRefused() {
        WeirTable table = table(ClientSettings.DEFAULT);
        answer(() -> json(200, "{\"rows\":[]}"));

        assertThatThrownBy(() -> await(table.prefixLookup(
                        table.rows(List.of("customer"), "{\"customer\":\"ada\"}"), List.of("id"), 10)))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARROW));
    }
}
