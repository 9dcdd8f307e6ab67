package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.TestRows;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.schema.Column;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Primary-key buckets that a node stops and starts. */
class KeyedNodeTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    Path data;

    private WeirNode start(String idleTimeout) {
        WeirNode node = WeirNode.start(ConfigFactory.parseMap(Map.of(
                "weir.data-dir",
                data.toString(),
                "weir.cluster.port",
                0,
                "weir.bucket.idle-timeout",
                idleTimeout,
                "pekko.coordinated-shutdown.run-by-jvm-shutdown-hook",
                "off")));
        TestNodes.get(node.ready());
        return node;
    }

    private static Catalog.Reply ask(WeirNode node, Function<ActorRef<Catalog.Reply>, Catalog.Command> question) {
        return TestNodes.get(node.cluster().askCatalog(question));
    }

    /** Those of {@link TestRows}, of which a key may consist. */
    private static final List<Column> COLUMNS = TestRows.COLUMNS.stream()
            .map(column -> new Column(column.id(), column.name(), column.type(), false))
            .toList();

    private static TableInfo table(WeirNode node, List<String> primaryKey, List<String> partitionBy) {
        Catalog.TableDefinition definition =
                new Catalog.TableDefinition("t", COLUMNS, primaryKey, List.of("id"), partitionBy, 1, Map.of());
        Catalog.Reply reply = ask(node, replyTo -> new Catalog.CreateTable("db", definition, true, replyTo));
        assertThat(reply).isInstanceOf(Catalog.Table.class);
        return ((Catalog.Table) reply).info();
    }

    private static CompletionStage<Bucket.AppendReply> upsert(WeirNode node, BucketId bucket, EncodedRows rows) {
        return node.cluster()
                .askBucket(
                        bucket,
                        replyTo -> new Bucket.Upsert(
                                List.of(new ChangedRows(ChangeKind.UPSERT, rows, null)), null, false, replyTo),
                        LONG);
    }

    private static List<byte[]> lookUp(WeirNode node, BucketId bucket, TableInfo table, EncodedRows rows) {
        List<Key> keys =
                KeyEncoder.of(table.schema().columns(), table.keyOrder()).encode(rows);
        Bucket.LookupReply reply = TestNodes.get(node.cluster()
                .<Bucket.LookupReply>askBucket(bucket, replyTo -> new Bucket.Lookup(keys, replyTo), LONG));
        return ((Bucket.LookedUp) reply).rows();
    }

    @Test
    void anIdleBucketStopsAndHasItsRowsWhenItIsAskedAgain() {
        WeirNode node = start("1s");
        TableInfo table = table(node, List.of("id"), List.of());
        BucketId bucket = new BucketId(table.tableId(), 0);
        EncodedRows rows = TestRows.range(0, 50);
        assertThat(TestNodes.get(upsert(node, bucket, rows))).isEqualTo(new Bucket.Appended(0, 50));
        List<byte[]> before = lookUp(node, bucket, table, rows);
        Awaitility.await()
                .atMost(LONG)
                .until(() -> TestNodes.get(node.cluster().members()).get(0).bucketsLed() == 0);
        assertThat(lookUp(node, bucket, table, rows)).containsExactlyElementsOf(before);
        assertThat(TestNodes.get(upsert(node, bucket, rows))).isEqualTo(new Bucket.Appended(50, 50));
        TestNodes.get(node.stop());
    }

    @Test
    void aPartitionDroppedWhileItIsWrittenToGoesFromTheDisk() {
        WeirNode node = start("10m");
        TableInfo table = table(node, List.of("id", "name"), List.of("name"));
        Catalog.Reply made = ask(node, replyTo -> new Catalog.CreatePartition("db", "t", List.of("a"), replyTo));
        assertThat(made).isInstanceOf(Catalog.Partition.class);
        PartitionInfo partition = ((Catalog.Partition) made).info();
        BucketId bucket = new BucketId(table.tableId(), partition.partitionId(), 0);
        assertThat(TestNodes.get(upsert(node, bucket, TestRows.range(0, 10)))).isEqualTo(new Bucket.Appended(0, 10));
        Path directory = data.resolve("log").resolve(bucket.entityId());
        assertThat(directory.resolve("kv")).isDirectory();

        assertThat(ask(node, replyTo -> new Catalog.DropPartition("db", "t", partition.name(), replyTo)))
                .isEqualTo(new Catalog.Done());
        List<Bucket.AppendReply> replies = new ArrayList<>();
        Awaitility.await().atMost(LONG).pollInterval(Duration.ofMillis(20)).until(() -> {
            int from = 10 * (replies.size() + 1);
            replies.add(TestNodes.get(upsert(node, bucket, TestRows.range(from, from + 10))));
            return replies.get(replies.size() - 1) instanceof Bucket.Refused;
        });
        assertThat(replies.get(replies.size() - 1))
                .isInstanceOfSatisfying(Bucket.Refused.class, refused -> assertThat(refused.code())
                        .isEqualTo(ErrorCode.PARTITION_NOT_FOUND));
        Awaitility.await().atMost(LONG).until(() -> !Files.exists(directory));
        assertThat(TestNodes.get(upsert(node, bucket, TestRows.range(0, 10)))).isInstanceOf(Bucket.Refused.class);
        assertThat(directory).as("nobody makes it again").doesNotExist();
        TestNodes.get(node.stop());
    }
}
