package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.journal.JournalSetup;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchHeader;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.SimFileStore;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.kv.LevelDb;
import io.weir.persistence.log.BucketLog;
import io.weir.persistence.log.LogBatch;
import io.weir.persistence.log.LogCursor;
import io.weir.persistence.log.LogSettings;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.apache.arrow.memory.RootAllocator;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BucketTest {
    @TempDir
    static Path journal;

    private static ActorTestKit kit;
    private static long lastTableId;

    @TempDir
    Path logs;

    private final LocalBuckets local = new LocalBuckets();
    private final AtomicReference<TableInfo> table = new AtomicReference<>();
    private final RootAllocator allocator = new RootAllocator();
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
        manifests = kit.spawn(Manifests.create(Clock.systemUTC()));
        appends = kit.createTestProbe();
        fetches = kit.createTestProbe();
        descriptions = kit.createTestProbe();
    }

    @AfterEach
    void stopBuckets() {
        kit.stop(manifests);
    }

    private BucketPorts ports(FileStore files, BucketSettings settings, String node) {
        return new BucketPorts(
                files,
                logs,
                Clock.systemUTC(),
                allocator,
                new BucketManifest.Node(node, node + ":1"),
                manifests,
                kit.system().ignoreRef(),
                new KvStores(LevelDb.engine(1 << 20, 1 << 20), 4),
                null,
                "boot",
                asked -> {
                    TableInfo info = table.get();
                    return info == null
                            ? CompletableFuture.failedFuture(new WeirException(ErrorCode.TABLE_NOT_FOUND, "dropped"))
                            : CompletableFuture.completedFuture(info);
                },
                (bucket, owner) -> CompletableFuture.failedFuture(
                        new WeirException(ErrorCode.BUCKET_UNAVAILABLE, "rows are on " + owner.address())),
                local,
                settings);
    }

    private static BucketSettings settings() {
        return BucketSettings.from(ConfigFactory.load());
    }

    private ActorRef<Bucket.Command> bucket() {
        return bucket(ports(new DiskFileStore(), settings(), "node-a"));
    }

    private ActorRef<Bucket.Command> bucket(BucketPorts ports) {
        return kit.spawn(BucketBehavior.create(id, ports, self -> self.tell(BucketBehavior.Stop.INSTANCE)));
    }

    private void append(ActorRef<Bucket.Command> bucket, EncodedRows rows) {
        bucket.tell(new Bucket.Append(List.of(rows), null, appends.ref()));
    }

    private void append(ActorRef<Bucket.Command> bucket, long sequence, EncodedRows... rows) {
        bucket.tell(new Bucket.Append(List.of(rows), new Bucket.WriterSequence("w", sequence), appends.ref()));
    }

    private Bucket.Appended appended() {
        return appends.expectMessageClass(Bucket.Appended.class, Duration.ofSeconds(10));
    }

    private Bucket.Fetched fetch(ActorRef<Bucket.Command> bucket, long from) {
        return fetch(bucket, from, Long.MAX_VALUE, List.of(), null);
    }

    private Bucket.Fetched fetch(
            ActorRef<Bucket.Command> bucket, long from, long to, List<Integer> columns, String where) {
        bucket.tell(new Bucket.Fetch(from, to, 1 << 20, 1000, columns, where, Duration.ZERO, fetches.ref()));
        return fetches.expectMessageClass(Bucket.Fetched.class, Duration.ofSeconds(10));
    }

    private Bucket.Description describe(ActorRef<Bucket.Command> bucket) {
        bucket.tell(new Bucket.Describe(descriptions.ref()));
        return descriptions.expectMessageClass(Bucket.Description.class, Duration.ofSeconds(10));
    }

    private void stop(ActorRef<Bucket.Command> bucket) {
        bucket.tell(BucketBehavior.Stop.INSTANCE);
        appends.expectTerminated(bucket, Duration.ofSeconds(10));
    }

    @Test
    void rowsAreReadBackFromAnyOffset() {
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, TestRows.range(0, 10));
        assertThat(appended()).isEqualTo(new Bucket.Appended(0, 10));
        append(bucket, TestRows.range(10, 5));
        assertThat(appended()).isEqualTo(new Bucket.Appended(10, 15));

        Bucket.Fetched all = fetch(bucket, 0);
        assertThat(TestRows.ids(all)).containsExactlyElementsOf(longs(0, 15));
        assertThat(all.nextOffset()).isEqualTo(15);

        Bucket.Fetched middle = fetch(bucket, 7, 12, List.of(), null);
        assertThat(TestRows.ids(middle)).containsExactlyElementsOf(longs(7, 12));
        assertThat(middle.batches().get(0).baseOffset()).isEqualTo(7);
        assertThat(middle.nextOffset()).isEqualTo(12);
    }

    @Test
    void predicateAndProjectionGiveTheMatchingRowsWithTheirOffsets() {
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, TestRows.range(100, 10));
        appended();
        append(bucket, TestRows.range(200, 10));
        appended();

        Bucket.Fetched found = fetch(bucket, 0, Long.MAX_VALUE, List.of(1), "name = 'name-203' OR name = 'name-207'");
        assertThat(found.batches()).hasSize(1);
        Bucket.FetchedRows rows = found.batches().get(0);
        assertThat(TestRows.ids(TestRows.COLUMNS.subList(0, 1), rows.rows())).containsExactly(203L, 207L);
        assertThat(rows.baseOffset()).isEqualTo(10);
        assertThat(rows.offsets().at(0)).isEqualTo(3);
        assertThat(rows.offsets().at(1)).isEqualTo(7);
        assertThat(found.nextOffset()).isEqualTo(20);
    }

    @Test
    void rowsMaxStopsAfterTheLastMatchGiven() {
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, TestRows.range(0, 20));
        appended();
        bucket.tell(
                new Bucket.Fetch(2, Long.MAX_VALUE, 1 << 20, 3, List.of(), "id >= 5", Duration.ZERO, fetches.ref()));
        Bucket.Fetched found = fetches.expectMessageClass(Bucket.Fetched.class);
        assertThat(TestRows.ids(found)).containsExactly(5L, 6L, 7L);
        assertThat(found.nextOffset()).isEqualTo(8);
    }

    @Test
    void addedRenamedAndWidenedColumnsReadFromOldBatches() {
        List<Column> old = List.of(new Column(1, "n", DataType.Simple.BIGINT, false));
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, TestRows.range(0, 3));
        appended();
        TableSchema newer = new TableSchema(
                2,
                List.of(
                        new Column(1, "number", DataType.Simple.BIGINT, false),
                        new Column(3, "added", DataType.Simple.STRING, true)));
        TableInfo before = table.get();
        table.set(new TableInfo(
                before.tableId(),
                before.database(),
                before.name(),
                List.of(TestRows.SCHEMA, newer),
                List.of(),
                List.of(),
                List.of(),
                4,
                Map.of(),
                before.createdAt()));
        Bucket.Fetched found = fetch(bucket, 0, Long.MAX_VALUE, List.of(3, 1), null);
        assertThat(found.batches().get(0).rows().rowCount()).isEqualTo(3);
        assertThat(TestRows.ids(
                        old,
                        fetch(bucket, 0, 3, List.of(1), null).batches().get(0).rows()))
                .containsExactly(0L, 1L, 2L);
    }

    @Test
    void unknownColumnAndBadPredicateAreRefused() {
        ActorRef<Bucket.Command> bucket = bucket();
        bucket.tell(new Bucket.Fetch(0, 9, 100, 9, List.of(77), null, Duration.ZERO, fetches.ref()));
        assertThat(fetches.expectMessageClass(Bucket.Refused.class).code()).isEqualTo(ErrorCode.COLUMN_NOT_FOUND);
        bucket.tell(new Bucket.Fetch(0, 9, 100, 9, List.of(), "id ==== 3", Duration.ofSeconds(5), fetches.ref()));
        assertThat(fetches.expectMessageClass(Bucket.Refused.class).code()).isEqualTo(ErrorCode.INVALID_PREDICATE);
        bucket.tell(new Bucket.Fetch(5, 9, 100, 9, List.of(), null, Duration.ofSeconds(5), fetches.ref()));
        assertThat(fetches.expectMessageClass(Bucket.Refused.class).code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
    }

    @Test
    void repeatedSequenceGetsTheFirstAnswerAlsoAfterARestart() {
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 1, TestRows.range(0, 4));
        Bucket.Appended first = appended();
        append(bucket, 1, TestRows.range(0, 4));
        assertThat(appended()).isEqualTo(first);
        int epoch = describe(bucket).leaderEpoch();
        stop(bucket);

        ActorRef<Bucket.Command> again = bucket();
        append(again, 1, TestRows.range(0, 4));
        assertThat(appended()).isEqualTo(first);
        append(again, 2, TestRows.range(4, 1));
        assertThat(appended()).isEqualTo(new Bucket.Appended(4, 5));
        assertThat(TestRows.ids(fetch(again, 0))).containsExactlyElementsOf(longs(0, 5));
        assertThat(describe(again).leaderEpoch()).isEqualTo(epoch + 1);
    }

    @Test
    void sequenceInFlightIsStoredOnce() {
        table.set(TestRows.table(id.tableId(), Map.of("log.linger", "200ms")));
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 9, TestRows.range(0, 2));
        append(bucket, 9, TestRows.range(0, 2));
        assertThat(appended()).isEqualTo(appended());
        assertThat(describe(bucket).highWatermark()).isEqualTo(2);
    }

    @Test
    void smallWritesOfOneCommitBecomeOneBatch() throws Exception {
        table.set(TestRows.table(id.tableId(), Map.of("log.linger", "300ms")));
        ActorRef<Bucket.Command> bucket = bucket();
        for (int i = 0; i < 50; i++) {
            append(bucket, i, TestRows.range(i * 3L, 3));
        }
        for (int i = 0; i < 50; i++) {
            assertThat(appended()).isEqualTo(new Bucket.Appended(i * 3L, i * 3L + 3));
        }
        assertThat(TestRows.ids(fetch(bucket, 0))).containsExactlyElementsOf(longs(0, 150));
        stop(bucket);
        List<BatchHeader> headers = headers();
        assertThat(headers).hasSize(1);
        assertThat(headers.get(0).rowCount()).isEqualTo(150);
    }

    @Test
    void largeRequestOfSeveralBatchesIsOneUnit() throws Exception {
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, 1, TestRows.range(0, 5000), TestRows.range(5000, 5000));
        assertThat(appended()).isEqualTo(new Bucket.Appended(0, 10_000));
        append(bucket, 1, TestRows.range(0, 5000), TestRows.range(5000, 5000));
        assertThat(appended()).isEqualTo(new Bucket.Appended(0, 10_000));
        stop(bucket);
        assertThat(headers()).extracting(BatchHeader::continues).containsExactly(true, false);
    }

    @Test
    void overloadIsSaidAndNothingOfItStored() {
        BucketSettings small = new BucketSettings(
                1 << 20,
                1 << 20,
                0,
                4096,
                10,
                10,
                1000,
                Duration.ofMinutes(1),
                Duration.ofMillis(50),
                Duration.ofSeconds(1));
        table.set(TestRows.table(id.tableId(), Map.of("log.linger", "300ms")));
        ActorRef<Bucket.Command> bucket = bucket(ports(new DiskFileStore(), small, "node-a"));
        describe(bucket);
        EncodedRows big = TestRows.range(0, 20_000);
        append(bucket, big);
        append(bucket, big);
        append(bucket, big);
        List<Object> answers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            answers.add(appends.receiveMessage(Duration.ofSeconds(10)));
        }
        long stored = answers.stream().filter(a -> a instanceof Bucket.Appended).count();
        assertThat(answers)
                .anyMatch(a -> a instanceof Bucket.Refused refused && refused.code() == ErrorCode.OVERLOADED);
        assertThat(describe(bucket).highWatermark()).isEqualTo(stored * 20_000);
    }

    @Test
    void longPollIsAnsweredByTheNextCommitOrByTime() {
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, TestRows.range(0, 1));
        appended();
        bucket.tell(
                new Bucket.Fetch(1, Long.MAX_VALUE, 1000, 10, List.of(), null, Duration.ofSeconds(30), fetches.ref()));
        fetches.expectNoMessage(Duration.ofMillis(100));
        append(bucket, TestRows.range(1, 1));
        appended();
        assertThat(TestRows.ids(fetches.expectMessageClass(Bucket.Fetched.class)))
                .containsExactly(1L);

        bucket.tell(
                new Bucket.Fetch(2, Long.MAX_VALUE, 1000, 10, List.of(), null, Duration.ofMillis(50), fetches.ref()));
        Bucket.Fetched empty = fetches.expectMessageClass(Bucket.Fetched.class);
        assertThat(empty.batches()).isEmpty();
        assertThat(empty.nextOffset()).isEqualTo(2);
    }

    @Test
    void stoppingAnswersEveryoneAndLosesNothing() {
        ActorRef<Bucket.Command> bucket = bucket();
        bucket.tell(
                new Bucket.Fetch(0, Long.MAX_VALUE, 1000, 10, List.of(), null, Duration.ofSeconds(30), fetches.ref()));
        for (int i = 0; i < 200; i++) {
            append(bucket, TestRows.range(i, 1));
        }
        bucket.tell(BucketBehavior.Stop.INSTANCE);
        long acknowledged = 0;
        for (int i = 0; i < 200; i++) {
            Bucket.AppendReply reply = appends.receiveMessage(Duration.ofSeconds(10));
            if (reply instanceof Bucket.Appended) {
                acknowledged++;
            } else {
                assertThat(((Bucket.Refused) reply).code()).isEqualTo(ErrorCode.BUCKET_UNAVAILABLE);
            }
        }
        fetches.receiveMessage();
        appends.expectTerminated(bucket, Duration.ofSeconds(10));
        assertThat(describe(bucket()).highWatermark()).isEqualTo(acknowledged);
    }

    @Test
    void fullDiskRefusesWritesAndHealsByItself() {
        SimFileStore disk = new SimFileStore(new Random(7));
        ActorRef<Bucket.Command> bucket = bucket(ports(disk, settings(), "node-a"));
        append(bucket, TestRows.range(0, 3));
        appended();
        disk.capacity(disk.usedBytes() + 100);
        append(bucket, TestRows.range(3, 500));
        assertThat(appends.expectMessageClass(Bucket.Refused.class).code()).isEqualTo(ErrorCode.DISK_FULL);
        assertThat(TestRows.ids(fetch(bucket, 0))).containsExactlyElementsOf(longs(0, 3));
        disk.capacity(Long.MAX_VALUE);
        append(bucket, TestRows.range(3, 500));
        assertThat(appended()).isEqualTo(new Bucket.Appended(3, 503));
    }

    @Test
    void droppedTableIsSaidAndTheBucketEnds() {
        ActorRef<Bucket.Command> bucket = bucket();
        append(bucket, TestRows.range(0, 3));
        appended();
        table.set(null);
        bucket.tell(Bucket.Tick.INSTANCE);
        appends.expectTerminated(bucket, Duration.ofSeconds(10));
        assertThat(local.leading()).isEmpty();
    }

    private static final int ROWS = 4000;

    /** Each request has a segment of its own. */
    private void smallSegments(String... more) {
        Map<String, String> properties = new HashMap<>(Map.of("log.segment-size", "64kb"));
        for (int i = 0; i < more.length; i += 2) {
            properties.put(more[i], more[i + 1]);
        }
        table.set(TestRows.table(id.tableId(), properties));
    }

    private void awaitAfterTick(ActorRef<Bucket.Command> bucket, Predicate<Bucket.Description> condition) {
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
            bucket.tell(Bucket.Tick.INSTANCE);
            return condition.test(describe(bucket));
        });
    }

    @Test
    void retentionLeavesWhatIsNotInTheLakeAndGoesOnWhenItIs() {
        smallSegments("log.ttl", "1s", "datalake.enabled", "true");
        ActorRef<Bucket.Command> bucket = bucket();
        for (int i = 0; i < 5; i++) {
            append(bucket, TestRows.range((long) i * ROWS, ROWS));
            appended();
        }
        awaitAfterTick(bucket, now -> now.heldBackBytes() > 4 * (64 << 10));
        assertThat(describe(bucket).logStartOffset()).isZero();
        assertThat(describe(bucket).lakeOffset()).isZero();

        bucket.tell(new Bucket.LakeAdvanced(2 * ROWS + 1));
        bucket.tell(new Bucket.LakeAdvanced(ROWS));
        awaitAfterTick(bucket, now -> now.logStartOffset() > 0);
        assertThat(describe(bucket).logStartOffset()).isEqualTo(2 * ROWS);
        assertThat(describe(bucket).lakeOffset()).isEqualTo(2 * ROWS + 1);

        stop(bucket);
        ActorRef<Bucket.Command> next = bucket();
        assertThat(describe(next).lakeOffset()).isEqualTo(2 * ROWS + 1);
        awaitAfterTick(next, now -> now.heldBackBytes() > 0);
        assertThat(describe(next).logStartOffset()).isEqualTo(2 * ROWS);

        smallSegments("log.ttl", "1s", "datalake.enabled", "false");
        awaitAfterTick(next, now -> now.logStartOffset() >= 4 * ROWS);
        awaitAfterTick(next, now -> now.heldBackBytes() == 0);
        stop(next);
    }

    @Test
    void theLakeOffsetIsStoredOneAtATimeAndAgainUntilItIs() {
        ActorRef<BucketManifest.Command> journal = manifests;
        TestProbe<BucketManifest.AdvanceLake> held = kit.createTestProbe();
        manifests = kit.spawn(Behaviors.receiveMessage(command -> {
            if (command instanceof BucketManifest.AdvanceLake advance) {
                held.ref().tell(advance);
            } else {
                journal.tell(command);
            }
            return Behaviors.same();
        }));
        ActorRef<Bucket.Command> bucket = led(bucket());
        bucket.tell(new Bucket.LakeAdvanced(10));
        BucketManifest.AdvanceLake first = held.receiveMessage();
        assertThat(first.lakeOffset()).isEqualTo(10);
        bucket.tell(new Bucket.LakeAdvanced(1L << 40));
        bucket.tell(new Bucket.LakeAdvanced(12));
        bucket.tell(Bucket.Tick.INSTANCE);
        assertThat(describe(bucket).lakeOffset()).as("not stored yet").isZero();
        held.expectNoMessage(Duration.ofMillis(100));
        journal.tell(first);
        BucketManifest.AdvanceLake second = held.receiveMessage();
        assertThat(describe(bucket).lakeOffset()).isEqualTo(10);
        assertThat(second.lakeOffset()).as("kept as it is, past the log's end").isEqualTo(1L << 40);
        second.replyTo().tell(new BucketManifest.Refused("slow"));
        held.expectNoMessage(Duration.ofMillis(100));
        bucket.tell(Bucket.Tick.INSTANCE);
        journal.tell(held.receiveMessage());
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() -> describe(bucket).lakeOffset() == 1L << 40);
        bucket.tell(new Bucket.LakeAdvanced(12));
        bucket.tell(new Bucket.LakeAdvanced(-1));
        bucket.tell(Bucket.Tick.INSTANCE);
        held.expectNoMessage(Duration.ofMillis(100));
        stop(bucket);
        kit.stop(journal);
    }

    @Test
    void bucketThatAnotherNodeLedDoesNotStartEmpty() {
        stop(led(bucket()));
        ActorRef<Bucket.Command> elsewhere = bucket(ports(new DiskFileStore(), settings(), "node-b"));
        append(elsewhere, TestRows.range(0, 1));
        Bucket.Refused refused = appends.expectMessageClass(Bucket.Refused.class, Duration.ofSeconds(10));
        assertThat(refused.code()).isEqualTo(ErrorCode.BUCKET_UNAVAILABLE);
        assertThat(refused.detail()).contains("node-a:1");
    }

    @Test
    void lostDirectoryIsNotTakenForAnEmptyLog() {
        stop(led(bucket(ports(new SimFileStore(new Random(1)), settings(), "node-a"))));
        ActorRef<Bucket.Command> withEmptyDisk = bucket(ports(new SimFileStore(new Random(2)), settings(), "node-a"));
        append(withEmptyDisk, TestRows.range(0, 1));
        assertThat(appends.expectMessageClass(Bucket.Refused.class, Duration.ofSeconds(10))
                        .detail())
                .contains("is gone");
    }

    @Test
    void bucketBeyondTheTablesBucketsIsRefused() {
        id = new BucketId(id.tableId(), 99);
        // It ends once it knows that it is none, and could do so before it gets what is made after it.
        EncodedRows rows = TestRows.range(0, 1);
        append(
                kit.spawn(BucketBehavior.create(
                        id, ports(new DiskFileStore(), settings(), "node-a"), leftToItself -> {})),
                rows);
        assertThat(appends.expectMessageClass(Bucket.Refused.class, Duration.ofSeconds(10))
                        .code())
                .isEqualTo(ErrorCode.BUCKET_NOT_FOUND);
    }

    private ActorRef<Bucket.Command> led(ActorRef<Bucket.Command> bucket) {
        describe(bucket);
        return bucket;
    }

    private List<BatchHeader> headers() throws Exception {
        List<BatchHeader> headers = new ArrayList<>();
        try (BucketLog log = BucketLog.open(
                        new DiskFileStore(), logs.resolve(id.entityId()), LogSettings.DEFAULT, Clock.systemUTC());
                LogCursor cursor = log.read(0)) {
            for (LogBatch batch = cursor.next(); batch != null; batch = cursor.next()) {
                headers.add(batch.header());
            }
        }
        return headers;
    }

    private static List<Long> longs(long from, long to) {
        return java.util.stream.LongStream.range(from, to).boxed().toList();
    }
}
