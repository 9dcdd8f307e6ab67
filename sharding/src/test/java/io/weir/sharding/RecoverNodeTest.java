package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.TestRows;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.CatalogCopy;
import io.weir.actors.catalog.CatalogState;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.catalog.TableInfo;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.row.RowBatchBuilder;
import io.weir.codec.row.RowWriter;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.RemoteNames;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.arrow.vector.BigIntVector;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that loses all but its object store, its journal too, and comes back by {@link StoreRecovery}. */
class RecoverNodeTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int ROWS = 5000;
    private static final List<Column> KEYED = List.of(
            new Column(1, "id", DataType.Simple.BIGINT, false),
            new Column(2, "name", DataType.Simple.STRING, false),
            new Column(3, "uid", DataType.Simple.BIGINT, true));

    @TempDir
    Path directory;

    private WeirNode node;
    private TableInfo keyed;

    private Map<String, Object> settings() {
        return Map.of(
                "weir.object-store", directory.resolve("objects").toUri().toString(),
                "weir.remote.reaper-grace", "2s",
                "weir.remote.reaper-interval", "0s");
    }

    private void start() {
        node = TestNodes.start(directory.resolve("data"), 0, "", settings());
    }

    private RecoveryReport recover(StoreRecovery.Mode mode, StoreRecovery.Progress progress) throws Exception {
        Config config = ConfigFactory.parseMap(settings())
                .withFallback(ConfigFactory.parseMap(
                        Map.of("weir.data-dir", directory.resolve("data").toString())));
        return StoreRecovery.run(config, mode, progress);
    }

    private Catalog.Reply ask(Function<ActorRef<Catalog.Reply>, Catalog.Command> question) {
        return TestNodes.get(node.cluster().askCatalog(question));
    }

    private PartitionInfo partition(String name) {
        return ((Catalog.Partition) ask(replyTo -> new Catalog.CreatePartition("db", "keyed", List.of(name), replyTo)))
                .info();
    }

    private TableInfo createKeyed(String snapshotInterval) {
        Catalog.TableDefinition definition = new Catalog.TableDefinition(
                "keyed",
                KEYED,
                List.of("id", "name"),
                List.of("id"),
                List.of("name"),
                1,
                Map.of(
                        "kv.snapshot-interval", snapshotInterval,
                        "log.local-segments", "0",
                        "auto-increment.column", "uid",
                        "auto-increment.cache-size", "10"));
        return ((Catalog.Table) ask(replyTo -> new Catalog.CreateTable("db", definition, true, replyTo))).info();
    }

    private static EncodedRows rows(TableInfo table, String name, long from, int count) {
        RowBatchBuilder rows =
                new RowBatchBuilder(table.schema(), table.schema().columns());
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        for (long id = from; id < from + count; id++) {
            RowWriter row = new RowWriter(table.schema()).begin();
            row.putLong(id);
            row.putBytes(text, 0, text.length);
            row.putNull();
            rows.add(row.end());
        }
        return rows.build(table.schema().schemaId());
    }

    private void upsert(BucketId bucket, EncodedRows rows) {
        Bucket.AppendReply reply = TestNodes.get(node.cluster()
                .<Bucket.AppendReply>askBucket(
                        bucket,
                        replyTo -> new Bucket.Upsert(
                                List.of(new ChangedRows(ChangeKind.UPSERT, rows, null)), null, false, replyTo),
                        LONG));
        assertThat(reply).isInstanceOf(Bucket.Appended.class);
    }

    private List<byte[]> lookUp(BucketId bucket, EncodedRows rows) {
        List<Key> keys =
                KeyEncoder.of(keyed.schema().columns(), keyed.keyOrder()).encode(rows);
        return ((Bucket.LookedUp) TestNodes.get(node.cluster()
                        .<Bucket.LookupReply>askBucket(bucket, replyTo -> new Bucket.Lookup(keys, replyTo), LONG)))
                .rows();
    }

    /** What the changelog has in its column of numbers. */
    private List<Long> numbers(BucketId bucket) {
        List<Long> numbers = new ArrayList<>();
        Bucket.Fetched fetched = (Bucket.Fetched) TestNodes.fetch(node, bucket, 0);
        assertThat(fetched.nextOffset()).isEqualTo(fetched.highWatermark());
        for (Bucket.FetchedRows batch : fetched.batches()) {
            RecordBatches.load(KEYED, batch.rows(), node.allocator(), root -> {
                for (int i = 0; i < root.getRowCount(); i++) {
                    numbers.add(((BigIntVector) root.getVector("uid")).get(i));
                }
            });
        }
        return numbers;
    }

    private Bucket.RemoteDescription remote(BucketId bucket) {
        return ((Bucket.Description) TestNodes.describe(node, bucket)).remote();
    }

    private Reaper.Report reap(boolean dryRun) {
        return (Reaper.Report) TestNodes.get(node.cluster().askReaper(dryRun, LONG));
    }

    private void awaitCatalogCopy() {
        Awaitility.await().atMost(LONG).until(() -> {
            CatalogState now = node.cluster().catalogHere().orElseThrow();
            Path copy = file(RemoteNames.catalog(now.version()));
            return Files.exists(copy)
                    && CatalogCopy.decode(Files.readAllBytes(copy)).version() == now.version();
        });
    }

    private Path file(ObjectName name) {
        return directory.resolve("objects").resolve(name.value());
    }

    private List<Path> objects(String prefix) throws IOException {
        Path below = directory.resolve("objects").resolve(prefix);
        if (!Files.exists(below)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(below)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private void loseTheDisk() throws IOException {
        TestNodes.get(node.stop());
        new DiskFileStore().deleteTree(directory.resolve("data"));
    }

    @Test
    void allThatWasUploadedComesBackWithoutTheJournal() throws Exception {
        start();
        TableInfo plain =
                TestNodes.createTable(node, "plain", 1, Map.of("log.segment-size", "64kb", "log.local-segments", "0"));
        TableInfo dropped = TestNodes.createTable(node, "dropped", 1, Map.of("log.segment-size", "64kb"));
        keyed = createKeyed("1s");
        BucketId log = new BucketId(plain.tableId(), 0);
        BucketId gone = new BucketId(dropped.tableId(), 0);
        BucketId a = new BucketId(keyed.tableId(), partition("a").partitionId(), 0);
        BucketId b = new BucketId(keyed.tableId(), partition("b").partitionId(), 0);
        for (int i = 0; i < 4; i++) {
            TestNodes.append(node, log, i, TestRows.range((long) ROWS * i, ROWS));
            TestNodes.append(node, gone, i, TestRows.range((long) ROWS * i, ROWS));
        }
        upsert(a, rows(keyed, "a", 0, 100));
        upsert(b, rows(keyed, "b", 0, 50));
        long end = 3L * ROWS;
        Awaitility.await().atMost(LONG).untilAsserted(() -> {
            assertThat(remote(log).endOffset()).isEqualTo(end);
            assertThat(remote(gone).endOffset()).isEqualTo(end);
            assertThat(remote(a).snapshotOffset()).isEqualTo(100);
            assertThat(remote(b).snapshotOffset()).isEqualTo(50);
        });
        awaitCatalogCopy();
        ask(replyTo -> new Catalog.DropTable("db", "dropped", replyTo));
        awaitCatalogCopy();
        List<byte[]> before = lookUp(a, rows(keyed, "a", 40, 10));
        List<Long> numbersA = numbers(a);
        List<Long> numbersB = numbers(b);
        loseTheDisk();

        assertThat(recover(StoreRecovery.Mode.DRY_RUN, (found, about) -> {}).losses())
                .isEmpty();
        assertThatThrownBy(() -> recover(StoreRecovery.Mode.RECOVER, (found, about) -> {
                    if (found == 2) {
                        throw new IllegalStateException("killed");
                    }
                }))
                .hasMessageContaining("killed");
        assertThat(directory.resolve("data/journal")).doesNotExist();
        damageTheNewestCopyOfTheCatalog();
        RecoveryReport report = recover(StoreRecovery.Mode.RECOVER, (found, about) -> {});
        assertThat(report.losses()).isEmpty();
        assertThat(report.written()).isTrue();
        assertThat(report.buckets()).isEqualTo(4);
        assertThat(report.partitions()).isEqualTo(2);

        start();
        assertThat(TwoNodesTest.ids(node, log)).isEqualTo(range(0, end));
        assertThat(lookUp(a, rows(keyed, "a", 40, 10))).containsExactlyElementsOf(before);
        assertThat(numbers(a)).isEqualTo(numbersA);
        assertThat(numbers(b)).isEqualTo(numbersB);
        assertThat(TestNodes.append(node, log, 2, TestRows.range(0, 1)))
                .as("what a writer repeats")
                .isEqualTo(new Bucket.Appended(2L * ROWS, end));
        BucketId c = newIdsAndNumbersAreAbove(a, b);
        TestNodes.append(node, log, 3, TestRows.range(end, ROWS));
        TestNodes.append(node, log, 4, TestRows.range(end + ROWS, ROWS));
        Awaitility.await().atMost(LONG).untilAsserted(() -> {
            assertThat(remote(log).endOffset()).isEqualTo(end + ROWS);
            assertThat(remote(a).snapshotOffset()).isEqualTo(110);
            assertThat(remote(c).snapshotOffset()).isEqualTo(10);
        });

        theReaperDeletesWhatIsOfNobody(gone, log);
        awaitCatalogCopy();
        List<Long> numbersNow = numbers(a);
        loseTheDisk();
        assertThat(recover(StoreRecovery.Mode.RECOVER, (found, about) -> {}).losses())
                .isEmpty();
        start();
        assertThat(TwoNodesTest.ids(node, log)).isEqualTo(range(0, end + ROWS));
        assertThat(numbers(a)).isEqualTo(numbersNow);
        assertThat(lookUp(c, rows(keyed, "c", 0, 10))).doesNotContainNull();
        TestNodes.get(node.stop());
    }

    @Test
    void numbersOfRowsThatAreOnlyOnThisDiskAreNotGivenAgain() throws Exception {
        start();
        keyed = createKeyed("0s");
        BucketId a = new BucketId(keyed.tableId(), partition("a").partitionId(), 0);
        upsert(a, rows(keyed, "a", 0, 95));
        List<Long> before = numbers(a);
        awaitCatalogCopy();
        TestNodes.get(node.stop());
        for (String part : List.of("journal", "snapshots")) {
            new DiskFileStore().deleteTree(directory.resolve("data").resolve(part));
        }
        assertThat(recover(StoreRecovery.Mode.RECOVER, (found, about) -> {}).keptHere())
                .isEqualTo(1);
        start();
        assertThat(numbers(a)).isEqualTo(before);
        upsert(a, rows(keyed, "a", 95, 20));
        assertThat(numbers(a)).hasSize(115).doesNotHaveDuplicates();
        TestNodes.get(node.stop());
    }

    /** Cut in its middle; the one before is of a moment ago, when the dropped table was still there. */
    private void damageTheNewestCopyOfTheCatalog() throws IOException {
        List<Path> copies = objects(RemoteNames.CATALOG_PREFIX);
        assertThat(copies).hasSize(2);
        byte[] newest = Files.readAllBytes(copies.get(1));
        Files.write(copies.get(1), java.util.Arrays.copyOf(newest, newest.length / 2));
    }

    private BucketId newIdsAndNumbersAreAbove(BucketId a, BucketId b) {
        long highest = Stream.concat(numbers(a).stream(), numbers(b).stream())
                .mapToLong(Long::longValue)
                .max()
                .orElseThrow();
        PartitionInfo third = partition("c");
        assertThat(third.partitionId()).isGreaterThan(Math.max(a.partitionId(), b.partitionId()));
        BucketId c = new BucketId(keyed.tableId(), third.partitionId(), 0);
        upsert(c, rows(keyed, "c", 0, 10));
        upsert(a, rows(keyed, "a", 100, 10));
        assertThat(numbers(c)).doesNotHaveDuplicates().allMatch(number -> number > highest);
        assertThat(numbers(a)).doesNotHaveDuplicates().doesNotContainAnyElementsOf(numbers(c));
        assertThat(numbers(a).subList(100, 110)).allMatch(number -> number > highest);
        assertThat(TestNodes.createTable(node, "later", 1).tableId()).isGreaterThan(keyed.tableId());
        return c;
    }

    private void theReaperDeletesWhatIsOfNobody(BucketId gone, BucketId log) throws IOException {
        ask(replyTo -> new Catalog.DropTable("db", "dropped", replyTo));
        ObjectName orphan = RemoteNames.segment(log.entityId(), 0, 1, new RemoteNames.Attempt(1_700_000_000_000L, 99));
        Files.writeString(file(orphan), "of an upload that nobody finished");
        Reaper.Report dry = reap(true);
        assertThat(dry.problems()).isEmpty();
        assertThat(dry.orphans()).isPositive();
        assertThat(dry.deleted()).isZero();
        assertThat(file(orphan)).exists();
        // Snapshots that newer ones took the place of become orphans as they age.
        Awaitility.await().atMost(LONG).pollInterval(Duration.ofMillis(500)).untilAsserted(() -> {
            assertThat(reap(false).problems()).isEmpty();
            Reaper.Report after = reap(true);
            assertThat(after.orphans()).isZero();
            assertThat(after.young()).isZero();
            assertThat(after.live()).isEqualTo(after.scanned());
        });
        assertThat(file(orphan)).doesNotExist();
        assertThat(objects(RemoteNames.bucketPrefix(gone.entityId()))).isEmpty();
    }

    private static List<Long> range(long from, long to) {
        return LongStream.range(from, to).boxed().toList();
    }
}
