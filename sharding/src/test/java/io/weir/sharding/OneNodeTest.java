package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.TestRows;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.TableInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OneNodeTest {
    @TempDir
    Path data;

    @Test
    void startsAloneServesStopsSoonAndFindsItsRowsAgain() {
        long start = System.nanoTime();
        WeirNode node = TestNodes.start(data, 0, "");
        TableInfo table = TestNodes.createTable(node, "t", 2);
        BucketId bucket = new BucketId(table.tableId(), 1);
        assertThat(TestNodes.append(node, bucket, 1, TestRows.range(0, 100))).isEqualTo(new Bucket.Appended(0, 100));
        System.out.println("start to first write: " + (System.nanoTime() - start) / 1_000_000 + " ms");
        assertThat(TestNodes.get(node.cluster().members())).singleElement().satisfies(member -> {
            assertThat(member.state()).isEqualTo("up");
            assertThat(member.bucketsLed()).isEqualTo(1);
            assertThat(member.self()).isTrue();
        });
        assertThatThrownBy(() -> TestNodes.start(data, 0, "")).hasMessageContaining("another process uses");

        start = System.nanoTime();
        TestNodes.get(node.stop());
        long stopped = (System.nanoTime() - start) / 1_000_000;
        System.out.println("stop: " + stopped + " ms");
        assertThat(stopped).isLessThan(10_000);

        WeirNode again = TestNodes.start(data, 0, "");
        Bucket.Fetched fetched = (Bucket.Fetched) TestNodes.fetch(again, bucket, 0);
        assertThat(TestRows.ids(fetched)).hasSize(100);
        assertThat(TestNodes.append(again, bucket, 1, TestRows.range(0, 100))).isEqualTo(new Bucket.Appended(0, 100));

        Catalog.Reply dropped =
                TestNodes.get(again.cluster().askCatalog(replyTo -> new Catalog.DropTable("db", "t", replyTo)));
        assertThat(dropped).isEqualTo(new Catalog.Done());
        Path log = data.resolve("log").resolve(bucket.entityId());
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !Files.exists(log));
        TestNodes.get(again.stop());
    }
}
