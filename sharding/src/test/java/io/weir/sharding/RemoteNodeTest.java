package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.TestRows;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.persistence.file.DiskFileStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that loses its disk, but for the journal, and comes back from its object store. */
class RemoteNodeTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int ROWS = 5000;

    @TempDir
    Path directory;

    private Path data() {
        return directory.resolve("data");
    }

    private static TableInfo keyedTable(WeirNode node) {
        Catalog.TableDefinition definition = new Catalog.TableDefinition(
                "k",
                TestRows.COLUMNS,
                List.of("id"),
                List.of("id"),
                List.of(),
                1,
                Map.of("log.segment-size", "64kb", "kv.snapshot-interval", "1s", "log.local-segments", "0"));
        Catalog.Reply reply = TestNodes.get(
                node.cluster().askCatalog(replyTo -> new Catalog.CreateTable("db", definition, true, replyTo)));
        return ((Catalog.Table) reply).info();
    }

    private static Bucket.AppendReply upsert(WeirNode node, BucketId bucket, long sequence, EncodedRows rows) {
        return TestNodes.get(node.cluster()
                .<Bucket.AppendReply>askBucket(
                        bucket,
                        replyTo -> new Bucket.Upsert(
                                List.of(new ChangedRows(ChangeKind.UPSERT, rows, null)),
                                new Bucket.WriterSequence("writer", sequence),
                                false,
                                replyTo),
                        LONG));
    }

    private static List<byte[]> lookUp(WeirNode node, BucketId bucket, TableInfo table, EncodedRows rows) {
        List<Key> keys =
                KeyEncoder.of(table.schema().columns(), table.keyOrder()).encode(rows);
        Bucket.LookupReply reply = TestNodes.get(node.cluster()
                .<Bucket.LookupReply>askBucket(bucket, replyTo -> new Bucket.Lookup(keys, replyTo), LONG));
        assertThat(reply).isInstanceOf(Bucket.LookedUp.class);
        return ((Bucket.LookedUp) reply).rows();
    }

    private static Bucket.RemoteDescription remote(WeirNode node, BucketId bucket) {
        return ((Bucket.Description) TestNodes.describe(node, bucket)).remote();
    }

    private static List<Long> rows(long from, long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    private void deleteAllBut(Set<String> kept) throws IOException {
        try (Stream<Path> files = Files.list(data())) {
            for (Path file : files.toList()) {
                if (!kept.contains(file.getFileName().toString())) {
                    if (Files.isDirectory(file)) {
                        new DiskFileStore().deleteTree(file);
                    } else {
                        Files.delete(file);
                    }
                }
            }
        }
    }

    @Test
    void allThatWasUploadedIsThereAfterTheDiskWasLost() throws IOException {
        WeirNode node = TestNodes.start(data(), 0, "");
        TableInfo logTable =
                TestNodes.createTable(node, "t", 1, Map.of("log.segment-size", "64kb", "log.local-segments", "0"));
        BucketId log = new BucketId(logTable.tableId(), 0);
        for (int i = 0; i < 6; i++) {
            assertThat(TestNodes.append(node, log, i, TestRows.range((long) ROWS * i, ROWS)))
                    .isEqualTo(new Bucket.Appended((long) ROWS * i, (long) ROWS * (i + 1)));
        }
        TableInfo keyed = keyedTable(node);
        BucketId keys = new BucketId(keyed.tableId(), 0);
        assertThat(upsert(node, keys, 1, TestRows.range(0, ROWS))).isEqualTo(new Bucket.Appended(0, ROWS));
        assertThat(upsert(node, keys, 2, TestRows.range(ROWS, ROWS))).isEqualTo(new Bucket.Appended(ROWS, 2 * ROWS));
        EncodedRows some = TestRows.range(ROWS - 50, 100);
        List<byte[]> before = lookUp(node, keys, keyed, some);
        long end = 5L * ROWS;
        Awaitility.await().atMost(LONG).untilAsserted(() -> {
            assertThat(remote(node, log).endOffset()).isEqualTo(end);
            assertThat(remote(node, log).hotStartOffset()).isEqualTo(end);
            assertThat(remote(node, keys).snapshotOffset()).isEqualTo(2 * ROWS);
        });
        assertThat(TwoNodesTest.ids(node, log))
                .as("most of it from the object store")
                .isEqualTo(rows(0, 6L * ROWS));
        TestNodes.get(node.stop());

        deleteAllBut(Set.of("journal", "snapshots", "objects"));
        long start = System.nanoTime();
        WeirNode again = TestNodes.start(data(), 0, "");
        assertThat(lookUp(again, keys, keyed, some)).containsExactlyElementsOf(before);
        assertThat(TwoNodesTest.ids(again, log)).isEqualTo(rows(0, end));
        System.out.println(
                "start on an empty disk to all rows read: " + (System.nanoTime() - start) / 1_000_000 + " ms");
        assertThat(TestNodes.append(again, log, 4, TestRows.range(4L * ROWS, ROWS)))
                .as("what the writer repeats")
                .isEqualTo(new Bucket.Appended(4L * ROWS, end));
        assertThat(TestNodes.append(again, log, 5, TestRows.range(end, ROWS)))
                .isEqualTo(new Bucket.Appended(end, end + ROWS));
        assertThat(upsert(again, keys, 2, TestRows.range(ROWS, ROWS))).isEqualTo(new Bucket.Appended(ROWS, 2 * ROWS));
        assertThat(upsert(again, keys, 3, TestRows.range(2 * ROWS, 10)))
                .isEqualTo(new Bucket.Appended(2 * ROWS, 2 * ROWS + 10));
        assertThat(TwoNodesTest.ids(again, keys)).isEqualTo(rows(0, 2L * ROWS + 10));
        Awaitility.await().atMost(LONG).until(() -> remote(again, keys).snapshotOffset() == 2 * ROWS + 10);
        TestNodes.get(again.stop());

        // The node is the same one now, and loses a bucket alone.
        new DiskFileStore().deleteTree(data().resolve("log").resolve(keys.entityId()));
        WeirNode third = TestNodes.start(data(), 0, "");
        assertThat(lookUp(third, keys, keyed, some)).containsExactlyElementsOf(before);
        assertThat(lookUp(third, keys, keyed, TestRows.range(2 * ROWS, 10))).doesNotContainNull();
        assertThat(TwoNodesTest.ids(third, log)).isEqualTo(rows(0, end + ROWS));
        TestNodes.get(third.stop());
    }

    @Test
    void theStoreOfAnotherClusterIsNotUsed() {
        String store = directory.resolve("objects").toUri().toString();
        WeirNode first = TestNodes.start(data(), 0, "", Map.of("weir.object-store", store));
        WeirNode other = WeirNode.start(ConfigFactory.parseMap(Map.of(
                "weir.data-dir",
                directory.resolve("other").toString(),
                "weir.cluster.port",
                0,
                "weir.object-store",
                store,
                "pekko.coordinated-shutdown.run-by-jvm-shutdown-hook",
                "off")));
        assertThat(other.ready()
                        .handle((done, failure) -> failure)
                        .toCompletableFuture()
                        .join())
                .hasStackTraceContaining("weir recover")
                .hasStackTraceContaining("WEIR_OBJECT_STORE");
        TestNodes.get(other.stop());
        TestNodes.get(first.stop());
    }
}
