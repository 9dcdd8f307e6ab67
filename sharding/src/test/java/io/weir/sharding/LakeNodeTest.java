package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.TestRows;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.tiering.LakeTables;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.ingest.ChangedRows;
import io.weir.lake.LakeScan;
import io.weir.lake.LakeSnapshot;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables of a node that go to its lake. */
class LakeNodeTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int ROWS = 5000;

    @TempDir
    Path data;

    private static TableInfo table(Catalog.Reply reply) {
        assertThat(reply).isInstanceOf(Catalog.Table.class);
        return ((Catalog.Table) reply).info();
    }

    private static TableInfo create(WeirNode node, Map<String, String> properties) {
        Catalog.TableDefinition definition = new Catalog.TableDefinition(
                "k", TestRows.COLUMNS, List.of("id"), List.of("id"), List.of(), 1, properties);
        return table(TestNodes.get(
                node.cluster().askCatalog(replyTo -> new Catalog.CreateTable("db", definition, true, replyTo))));
    }

    private static void change(WeirNode node, BucketId bucket, ChangeKind kind, EncodedRows rows) {
        Bucket.AppendReply reply = TestNodes.get(node.cluster()
                .<Bucket.AppendReply>askBucket(
                        bucket,
                        replyTo -> new Bucket.Upsert(List.of(new ChangedRows(kind, rows, null)), null, false, replyTo),
                        LONG));
        assertThat(reply).isInstanceOf(Bucket.Appended.class);
    }

    private static Bucket.Description describe(WeirNode node, BucketId bucket) {
        return (Bucket.Description) TestNodes.describe(node, bucket);
    }

    /** Until the newest KV snapshot has all that was written. */
    private static void awaitSnapshot(WeirNode node, BucketId bucket) {
        Awaitility.await().atMost(LONG).untilAsserted(() -> {
            node.cluster().tell(bucket, Bucket.Tick.INSTANCE);
            Bucket.Description now = describe(node, bucket);
            assertThat(now.remote().snapshotOffset()).isEqualTo(now.highWatermark());
        });
    }

    private static Set<Long> ids(long from, long to) {
        return LongStream.range(from, to).boxed().collect(Collectors.toCollection(HashSet::new));
    }

    /** None twice. */
    private static Set<Long> inLake(WeirNode node, TableInfo table) {
        Optional<LakeSnapshot> snapshot = node.cluster().lake().orElseThrow().snapshot(LakeTables.spec(table));
        List<Long> found = new ArrayList<>();
        if (snapshot.isPresent()) {
            try (LakeScan scan = snapshot.get().scan(table.schema().columns(), null, Optional.empty(), 1 << 20)) {
                for (EncodedRows rows = scan.next(); rows != null; rows = scan.next()) {
                    found.addAll(TestRows.ids(table.schema().columns(), rows));
                }
            }
        }
        assertThat(found).doesNotHaveDuplicates();
        return new HashSet<>(found);
    }

    @Test
    void aTableThatHasAKvSnapshotComesToTheLakeFromIt() {
        WeirNode node = TestNodes.start(data, 0, "");
        TableInfo table = create(
                node,
                Map.of(
                        "log.segment-size", "64kb",
                        "log.local-segments", "0",
                        "kv.snapshot-interval", "1s"));
        BucketId bucket = new BucketId(table.tableId(), 0);
        change(node, bucket, ChangeKind.UPSERT, TestRows.range(0, ROWS));
        change(node, bucket, ChangeKind.UPSERT, TestRows.range(ROWS, ROWS));
        change(node, bucket, ChangeKind.DELETE, TestRows.range(100, 50));
        awaitSnapshot(node, bucket);

        Catalog.TableChange enable = new Catalog.TableChange(
                List.of(),
                Map.of(),
                Map.of(),
                List.of(),
                Map.of("datalake.enabled", "true", "datalake.freshness", "1s"),
                Set.of());
        TableInfo enabled = table(TestNodes.get(
                node.cluster().askCatalog(replyTo -> new Catalog.AlterTable("db", "k", enable, replyTo))));
        Set<Long> expected = ids(0, 2 * ROWS);
        expected.removeAll(ids(100, 150));
        Awaitility.await().atMost(LONG).untilAsserted(() -> assertThat(inLake(node, enabled))
                .isEqualTo(expected));

        // From there on by the changelog: an update of a row of the snapshot, a delete of another, a new one.
        change(node, bucket, ChangeKind.UPSERT, TestRows.range(0, 10));
        change(node, bucket, ChangeKind.DELETE, TestRows.range(10, 10));
        change(node, bucket, ChangeKind.UPSERT, TestRows.range(2 * ROWS, 10));
        expected.removeAll(ids(10, 20));
        expected.addAll(ids(2 * ROWS, 2 * ROWS + 10));
        Awaitility.await().atMost(LONG).untilAsserted(() -> assertThat(inLake(node, enabled))
                .isEqualTo(expected));
        Awaitility.await()
                .atMost(LONG)
                .until(() -> describe(node, bucket).lakeOffset()
                        == describe(node, bucket).highWatermark());
        assertThat(data.resolve("tiering")).isEmptyDirectory();
        TestNodes.get(node.stop());
    }
}
