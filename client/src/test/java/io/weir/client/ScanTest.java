package io.weir.client;

import static io.weir.client.ScriptedStore.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.weir.client.ScriptedStore.Asked;
import io.weir.client.ScriptedStore.End;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Scans and the ends of changelogs, against a server that answers what the test says. */
class ScanTest {
    private static final ActorTestKit KIT = ActorTestKit.create();
    private static final List<Column> COLUMNS = List.of(
            new Column(1, "customer", DataType.Simple.STRING, false),
            new Column(2, "id", DataType.Simple.BIGINT, false));

    private final BufferAllocator allocator = new RootAllocator();
    private final Queue<HttpResponse> answers = new ConcurrentLinkedQueue<>();
    private final ScriptedStore store = new ScriptedStore(
            KIT.system(),
            asked -> asked.target().endsWith("/orders") ? json(200, ScriptedStore.TABLE) : answers.remove());

    @AfterEach
    void close() {
        store.close();
        await().until(() -> allocator.getAllocatedMemory() == 0);
        allocator.close();
    }

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    private WeirTable table() {
        return WeirClient.create(store.uri(), KIT.system(), allocator)
                .table("shop", "orders")
                .toCompletableFuture()
                .join();
    }

    private ByteString rows(String... json) {
        return ScriptedStore.schema(COLUMNS)
                .concat(ScriptedStore.batch(COLUMNS, "[" + String.join(",", json) + "]", allocator));
    }

    private List<String> scanned() {
        return table().scan(List.of("customer", "id"))
                .map(rows -> rows.toJson(allocator))
                .runWith(Sink.seq(), KIT.system())
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }

    @Test
    void scanThatBreaksOffBeginsAnew() {
        String ada = "{\"customer\":\"ada\",\"id\":1}";
        String bob = "{\"customer\":\"bob\",\"id\":2}";
        answers.add(ScriptedStore.arrow(rows(ada), End.BREAK));
        answers.add(ScriptedStore.arrow(rows(ada), End.COMPLETE)); // ends without the end
        answers.add(ScriptedStore.retryLater(503, "bucket-unavailable", 0));
        answers.add(ScriptedStore.arrow(rows(ada, bob).concat(ScriptedStore.end())));

        // What came before a break may be lost with it.
        assertThat(scanned()).contains("[" + ada + "]").endsWith("[" + ada + "," + bob + "]");
        assertThat(store.asked.stream().map(Asked::target).skip(1))
                .hasSize(4)
                .allMatch(target -> target.endsWith("/scan?columns=customer,id"));
    }

    @Test
    void scanFailsWithWhatTheStoreSays() {
        answers.add(ScriptedStore.problem(404, "table-not-found", "gone", ""));

        assertThatThrownBy(this::scanned)
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TABLE_NOT_FOUND));
    }

    @Test
    void endsOfTheChangelogAreThoseOfAllBucketsOnceEachHasAnOwner() {
        String first = "{\"buckets\":[{\"bucket\":0,\"high_watermark\":7}],\"next_page_token\":\"more\"}";
        answers.add(json(200, first));
        answers.add(json(200, "{\"buckets\":[{\"bucket\":1,\"leader_node\":null,\"problem\":\"moving\"}]}"));
        answers.add(json(200, "{\"buckets\":[{\"bucket\":1,\"high_watermark\":4000000000}]}"));

        ChangelogCursor end = table().changelogEnd()
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();

        assertThat(end.tableId()).isEqualTo(7);
        assertThat(end.offsets()).isEqualTo(Map.of(0, 7L, 1, 4_000_000_000L));
        assertThat(store.asked.stream().map(Asked::target).skip(1).map(t -> t.substring(t.indexOf('?'))))
                .containsExactly(
                        "?page_size=1000", "?page_size=1000&page_token=more", "?page_size=1000&page_token=more");
    }
}
