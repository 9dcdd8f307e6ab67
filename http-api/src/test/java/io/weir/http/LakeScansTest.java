package io.weir.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.SinkQueueWithCancel;
import org.apache.pekko.stream.javadsl.Source;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class LakeScansTest {
    @Test
    void aReaderThatStandsStillLosesItsTurn() {
        try (ServedStore store = new ServedStore()) {
            ExecutorService executor = Executors.newSingleThreadExecutor();
            LakeScans lakes = new LakeScans(store.cluster, executor, 1, 1024, Duration.ofMillis(200));
            TableInfo table = table(store);
            Source<Slice, NotUsed> rows = Source.from(
                            IntStream.range(0, 1000).boxed().toList())
                    .map(i -> new Slice(new BucketId(table.tableId(), 0), null, List.of(), i));
            SinkQueueWithCancel<Slice> reader = lakes.turn()
                    .whole(table, rows)
                    .toMat(Sink.queue(), Keep.right())
                    .run(store.cluster.system());
            assertThat(reader.pull().toCompletableFuture().join()).isPresent();
            assertThatThrownBy(lakes::turn).isInstanceOfSatisfying(WeirException.class, e -> assertThat(e.code())
                    .isEqualTo(ErrorCode.OVERLOADED));

            Awaitility.await().ignoreExceptions().untilAsserted(lakes::turn);

            assertThatThrownBy(() -> {
                        while (reader.pull().toCompletableFuture().join().isPresent()) {
                            // up to the failure
                        }
                    })
                    .hasCauseInstanceOf(WeirException.class)
                    .hasMessageContaining("was read too slowly");
            executor.shutdown();
        }
    }

    private static TableInfo table(ServedStore store) {
        store.send("POST", "/v1/databases", "{\"name\":\"shop\"}");
        store.send(
                "POST",
                "/v1/databases/shop/tables",
                "{\"name\":\"t\",\"columns\":[{\"name\":\"a\",\"type\":\"INT\"}]}");
        return ((Catalog.Table) store.cluster
                        .askCatalog(replyTo -> new Catalog.GetTable("shop", "t", replyTo))
                        .toCompletableFuture()
                        .join())
                .info();
    }
}
