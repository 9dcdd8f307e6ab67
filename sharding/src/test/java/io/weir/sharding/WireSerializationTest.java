package io.weir.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.Manifest;
import io.weir.actors.bucket.Sequence;
import io.weir.actors.bucket.TestRows;
import io.weir.actors.catalog.Catalog;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.serialization.EventSerializer;
import io.weir.actors.tiering.Tiering;
import io.weir.codec.ErrorCode;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.row.Key;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TypeParser;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.StoredObject;
import java.io.NotSerializableException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class WireSerializationTest {
    private static final RemoteSegment SEGMENT = new RemoteSegment(
            5,
            1L << 40,
            1L << 30,
            100,
            10,
            1,
            2,
            3,
            new StoredObject(RemoteNames.segment("3-1", 5, 3, new RemoteNames.Attempt(9, -1)), (1L << 30) + 110, -1));

    private static final KvSnapshot SNAPSHOT = new KvSnapshot(
            6, 7, 8, new StoredObject(RemoteNames.snapshot("3-1", new RemoteNames.Attempt(9, -1)), 10, 11));

    private static ActorTestKit kit;

    @BeforeAll
    static void start() {
        kit = ActorTestKit.create(ConfigFactory.parseString("pekko.actor.allow-java-serialization = off")
                .withFallback(ConfigFactory.load()));
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    private static <T> ActorRef<T> ref() {
        return kit.<T>createTestProbe().ref();
    }

    private static List<Object> messages() {
        Catalog.TableDefinition definition = new Catalog.TableDefinition(
                "t",
                TestRows.COLUMNS,
                List.of("id", "name"),
                List.of("id"),
                List.of("name"),
                4,
                Map.of("log.ttl", "1d"));
        Catalog.TableChange change = new Catalog.TableChange(
                List.of(new Column(0, "m", TypeParser.parse("MAP<STRING, ARRAY<INT NOT NULL>>"), true)),
                Map.of("a", "b"),
                Map.of("id", "BIGINT"),
                List.of("c"),
                Map.of("log.linger", "1ms"),
                Set.of("log.ttl"));
        PartitionInfo partition =
                new PartitionInfo(1L << 40, "2026$x", List.of("2026", "x"), Instant.ofEpochMilli(1_700_000_000_123L));
        BucketId bucket = new BucketId(3, 1);
        BucketManifest.Node node = new BucketManifest.Node("id", "host:1");
        Bucket.FetchedRows dense = new Bucket.FetchedRows(TestRows.range(0, 10), 5, null, 77, null);
        Bucket.FetchedRows sparse = new Bucket.FetchedRows(
                TestRows.rows(4, 9), 100, new Bucket.RowOffsets(new int[] {4, 9}), 78, ByteBuffer.wrap(new byte[] {0, 3
                }));
        List<Object> all = new ArrayList<>(keyedMessages());
        all.addAll(tieringMessages());
        all.addAll(List.of(
                new Catalog.CreateDatabase("db", ref()),
                new Catalog.DropDatabase("db", true, ref()),
                new Catalog.ListDatabases(ref()),
                new Catalog.GetDatabase("db", ref()),
                new Catalog.CreateTable("db", definition, true, ref()),
                new Catalog.DropTable("db", "t", ref()),
                new Catalog.AlterTable("db", "t", change, ref()),
                new Catalog.ListTables("db", ref()),
                new Catalog.GetTable("db", "t", ref()),
                new Catalog.GetTableById(Long.MAX_VALUE, 7, ref()),
                new Catalog.ListPartitions("db", "t", ref()),
                new Catalog.CreatePartition("db", "t", List.of("2026", "x"), ref()),
                new Catalog.DropPartition("db", "t", "2026$x", ref()),
                new Catalog.EnsurePartitions(9, List.of(List.of("2026"), List.of("2027")), ref()),
                new Catalog.ListTableIds(ref()),
                new Catalog.GetClusterName(ref()),
                new Catalog.NameCluster("c-1", ref()),
                new Catalog.ClusterName("c-1"),
                new Catalog.Done(),
                new Catalog.Databases(List.of("a")),
                new Catalog.Table(TestRows.table(9, Map.of())),
                new Catalog.Tables(List.of("a", "b")),
                new Catalog.Partition(partition),
                new Catalog.Partitions(List.of(partition)),
                new Catalog.TableIds(Set.of(1L, 1L << 40), 1L << 40, Set.of(3L), 3),
                new Catalog.Refused(ErrorCode.TABLE_EXISTS, "detail"),
                new Bucket.Fetch(1, Long.MAX_VALUE, 3, 4, List.of(2, 1), "a = 1", Duration.ofMillis(1500), ref()),
                new Bucket.Fetch(1, 2, 3, 4, List.of(), null, Duration.ZERO, ref()),
                new Bucket.Locate(5, ref()),
                new Bucket.Describe(ref()),
                Bucket.Tick.INSTANCE,
                new Bucket.LakeAdvanced(1L << 41),
                new Bucket.Appended(1, 2),
                new Bucket.Located(3),
                new Bucket.Description(
                        "host:1",
                        2,
                        3,
                        4,
                        5,
                        6,
                        7,
                        8,
                        9,
                        new Bucket.RemoteDescription(1, 2, 3, 4, 5, 6, 7, "down"),
                        List.of("broken")),
                new Bucket.Refused(ErrorCode.OVERLOADED, "detail"),
                new BucketManifest.GetManifest(bucket, ref()),
                new BucketManifest.RaiseEpoch(bucket, 4, node, ref()),
                new BucketManifest.AddSegment(bucket, 4, SEGMENT, 9, ref()),
                new BucketManifest.RemoveSegments(bucket, 4, 1L << 40, ref()),
                new BucketManifest.DropAll(bucket, 4, 1L << 41, ref()),
                new BucketManifest.AddSnapshot(bucket, 4, SNAPSHOT, 9, ref()),
                new BucketManifest.AdvanceLake(bucket, 4, 1L << 41, ref()),
                new BucketManifest.LeaseSnapshot(bucket, "reader", Duration.ofMinutes(5), ref()),
                new BucketManifest.ReleaseSnapshot(bucket, "reader", ref()),
                new BucketManifest.Refused("no"),
                new Reaper.Run(true, ref()),
                new Reaper.Report(true, 1, 2, 3, 4, 5, 6, 7, List.of("name"), List.of("problem")),
                new Reaper.Refused(ErrorCode.NOT_SUPPORTED, "none"),
                new NodeAgent.CountBuckets(ref()),
                new NodeAgent.BucketCount(4),
                new NodeAgent.TakeOver(List.of("1-2"), ref()),
                new NodeAgent.TakenOver(3, List.of("1-2: no")),
                new LogHandover.Open("1-2", ref()),
                new LogHandover.Read(7, "a.log", 1L << 33, ref()),
                new LogHandover.Close(7),
                new LogHandover.Opened(7, List.of(new LogHandover.FileSize("a.log", 1L << 33))),
                new LogHandover.Denied("reason"),
                new LogHandover.Chunk(-5, ByteBuffer.wrap(new byte[] {1, 2, 3})),
                new Bucket.Append(
                        List.of(TestRows.range(0, 3), TestRows.range(3, 900)),
                        new Bucket.WriterSequence("wörk", 1L << 40),
                        ref()),
                new Bucket.Append(List.of(TestRows.range(0, 3)), null, ref()),
                new Bucket.Fetched(List.of(dense, sparse), 110, 120),
                new Bucket.Fetched(List.of(), 0, 0)));
        return all;
    }

    private static List<Object> tieringMessages() {
        Tiering.Worker worker = new Tiering.Worker("id", "host:1", "group");
        Tiering.Attempt attempt = new Tiering.Attempt(1L << 40, 7);
        Tiering.Work work = new Tiering.Work(attempt, Tiering.Phase.READING, 1L << 33, 1L << 34);
        Tiering.TableStatus busy = new Tiering.TableStatus(
                1L << 40,
                "db",
                "t",
                "group",
                Tiering.State.TIERING,
                true,
                true,
                7,
                Duration.ofMinutes(3),
                1,
                2,
                3,
                "id",
                work,
                4,
                5,
                6,
                7,
                8,
                9,
                10,
                "problem",
                11,
                12,
                13,
                14,
                Map.of("1-0", 1L << 41));
        Tiering.TableStatus idle = new Tiering.TableStatus(
                2, "db", "u", "", Tiering.State.NEW, false, false, 0, Duration.ofSeconds(1), 0, 0, 0, null, null, 0, 0,
                0, 0, 0, 0, 0, null, 0, -1, 0, 0, Map.of());
        return List.of(
                new Tiering.Heartbeat(worker, 1L << 33, 4, List.of(work), ref()),
                new Tiering.Orders(
                        List.of(new Tiering.Assignment(attempt, true, false)), List.of(attempt), List.of(attempt)),
                new Tiering.RoundEnded(
                        "id",
                        attempt,
                        new Tiering.Finished(1, true, Map.of("1-2-0", 1L << 41), 2, 3, 4, 1L << 62, 6, 7),
                        ref()),
                new Tiering.RoundEnded("id", attempt, new Tiering.Failed("reason", true, true, 9), ref()),
                new Tiering.RoundNoted(attempt, true),
                new Tiering.Maintained("id", 3, 1, 2, 3, 4, "problem"),
                new Tiering.Maintained("id", 3, 1, 2, 3, 4, null),
                new Tiering.GetStatus(ref()),
                new Tiering.Trigger(3, ref()),
                new Tiering.Pause(3, ref()),
                new Tiering.Resume(3, ref()),
                new Tiering.Done(idle),
                new Tiering.Refused(ErrorCode.NOT_SUPPORTED, "detail"),
                new Tiering.Status(
                        1,
                        "file:///lake",
                        List.of(busy, idle),
                        List.of(new Tiering.WorkerStatus(worker, true, 2, 3, List.of(work))),
                        List.of(2L)),
                new Tiering.Status(1, null, List.of(), List.of(), List.of()));
    }

    private static List<Object> keyedMessages() {
        Key key = new Key(new byte[] {1, 2});
        Bucket.WriterSequence writer = new Bucket.WriterSequence("w", 7);
        ChangedRows patch = new ChangedRows(ChangeKind.PATCH, TestRows.range(0, 2), ByteBuffer.wrap(new byte[] {3, 1}));
        ChangedRows delete = new ChangedRows(ChangeKind.DELETE, TestRows.range(0, 2), null);
        ChangedRows upsert = new ChangedRows(ChangeKind.UPSERT, TestRows.range(5, 2), null);
        return List.of(
                new Bucket.Upsert(List.of(upsert, patch, delete), writer, false, ref()),
                new Bucket.Upsert(List.of(delete), null, true, ref()),
                new Bucket.Lookup(List.of(key, new Key(new byte[0])), ref()),
                new Bucket.InsertIfMissing(TestRows.range(0, 2), ref()),
                new Bucket.PrefixLookup(key, null, 5, 6, ref()),
                new Bucket.PrefixLookup(key, key, 5, 6, ref()),
                new Bucket.ScanRead(List.of(TestRows.range(0, 2)), true),
                new Bucket.OpenScan(List.of(1, 2), "a = 1", ref()),
                new Bucket.ReadScan(1L << 33, 9, ref()),
                new Bucket.CloseScan(5),
                new Bucket.ScanOpened(1L << 40, 4),
                new Sequence.Reserve(3, 10, 20, ref()),
                new Sequence.Reserved(1, 11),
                new Sequence.Exhausted(21));
    }

    /** Their rows are arrays, which are equal only where they are the same; so by content. */
    private static List<Object> rowMessages() {
        return List.of(
                new Bucket.LookedUp(Arrays.asList(new byte[] {1, 2}, null, new byte[0])),
                new Bucket.PrefixRows(List.of(new byte[] {1}, new byte[] {2, 3}), new Key(new byte[] {9})),
                new Bucket.PrefixRows(List.of(), null));
    }

    @Test
    void encodedRowsRoundTrip() throws Exception {
        for (Object message : rowMessages()) {
            SerializerWithStringManifest serializer = (SerializerWithStringManifest)
                    SerializationExtension.get(kit.system()).findSerializerFor(message);
            assertThat(serializer).isInstanceOf(BulkSerializer.class);
            assertThat(serializer.fromBinary(serializer.toBinary(message), serializer.manifest(message)))
                    .usingRecursiveComparison()
                    .isEqualTo(message);
        }
    }

    /** A manifest goes as it lies in the journal; any other answer as a message. */
    @Test
    void aManifestIsAnAnswerBetweenNodes() {
        Manifest manifest = new Manifest(
                3,
                new BucketManifest.Node("id", "host:1"),
                9,
                List.of(SEGMENT),
                List.of(SNAPSHOT),
                List.of(new Manifest.Lease("reader", 7, 8)),
                5,
                SEGMENT.endOffset(),
                1L << 41);
        BucketManifest.Reply reply = manifest;
        assertThat(SerializationExtension.get(kit.system()).findSerializerFor(reply))
                .isInstanceOf(EventSerializer.class);
        assertThat(kit.serializationTestKit().verifySerialization(reply, true)).isEqualTo(manifest);
    }

    @Test
    void everyMessageRoundTripsUnderItsManifest() {
        Serialization serialization = SerializationExtension.get(kit.system());
        Set<Class<?>> seen = new HashSet<>();
        for (Object message : messages()) {
            SerializerWithStringManifest serializer =
                    (SerializerWithStringManifest) serialization.findSerializerFor(message);
            assertThat(serializer).isInstanceOfAny(ControlSerializer.class, BulkSerializer.class);
            assertThat(kit.serializationTestKit().verifySerialization(message, true))
                    .isEqualTo(message);
            seen.add(message.getClass());
        }
        rowMessages().forEach(message -> seen.add(message.getClass()));
        Set<Class<?>> all = new HashSet<>(ControlSerializer.MANIFESTS.all().values());
        all.addAll(BulkSerializer.MANIFESTS.all().values());
        assertThat(seen).isEqualTo(all);
    }

    @Test
    void manifestsDoNotFollowClassNames() {
        assertThat(ControlSerializer.MANIFESTS.all().keySet())
                .allMatch(name -> name.matches("[a-z]{3}\\.[a-z-]+\\.\\d+"));
        assertThat(BulkSerializer.MANIFESTS.all().keySet())
                .containsExactlyInAnyOrder(
                        "bkt.append.1",
                        "bkt.fetched.1",
                        "bkt.upsert.1",
                        "bkt.lookup.1",
                        "bkt.insert-if-missing.1",
                        "bkt.prefix-lookup.1",
                        "bkt.looked-up.1",
                        "bkt.prefix-rows.1",
                        "bkt.scan-read.1",
                        "hov.chunk.1");
        assertThat(List.of(ControlSerializer.IDENTIFIER, BulkSerializer.IDENTIFIER))
                .containsExactly(74_110_002, 74_110_003);
    }

    /** Cut or changed anywhere: a refusal or a message, never another exception and never a large allocation. */
    @Test
    void damagedBulkMessagesAreRefused() throws Exception {
        List<Object> all = new ArrayList<>(messages());
        all.addAll(rowMessages());
        for (Object message : all) {
            if (SerializationExtension.get(kit.system()).findSerializerFor(message) instanceof BulkSerializer bulk) {
                damage(bulk, message);
            }
        }
    }

    private static void damage(BulkSerializer serializer, Object message) throws Exception {
        String manifest = serializer.manifest(message);
        byte[] bytes = serializer.toBinary(message);
        int step = Math.max(1, bytes.length / 500);
        for (int length = 0; length < bytes.length; length += step) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> serializer.fromBinary(cut, manifest)).isInstanceOf(NotSerializableException.class);
        }
        for (int i = 0; i < bytes.length; i += step) {
            byte[] changed = bytes.clone();
            changed[i] ^= (byte) 0xff;
            try {
                assertThat(serializer.fromBinary(changed, manifest)).isInstanceOf(message.getClass());
            } catch (NotSerializableException e) {
                assertThat(e).hasMessageContaining(manifest);
            }
        }
    }
}
