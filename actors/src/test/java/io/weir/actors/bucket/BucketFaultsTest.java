package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.journal.JournalSetup;
import io.weir.codec.ErrorCode;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.SimFileStore;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.kv.LevelDb;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a bucket says and does when the disk, the catalog, memory or its own code fails. */
class BucketFaultsTest {
    private static final Duration SOON = Duration.ofSeconds(8);

    @TempDir
    static Path journal;

    private static ActorTestKit kit;
    private static long lastTableId;

    @TempDir
    Path logs;

    private final LocalBuckets local = new LocalBuckets();
    private final AtomicReference<TableInfo> table = new AtomicReference<>();
    private final AtomicReference<Supplier<CompletionStage<TableInfo>>> catalog = new AtomicReference<>();
    private BufferAllocator allocator = new RootAllocator();
    private BucketId id;
    private ActorRef<BucketManifest.Command> manifests;
    private TestProbe<Bucket.AppendReply> appends;
    private TestProbe<Bucket.FetchReply> fetches;
    private TestProbe<Bucket.DescribeReply> descriptions;

    @BeforeAll
    static void startSystem() {
        kit = ActorTestKit.create(JournalSetup.config(journal).withFallback(ConfigFactory.load()));
    }

    @AfterAll
    static void stopSystem() {
        kit.shutdownTestKit();
    }

    @BeforeEach
    void prepare() {
        id = new BucketId(++lastTableId, 0);
        table.set(TestRows.table(id.tableId(), Map.of()));
        catalog.set(() -> CompletableFuture.completedFuture(table.get()));
        manifests = kit.spawn(Manifests.create(Clock.systemUTC()));
        appends = kit.createTestProbe();
        fetches = kit.createTestProbe();
        descriptions = kit.createTestProbe();
    }

    @AfterEach
    void stopBuckets() {
        kit.stop(manifests);
    }

    private ActorRef<Bucket.Command> bucket() {
        return bucket(new DiskFileStore());
    }

    private ActorRef<Bucket.Command> bucket(FileStore files) {
        BucketPorts ports = new BucketPorts(
                files,
                logs,
                Clock.systemUTC(),
                allocator,
                new BucketManifest.Node("node-a", "node-a:1"),
                manifests,
                kit.system().ignoreRef(),
                new KvStores(LevelDb.engine(1 << 20, 1 << 20), 4),
                null,
                "boot",
                asked -> catalog.get().get(),
                (bucket, owner) -> CompletableFuture.failedFuture(new AssertionError("nothing to bring")),
                local,
                BucketSettings.from(ConfigFactory.load()));
        return kit.spawn(BucketBehavior.create(id, ports, self -> self.tell(BucketBehavior.Stop.INSTANCE)));
    }

    private void append(ActorRef<Bucket.Command> bucket, long sequence, EncodedRows rows) {
        bucket.tell(new Bucket.Append(List.of(rows), new Bucket.WriterSequence("w", sequence), appends.ref()));
    }

    private Bucket.Appended appended() {
        return appends.expectMessageClass(Bucket.Appended.class, SOON);
    }

    private ErrorCode refusedAppend() {
        return appends.expectMessageClass(Bucket.Refused.class, SOON).code();
    }

    private List<Long> allIds(ActorRef<Bucket.Command> bucket) {
        bucket.tell(fetchOf(List.of(), null));
        return TestRows.ids(fetches.expectMessageClass(Bucket.Fetched.class, SOON));
    }

    private Bucket.Fetch fetchOf(List<Integer> columns, String where) {
        return new Bucket.Fetch(0, Long.MAX_VALUE, 1 << 20, 1000, columns, where, Duration.ZERO, fetches.ref());
    }

    private Bucket.Description describe(ActorRef<Bucket.Command> bucket) {
        bucket.tell(new Bucket.Describe(descriptions.ref()));
        return descriptions.expectMessageClass(Bucket.Description.class, SOON);
    }

    private TableInfo withSecondSchema(List<Column> columns) {
        TableInfo before = table.get();
        return new TableInfo(
                before.tableId(),
                before.database(),
                before.name(),
                List.of(before.schemas().get(0), new TableSchema(2, columns)),
                List.of(),
                List.of(),
                List.of(),
                before.buckets(),
                before.properties(),
                before.createdAt());
    }

    @Test
    void failingDiskLeavesTheOutcomeUnknownAndTheRetryIsStoredOnce() {
        SimFileStore disk = new SimFileStore(new Random(3));
        ActorRef<Bucket.Command> bucket = bucket(disk);
        append(bucket, 1, TestRows.range(0, 3));
        appended();
        disk.failureRate(1);
        append(bucket, 2, TestRows.range(3, 2));
        assertThat(refusedAppend()).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
        append(bucket, 2, TestRows.range(3, 2));
        assertThat(refusedAppend()).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
        disk.failureRate(0);
        append(bucket, 2, TestRows.range(3, 2));
        assertThat(appended()).isEqualTo(new Bucket.Appended(3, 5));
        assertThat(allIds(bucket)).containsExactly(0L, 1L, 2L, 3L, 4L);
    }

    @Test
    void bucketGoesOnAfterABugWithAHigherEpoch() {
        SimFileStore disk = new SimFileStore(new Random(4));
        ActorRef<Bucket.Command> bucket = bucket(disk);
        append(bucket, 1, TestRows.range(0, 3));
        appended();
        int epoch = describe(bucket).leaderEpoch();
        endsOpenFiles(disk);
        append(bucket, 2, TestRows.range(3, 1));
        assertThat(refusedAppend()).isEqualTo(ErrorCode.INTERNAL);
        Awaitility.await().atMost(SOON).untilAsserted(() -> {
            append(bucket, 2, TestRows.range(3, 1));
            assertThat(appends.receiveMessage(SOON)).isEqualTo(new Bucket.Appended(3, 4));
        });
        assertThat(describe(bucket).leaderEpoch()).isEqualTo(epoch + 1);
        assertThat(allIds(bucket)).containsExactly(0L, 1L, 2L, 3L);
    }

    @Test
    void stopThatComesDuringACommitWhichMeetsABugEndsTheBucket() {
        SimFileStore disk = new SimFileStore(new Random(4));
        ActorRef<Bucket.Command> bucket = bucket(disk);
        append(bucket, 1, TestRows.range(0, 3));
        appended();
        EncodedRows big = TestRows.range(0, 300_000);
        endsOpenFiles(disk);
        append(bucket, 2, big);
        bucket.tell(BucketBehavior.Stop.INSTANCE);
        assertThat(refusedAppend()).isEqualTo(ErrorCode.INTERNAL);
        appends.expectTerminated(bucket, SOON);
    }

    /** From here on every use of a file that is open throws what no disk throws. */
    private static void endsOpenFiles(SimFileStore disk) {
        disk.restart(false);
    }

    @Test
    void appendThatWaitsForTheCatalogIsAnsweredWhenTheBucketStops() {
        ActorRef<Bucket.Command> bucket = bucket();
        describe(bucket);
        CompletableFuture<TableInfo> slow = new CompletableFuture<>();
        catalog.set(() -> slow);
        EncodedRows rows = TestRows.range(0, 2);
        append(bucket, 1, new EncodedRows(2, 2, rows.metadata(), rows.body()));
        bucket.tell(BucketBehavior.Stop.INSTANCE);
        assertThat(refusedAppend()).isEqualTo(ErrorCode.BUCKET_UNAVAILABLE);
        appends.expectTerminated(bucket, SOON);
    }

    @Test
    void appendOfASchemaThatTheBucketDoesNotKnowYetIsStored() {
        ActorRef<Bucket.Command> bucket = bucket();
        describe(bucket);
        table.set(withSecondSchema(TestRows.COLUMNS));
        EncodedRows rows = TestRows.range(0, 2);
        append(bucket, 1, new EncodedRows(2, 2, rows.metadata(), rows.body()));
        append(bucket, 2, TestRows.range(2, 1));
        appended();
        appended();
        append(bucket, 3, new EncodedRows(3, 2, rows.metadata(), rows.body()));
        assertThat(refusedAppend()).isEqualTo(ErrorCode.INVALID_REQUEST);
    }

    @Test
    void bucketWhoseActorDiesGivesItsDirectoryBack() {
        ActorRef<Bucket.Command> first = bucket();
        append(first, 1, TestRows.range(0, 3));
        appended();
        catalog.set(() -> {
            throw new IllegalStateException("the catalog's port is broken");
        });
        first.tell(Bucket.Tick.INSTANCE);
        appends.expectTerminated(first, SOON);
        catalog.set(() -> CompletableFuture.completedFuture(table.get()));
        assertThat(describe(bucket()).highWatermark()).isEqualTo(3);
    }

    @Test
    void tooLittleArrowMemoryIsOverload() {
        allocator = new RootAllocator(1 << 16);
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 1, TestRows.range(0, 20_001));
        appended();
        bucket.tell(fetchOf(List.of(), "name = 'name-20000'"));
        assertThat(fetches.expectMessageClass(Bucket.Refused.class, SOON).code())
                .isEqualTo(ErrorCode.OVERLOADED);
    }

    @Test
    void readerThatMeetsAnErrorOfTheMachineIsAnswered() {
        SimFileStore disk = new SimFileStore(new Random(5));
        ActorRef<Bucket.Command> bucket = bucket(disk);
        append(bucket, 1, TestRows.range(0, 3));
        appended();
        disk.crashAfter(0);
        bucket.tell(fetchOf(List.of(), null));
        assertThat(fetches.expectMessageClass(Bucket.Refused.class, SOON).code())
                .isEqualTo(ErrorCode.INTERNAL);
    }

    @Test
    void tickRollsAndDeletesByTheTablesNewProperties() {
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 1, TestRows.range(0, 3));
        appended();
        table.set(TestRows.table(id.tableId(), Map.of("log.ttl", "1s", "log.segment-age", "1s")));
        Awaitility.await().atMost(SOON).untilAsserted(() -> {
            bucket.tell(Bucket.Tick.INSTANCE);
            assertThat(describe(bucket).logStartOffset()).isEqualTo(3);
        });
        bucket.tell(fetchOf(List.of(), null));
        assertThat(fetches.expectMessageClass(Bucket.Refused.class, SOON).code())
                .isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
        append(bucket, 2, TestRows.range(3, 1));
        assertThat(appended()).isEqualTo(new Bucket.Appended(3, 4));
    }

    @Test
    void locateFindsTheFirstBatchAtOrAfterATime() {
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 1, TestRows.range(0, 3));
        appended();
        TestProbe<Bucket.LocateReply> located = kit.createTestProbe();
        bucket.tell(new Bucket.Locate(0, located.ref()));
        located.expectMessage(SOON, new Bucket.Located(0));
        bucket.tell(new Bucket.Locate(Long.MAX_VALUE, located.ref()));
        located.expectMessage(SOON, new Bucket.Located(3));
    }

    @Test
    void widenedColumnIsReadInItsNewTypeAndFilteredByIt() {
        List<Column> narrow = List.of(
                new Column(1, "id", DataType.Simple.BIGINT, false), new Column(2, "n", DataType.Simple.INT, true));
        List<Column> wide = List.of(narrow.get(0), new Column(2, "n", DataType.Simple.BIGINT, true));
        TableInfo before = table.get();
        table.set(new TableInfo(
                before.tableId(),
                before.database(),
                before.name(),
                List.of(new TableSchema(1, narrow)),
                List.of(),
                List.of(),
                List.of(),
                before.buckets(),
                before.properties(),
                before.createdAt()));
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 1, TestRows.numbers(narrow, 0, 4));
        appended();
        table.set(withSecondSchema(wide));
        EncodedRows newer = TestRows.numbers(wide, 4, 4);
        append(bucket, 2, new EncodedRows(2, newer.rowCount(), newer.metadata(), newer.body()));
        appended();
        bucket.tell(fetchOf(List.of(2), "n >= 30"));
        Bucket.Fetched found = fetches.expectMessageClass(Bucket.Fetched.class, SOON);
        List<Long> values = found.batches().stream()
                .flatMap(batch -> TestRows.ids(wide.subList(1, 2), batch.rows()).stream())
                .toList();
        assertThat(values)
                .containsExactlyElementsOf(
                        LongStream.range(3, 8).map(i -> 10 * i).boxed().toList());
    }

    /** However it is read, the first reader of damaged rows gets what is before them, and then the damage: never what is behind. */
    @ParameterizedTest
    @ValueSource(strings = {"all columns", "one column", "a predicate"})
    void rowsThatTurnOutToBeDamagedAreNeverPassedOver(String how) throws IOException {
        ActorRef<Bucket.Command> bucket = bucket();
        for (int i = 0; i < 3; i++) {
            append(bucket, i, TestRows.range(10 * i, 10));
            appended();
        }
        flipBitOf("name-15");
        List<Integer> columns = how.equals("one column") ? List.of(2) : List.of();
        String where = how.equals("a predicate") ? "name LIKE 'name-%'" : null;

        bucket.tell(fetchOf(columns, where));
        Bucket.Fetched good = fetches.expectMessageClass(Bucket.Fetched.class, SOON);
        assertThat(good.batches()).hasSize(1);
        assertThat(good.nextOffset()).isEqualTo(10);

        bucket.tell(new Bucket.Fetch(10, Long.MAX_VALUE, 1 << 20, 1000, columns, where, Duration.ZERO, fetches.ref()));
        assertThat(fetches.expectMessageClass(Bucket.Refused.class, SOON).code())
                .isEqualTo(ErrorCode.CORRUPT_DATA);
        kit.stop(bucket);
    }

    private void flipBitOf(String text) throws IOException {
        Path segment = logs.resolve(id.entityId()).resolve("00000000000000000000.log");
        byte[] bytes = Files.readAllBytes(segment);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text);
        assertThat(at).as("the text stands in the segment as it is").isPositive();
        bytes[at] ^= 1;
        Files.write(segment, bytes);
    }
}
