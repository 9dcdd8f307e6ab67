package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.actors.journal.JournalSetup;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.kv.LevelDb;
import io.weir.persistence.log.BucketLog;
import io.weir.persistence.log.SealedSegment;
import io.weir.persistence.log.SegmentBody;
import io.weir.persistence.objects.ObjectFiles;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.SimObjectStore;
import io.weir.persistence.objects.Transfers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.stream.Materializer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Buckets that start without their directory, or with one that may not be trusted. What is on the object store, the tests put there. */
class BucketRestoreTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int ROWS = 5000;

    @TempDir
    static Path journal;

    private static ActorTestKit kit;
    private static long lastTableId;

    @TempDir
    Path data;

    private final LocalBuckets local = new LocalBuckets();
    private final RootAllocator allocator = new RootAllocator();
    private final KvStores stores = new KvStores(LevelDb.engine(1 << 20, 1 << 20), 4);
    private SimObjectStore store;
    private RemoteTier tier;
    private BucketId id;
    private TableInfo table;
    private ActorRef<BucketManifest.Command> manifests;
    private TestProbe<Bucket.AppendReply> appends;
    private TestProbe<Bucket.FetchReply> fetches;
    private TestProbe<BucketManifest.Reply> replies;

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
        Materializer materializer = Materializer.matFromSystem(kit.system());
        store = new SimObjectStore(1, materializer);
        // Never confirmed, so that nothing is uploaded but by the test.
        tier = new RemoteTier(
                store,
                new Transfers(store, 2, 4, ForkJoinPool.commonPool(), LONG, materializer),
                new ObjectFiles(store, 0, 0, 8, Duration.ofMillis(500), materializer),
                Clock.systemUTC(),
                new SplittableRandom(1),
                Duration.ofHours(1));
        id = new BucketId(++lastTableId, 0);
        table = TestRows.table(id.tableId(), Map.of("log.segment-size", "64kb"));
        manifests = kit.spawn(Manifests.create(Clock.systemUTC()));
        appends = kit.createTestProbe();
        fetches = kit.createTestProbe();
        replies = kit.createTestProbe();
    }

    @AfterEach
    void end() throws IOException {
        store.goOn();
        kit.stop(manifests);
        stores.close();
    }

    private Path logs() {
        return data.resolve("log");
    }

    private Path directory() {
        return logs().resolve(id.entityId());
    }

    private ActorRef<Bucket.Command> bucket(@Nullable RemoteTier remote, String node, boolean othersAreLost) {
        BucketPorts ports = new BucketPorts(
                new DiskFileStore(),
                logs(),
                Clock.systemUTC(),
                allocator,
                new BucketManifest.Node(node, node + ":1"),
                manifests,
                kit.system().ignoreRef(),
                stores,
                remote,
                "boot",
                asked -> CompletableFuture.completedFuture(table),
                new BucketPorts.LogTransfer() {
                    @Override
                    public CompletionStage<Void> bring(BucketId bucket, BucketManifest.Node owner) {
                        return CompletableFuture.failedFuture(
                                new WeirException(ErrorCode.BUCKET_UNAVAILABLE, "rows are on " + owner.address()));
                    }

                    @Override
                    public CompletionStage<Boolean> isLost(BucketManifest.Node owner) {
                        return CompletableFuture.completedFuture(othersAreLost);
                    }
                },
                local,
                BucketSettings.from(ConfigFactory.load()));
        return kit.spawn(BucketBehavior.create(id, ports, self -> self.tell(BucketBehavior.Stop.INSTANCE)));
    }

    private ActorRef<Bucket.Command> bucket() {
        return bucket(tier, "node-a", false);
    }

    private Bucket.AppendReply append(ActorRef<Bucket.Command> bucket, long sequence, EncodedRows rows) {
        bucket.tell(new Bucket.Append(List.of(rows), new Bucket.WriterSequence("w", sequence), appends.ref()));
        return appends.receiveMessage(LONG);
    }

    /** One append, more than a segment: batch {@code number} is rows {@code [ROWS * number, ROWS * (number + 1))}. */
    private void write(ActorRef<Bucket.Command> bucket, int number) {
        assertThat(append(bucket, number, TestRows.range((long) ROWS * number, ROWS)))
                .isEqualTo(new Bucket.Appended((long) ROWS * number, (long) ROWS * (number + 1)));
    }

    private Bucket.FetchReply fetch(ActorRef<Bucket.Command> bucket, long from) {
        bucket.tell(new Bucket.Fetch(
                from, Long.MAX_VALUE, 1 << 20, Integer.MAX_VALUE, List.of(), null, Duration.ZERO, fetches.ref()));
        return fetches.receiveMessage(LONG);
    }

    private List<Long> all(ActorRef<Bucket.Command> bucket, long from) {
        List<Long> ids = new ArrayList<>();
        long next = from;
        while (true) {
            Bucket.FetchReply reply = fetch(bucket, next);
            assertThat(reply).isInstanceOf(Bucket.Fetched.class);
            Bucket.Fetched fetched = (Bucket.Fetched) reply;
            ids.addAll(TestRows.ids(fetched));
            next = fetched.nextOffset();
            if (next >= fetched.highWatermark()) {
                return ids;
            }
        }
    }

    private static List<Long> rows(long from, long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    private void stop(ActorRef<Bucket.Command> bucket) {
        bucket.tell(BucketBehavior.Stop.INSTANCE);
        appends.expectTerminated(bucket, LONG);
    }

    private Manifest manifest() {
        manifests.tell(new BucketManifest.GetManifest(id, replies.ref()));
        return replies.expectMessageClass(Manifest.class, LONG);
    }

    /** Of the bucket that does not run: puts its sealed segments on the store, and into the manifest. */
    private void upload() throws IOException {
        Manifest before = manifest();
        try (BucketLog log = openLog()) {
            log.showRemote(before.segments(), tier.files()::open);
            for (SealedSegment segment : log.toUpload()) {
                try (SegmentBody body = log.body(segment)) {
                    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(body.size()));
                    body.read(bytes, 0);
                    manifests.tell(new BucketManifest.AddSegment(
                            id,
                            before.epoch(),
                            body.as(store.store(
                                    RemoteNames.segment(
                                            id.entityId(), segment.baseOffset(), before.epoch(), tier.attempt()),
                                    bytes.array())),
                            0,
                            replies.ref()));
                    replies.expectMessageClass(Manifest.class, LONG);
                }
            }
        }
    }

    private BucketLog openLog() throws IOException {
        return BucketLog.open(
                new DiskFileStore(),
                directory(),
                TableProperties.from(table.properties()).logSettings(),
                Clock.systemUTC());
    }

    /** A bucket that wrote batches, of which all but the last are uploaded, and stopped. */
    private void wrote(int batches) throws IOException {
        ActorRef<Bucket.Command> bucket = bucket();
        for (int i = 0; i < batches; i++) {
            write(bucket, i);
        }
        stop(bucket);
        upload();
        assertThat(manifest().remoteEnd()).isEqualTo((long) ROWS * (batches - 1));
    }

    private void deleteDirectory() throws IOException {
        new DiskFileStore().deleteTree(directory());
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName().toString()));
            }
        }
    }

    private Bucket.Refused refusal(ActorRef<Bucket.Command> bucket) {
        Bucket.FetchReply reply = fetch(bucket, 0);
        assertThat(reply).isInstanceOf(Bucket.Refused.class);
        return (Bucket.Refused) reply;
    }

    @Test
    void aBucketWithoutItsDirectoryGoesOnWhereItsUploadsEnd() throws IOException {
        wrote(4);
        deleteDirectory();
        Files.createDirectories(data.resolve("incoming").resolve(id.entityId()).resolve("left-by-a-crash"));

        ActorRef<Bucket.Command> bucket = bucket();
        long end = 3L * ROWS;
        assertThat(all(bucket, 0)).isEqualTo(rows(0, end));
        assertThat(all(bucket, end - 7)).isEqualTo(rows(end - 7, end));
        assertThat(append(bucket, 2, TestRows.range(2L * ROWS, ROWS)))
                .as("the writer's repeated request")
                .isEqualTo(new Bucket.Appended(2L * ROWS, end));
        write(bucket, 3);
        assertThat(all(bucket, 0)).isEqualTo(rows(0, end + ROWS));
        assertThat(data.resolve("incoming")).isEmptyDirectory();

        stop(bucket);
        bucket = bucket();
        assertThat(all(bucket, 0)).as("after a usual start").isEqualTo(rows(0, end + ROWS));
        stop(bucket);
    }

    @Test
    void withNothingUploadedItStartsEmpty() throws IOException {
        ActorRef<Bucket.Command> bucket = bucket();
        write(bucket, 0);
        stop(bucket);
        deleteDirectory();
        bucket = bucket();
        assertThat(all(bucket, 0)).isEmpty();
        write(bucket, 0);
        stop(bucket);
    }

    @Test
    void withoutAnObjectStoreItIsRefusedAndSaysWhatIsMissing() throws IOException {
        wrote(2);
        deleteDirectory();
        ActorRef<Bucket.Command> bucket = bucket(null, "node-a", false);
        assertThat(refusal(bucket).detail()).contains("is gone").contains("object store");
        assertThat(directory()).doesNotExist();
        stop(bucket);
    }

    @Test
    void aRestoreThatTheStoreDoesNotAnswerIsTriedUntilItDoes() throws IOException {
        wrote(3);
        deleteDirectory();
        store.standStill();
        ActorRef<Bucket.Command> bucket = bucket();
        Bucket.Refused refused = refusal(bucket);
        assertThat(refused.code()).isEqualTo(ErrorCode.BUCKET_UNAVAILABLE);
        assertThat(refused.detail()).contains("restored from the object store");
        assertThat(directory()).doesNotExist();
        store.goOn();
        Awaitility.await().atMost(LONG).until(() -> fetch(bucket, 0) instanceof Bucket.Fetched);
        assertThat(all(bucket, 0)).isEqualTo(rows(0, 2L * ROWS));
        stop(bucket);
    }

    @Test
    void anOldCopyOfTheDirectoryIsRefusedUntilItIsDeleted() throws IOException {
        ActorRef<Bucket.Command> bucket = bucket();
        write(bucket, 0);
        stop(bucket);
        copy(directory(), data.resolve("old"));
        bucket = bucket();
        write(bucket, 1);
        write(bucket, 2);
        stop(bucket);
        upload();
        deleteDirectory();
        copy(data.resolve("old"), directory());

        bucket = bucket();
        Bucket.Refused refused = refusal(bucket);
        assertThat(refused.code()).isEqualTo(ErrorCode.BUCKET_UNAVAILABLE);
        assertThat(refused.detail())
                .contains("old copy")
                .contains("ends at offset 5000")
                .contains("up to 10000");
        stop(bucket);
        deleteDirectory();
        bucket = bucket();
        assertThat(all(bucket, 0)).isEqualTo(rows(0, 2L * ROWS));
        stop(bucket);
    }

    @Test
    void noOffsetIsUsedAgainWhereAllThatWasUploadedIsRemoved() throws IOException {
        wrote(3);
        manifests.tell(new BucketManifest.RemoveSegments(id, manifest().epoch(), 2L * ROWS, replies.ref()));
        replies.expectMessageClass(Manifest.class, LONG);
        assertThat(manifest().segments()).isEmpty();
        deleteDirectory();
        for (int round = 2; round < 4; round++) {
            ActorRef<Bucket.Command> bucket = bucket();
            write(bucket, round);
            assertThat(all(bucket, 2L * ROWS)).isEqualTo(rows(2L * ROWS, (long) (round + 1) * ROWS));
            stop(bucket);
        }
    }

    @Test
    void aRestoreThatWasOvertakenIsDoneAgain() throws IOException {
        wrote(4);
        Manifest all = manifest();
        deleteDirectory();
        BucketLog.restore(
                new DiskFileStore(), directory(), all.segments().subList(0, 1), ROWS, tier.files()::open);
        ActorRef<Bucket.Command> bucket = bucket();
        assertThat(all(bucket, 0)).isEqualTo(rows(0, 3L * ROWS));
        stop(bucket);
    }

    @Test
    void theRowsOfANodeThatIsAwayAreWaitedForAndThoseOfALostOneRestored() throws IOException {
        wrote(4);
        deleteDirectory();
        ActorRef<Bucket.Command> bucket = bucket(tier, "node-b", false);
        assertThat(refusal(bucket).detail()).contains("rows are on node-a:1");
        stop(bucket);
        bucket = bucket(tier, "node-b", true);
        assertThat(all(bucket, 0)).isEqualTo(rows(0, 3L * ROWS));
        assertThat(manifest().node().nodeId()).isEqualTo("node-b");
        stop(bucket);
    }

    @Test
    void ofALostNodeTheCopyHereCountsIfNothingNewerWasUploaded() throws IOException {
        wrote(4);
        ActorRef<Bucket.Command> bucket = bucket(tier, "node-b", true);
        assertThat(all(bucket, 0))
                .as("the copy here has the row after the last upload")
                .isEqualTo(rows(0, 4L * ROWS));
        stop(bucket);
    }

    @Test
    void ofALostNodeAnOlderCopyHereGivesWayToTheStore() throws IOException {
        wrote(2);
        // As another node would have: restored where the uploads ended, and other rows behind.
        copy(directory(), data.resolve("here"));
        deleteDirectory();
        ActorRef<Bucket.Command> bucket = bucket(tier, "node-b", true);
        assertThat(append(bucket, 7, TestRows.range(70_000, 50))).isEqualTo(new Bucket.Appended(ROWS, ROWS + 50));
        assertThat(append(bucket, 8, TestRows.range(80_000, ROWS))).isInstanceOf(Bucket.Appended.class);
        stop(bucket);
        upload();
        deleteDirectory();
        copy(data.resolve("here"), directory());

        bucket = bucket(tier, "node-a", true);
        List<Long> expected = new ArrayList<>(rows(0, ROWS));
        expected.addAll(rows(70_000, 70_050));
        assertThat(all(bucket, 0)).isEqualTo(expected);
        stop(bucket);
    }

    @Test
    void aStoreThatStandsStillRefusesOldRowsAndHoldsUpNoOthers() throws IOException {
        wrote(4);
        deleteDirectory();
        ActorRef<Bucket.Command> bucket = bucket();
        write(bucket, 3);
        store.standStill();
        TestProbe<Bucket.FetchReply> old = kit.createTestProbe();
        for (int i = 0; i < 40; i++) {
            bucket.tell(new Bucket.Fetch(0, Long.MAX_VALUE, 1 << 20, 10, List.of(), null, Duration.ZERO, old.ref()));
        }
        assertThat(all(bucket, 3L * ROWS)).isEqualTo(rows(3L * ROWS, 4L * ROWS));
        Bucket.FetchReply reply = old.receiveMessage(LONG);
        assertThat(reply).isInstanceOfSatisfying(Bucket.Refused.class, refused -> {
            assertThat(refused.code()).isEqualTo(ErrorCode.BUCKET_UNAVAILABLE);
            assertThat(refused.detail()).contains("object store").contains("try again");
        });
        store.goOn();
        assertThat(all(bucket, 0)).isEqualTo(rows(0, 4L * ROWS));
        stop(bucket);
    }
}
