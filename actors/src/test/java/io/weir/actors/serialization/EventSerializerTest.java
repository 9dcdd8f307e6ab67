package io.weir.actors.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.actors.bucket.BucketManifest;
import io.weir.actors.bucket.Manifest;
import io.weir.actors.bucket.TableSequence;
import io.weir.actors.catalog.CatalogEvent;
import io.weir.actors.catalog.CatalogState;
import io.weir.actors.catalog.PartitionInfo;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.tiering.TieredTable;
import io.weir.actors.tiering.Tiering;
import io.weir.actors.tiering.TieringEvent;
import io.weir.actors.tiering.TieringState;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.codec.schema.TypeParser;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.log.RemoteSegment;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.StoredObject;
import java.io.NotSerializableException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EventSerializerTest {
    private static final Path GOLDEN_V1 = Path.of("src/test/resources/events-v1.txt");
    private static final Path GOLDEN_V2 = Path.of("src/test/resources/events-v2.txt");
    private static final Path GOLDEN_V3 = Path.of("src/test/resources/events-v3.txt");
    private static final Path GOLDEN_V4 = Path.of("src/test/resources/events-v4.txt");

    private static final TableInfo TABLE = new TableInfo(
            7,
            "db",
            "t",
            List.of(
                    new TableSchema(1, List.of(new Column(1, "id", DataType.Simple.BIGINT, false))),
                    new TableSchema(
                            2,
                            List.of(
                                    new Column(1, "id", DataType.Simple.BIGINT, false),
                                    new Column(
                                            2,
                                            "tags",
                                            TypeParser.parse("MAP<STRING, ROW<a INT, b DECIMAL(9,2)>>"),
                                            true)))),
            List.of(),
            List.of("id"),
            List.of(),
            4,
            Map.of("log.ttl", "1d"),
            Instant.ofEpochMilli(1_700_000_000_123L));

    /** What the first version knew: no primary keys, no partitions. */
    private static final List<Object> EVENTS_V1 = List.of(
            new CatalogEvent.DatabaseCreated("db"),
            new CatalogEvent.DatabaseDropped("db"),
            new CatalogEvent.TableCreated(TABLE, true),
            new CatalogEvent.TableDropped("db", "t", 7),
            new CatalogEvent.TableAltered(TABLE),
            new CatalogState.Snapshot(7, List.of("db"), List.of(TABLE), 0, List.of(), "", 0),
            new BucketManifest.LeaderEpochRaised(3, new BucketManifest.Node("node", "host:1")));

    private static final TableInfo KEYED = new TableInfo(
            8,
            "db",
            "k",
            List.of(new TableSchema(
                    1,
                    List.of(
                            new Column(1, "id", DataType.Simple.BIGINT, false),
                            new Column(2, "ds", DataType.Simple.STRING, false)))),
            List.of("id", "ds"),
            List.of("id"),
            List.of("ds"),
            4,
            Map.of("merge-engine", "first-row"),
            Instant.ofEpochMilli(1_700_000_000_123L));

    private static final PartitionInfo PARTITION =
            new PartitionInfo(5, "2026-11-23", List.of("2026-11-23"), Instant.ofEpochMilli(1_700_000_000_124L));

    /** What the second version knew: no object store. */
    private static final List<Object> EVENTS_V2 = List.of(
            new CatalogEvent.DatabaseCreated("db"),
            new CatalogEvent.DatabaseDropped("db"),
            new CatalogEvent.TableCreated(KEYED, true),
            new CatalogEvent.TableDropped("db", "t", 7),
            new CatalogEvent.TableAltered(KEYED),
            new CatalogEvent.PartitionsCreated(8, List.of(PARTITION)),
            new CatalogEvent.PartitionsDropped(8, List.of(5L, 6L)),
            new CatalogState.Snapshot(
                    8,
                    List.of("db"),
                    List.of(TABLE, KEYED),
                    6,
                    List.of(new CatalogState.PartitionsOfTable(8, List.of(PARTITION))),
                    "",
                    0),
            new BucketManifest.LeaderEpochRaised(3, new BucketManifest.Node("node", "host:1")),
            new TableSequence.RangeReserved(1, 100_001));

    private static final RemoteSegment SEGMENT = new RemoteSegment(
            0,
            1L << 40,
            67_108_864,
            24_640,
            88,
            1_700_000_000_123L,
            1_700_000_000_999L,
            3,
            new StoredObject(
                    RemoteNames.segment("8-5-0", 0, 3, new RemoteNames.Attempt(1_700_000_001_000L, -2)),
                    67_133_592,
                    -1));

    private static final KvSnapshot SNAPSHOT = new KvSnapshot(
            1L << 40,
            1_700_000_002_000L,
            1L << 33,
            new StoredObject(
                    RemoteNames.snapshot("8-5-0", new RemoteNames.Attempt(1_700_000_002_000L, 7)), 512, 0xCAFE));

    private static final Manifest MANIFEST = new Manifest(
            3,
            new BucketManifest.Node("node", "host:1"),
            9,
            List.of(SEGMENT),
            List.of(SNAPSHOT),
            List.of(new Manifest.Lease("reader", 1_700_000_002_000L, 1_700_000_003_000L)),
            501,
            1L << 40,
            (1L << 40) - 7);

    private static final Manifest WITHOUT_LAKE = new Manifest(
            3,
            new BucketManifest.Node("node", "host:1"),
            9,
            List.of(SEGMENT),
            List.of(SNAPSHOT),
            List.of(new Manifest.Lease("reader", 1_700_000_002_000L, 1_700_000_003_000L)),
            501);

    private static final CatalogState.Snapshot CATALOG = new CatalogState.Snapshot(
            8,
            List.of("db"),
            List.of(TABLE, KEYED),
            6,
            List.of(new CatalogState.PartitionsOfTable(8, List.of(PARTITION))),
            "cluster",
            17);

    /** What the third version knew: no lake. */
    private static final List<Object> EVENTS_V3 = List.of(
            new CatalogEvent.DatabaseCreated("db"),
            new CatalogEvent.DatabaseDropped("db"),
            new CatalogEvent.TableCreated(KEYED, true),
            new CatalogEvent.TableDropped("db", "t", 7),
            new CatalogEvent.TableAltered(KEYED),
            new CatalogEvent.PartitionsCreated(8, List.of(PARTITION)),
            new CatalogEvent.PartitionsDropped(8, List.of(5L, 6L)),
            new CatalogEvent.ClusterNamed("cluster"),
            new CatalogEvent.CatalogRestored(CATALOG),
            CATALOG,
            new BucketManifest.LeaderEpochRaised(3, new BucketManifest.Node("node", "host:1")),
            new BucketManifest.SegmentAdded(SEGMENT, 501),
            new BucketManifest.SegmentsRemoved(1L << 39),
            new BucketManifest.AllDropped(1L << 41),
            new BucketManifest.SnapshotAdded(SNAPSHOT, 501, 1_700_000_002_001L),
            new BucketManifest.SnapshotLeased("reader", 1_700_000_002_000L, 1_700_000_002_500L, 1_700_000_003_000L),
            new BucketManifest.SnapshotReleased("reader"),
            new BucketManifest.Restored(WITHOUT_LAKE),
            WITHOUT_LAKE,
            new TableSequence.RangeReserved(1, 100_001));

    private static final List<Object> OF_TABLES = List.of(
            new CatalogEvent.DatabaseCreated("db"),
            new CatalogEvent.DatabaseDropped("db"),
            new CatalogEvent.TableCreated(KEYED, true),
            new CatalogEvent.TableDropped("db", "t", 7),
            new CatalogEvent.TableAltered(KEYED),
            new CatalogEvent.PartitionsCreated(8, List.of(PARTITION)),
            new CatalogEvent.PartitionsDropped(8, List.of(5L, 6L)),
            new CatalogEvent.ClusterNamed("cluster"),
            new CatalogEvent.CatalogRestored(CATALOG),
            CATALOG,
            new BucketManifest.LeaderEpochRaised(3, new BucketManifest.Node("node", "host:1")),
            new BucketManifest.SegmentAdded(SEGMENT, 501),
            new BucketManifest.SegmentsRemoved(1L << 39),
            new BucketManifest.AllDropped(1L << 41),
            new BucketManifest.SnapshotAdded(SNAPSHOT, 501, 1_700_000_002_001L),
            new BucketManifest.SnapshotLeased("reader", 1_700_000_002_000L, 1_700_000_002_500L, 1_700_000_003_000L),
            new BucketManifest.SnapshotReleased("reader"),
            new BucketManifest.LakeAdvanced(1L << 41),
            new BucketManifest.Restored(MANIFEST),
            MANIFEST,
            new TableSequence.RangeReserved(1, 100_001));

    private static final TieredTable.Definition DEFINITION =
            new TieredTable.Definition("db", "t", "group", Duration.ofMinutes(3), Duration.ofMinutes(10), -77);

    private static final Tiering.Worker WORKER = new Tiering.Worker("id", "host:1", "group");

    private static final TieredTable TIERED = new TieredTable(
            1L << 40,
            DEFINITION,
            new TieredTable.Switches(true, true, false, true),
            new TieredTable.Place(Tiering.State.TIERING, 1_700_000_000_000L, 1, 2),
            new TieredTable.Attempts(
                    1L << 33, 5, true, new TieredTable.UnderWay(true, true, 6), WORKER, 7, 8, "problem"),
            new TieredTable.Rounds(1, 2, 3, 4, 5, 6),
            new TieredTable.Lake(1L << 62, 2, 3, 4, 5, Map.of("8-5-0", 1L << 41)));

    private static final TieredTable NEW = new TieredTable(
            2,
            DEFINITION,
            new TieredTable.Switches(true, false, false, false),
            new TieredTable.Place(Tiering.State.NEW, 0, 0, 0),
            new TieredTable.Attempts(0, 0, false, null, null, 0, 0, null),
            new TieredTable.Rounds(0, 0, 0, 0, 0, 0),
            new TieredTable.Lake(-1, 0, 0, 0, 0, Map.of()));

    /** One of each that is written today. */
    private static final List<Object> EVENTS = Stream.concat(
                    OF_TABLES.stream(),
                    Stream.of(
                            new TieringEvent.TableFound(8, DEFINITION, 1),
                            new TieringEvent.TableInitialized(8),
                            new TieringEvent.TableChanged(8, DEFINITION),
                            new TieringEvent.TableDisabled(8),
                            new TieringEvent.TableForgotten(8),
                            new TieringEvent.RoundScheduled(8, 2),
                            new TieringEvent.RoundDue(8, 3),
                            new TieringEvent.RoundAssigned(8, 1L << 33, WORKER, true, true, 4),
                            new TieringEvent.RoundFenced(8, 1L << 33, "why", 5, 6),
                            new TieringEvent.RoundFinished(
                                    8,
                                    9,
                                    new Tiering.Finished(1, true, Map.of("8-5-0", 1L << 41), 2, 3, 4, 5, 6, 7),
                                    10,
                                    11),
                            new TieringEvent.RoundFailed(8, 9, new Tiering.Failed("reason", true, true, 11), 12, 13),
                            new TieringEvent.TableQuarantined(8),
                            new TieringEvent.RoundTriggered(8),
                            new TieringEvent.TablePaused(8),
                            new TieringEvent.TableResumed(8),
                            new TieringEvent.LakeSeen(8, Map.of("8-5-0", 1L << 41)),
                            new TieringEvent.OffsetsForgotten(8, List.of("8-5-0", "8-5-1")),
                            new TieringEvent.TableMaintained(8, 1, 2, 3, 4, "problem", 5),
                            new TieringState.Snapshot(List.of(TIERED, NEW), 1L << 33)))
            .toList();

    private final EventSerializer serializer = new EventSerializer();

    @Test
    void everyEventRoundTrips() throws Exception {
        assertThat(EVENTS)
                .extracting(Object::getClass)
                .doesNotHaveDuplicates()
                .hasSize(EventSerializer.MANIFESTS.all().size());
        for (Object event : EVENTS) {
            assertThat(serializer.fromBinary(serializer.toBinary(event), serializer.manifest(event)))
                    .isEqualTo(event);
        }
    }

    @Test
    void manifestsArePinned() {
        assertThat(EventSerializer.MANIFESTS.all().keySet())
                .containsExactlyInAnyOrder(
                        "cat.database-created.1",
                        "cat.database-dropped.1",
                        "cat.table-created.1",
                        "cat.table-dropped.1",
                        "cat.table-altered.1",
                        "cat.partitions-created.1",
                        "cat.partitions-dropped.1",
                        "cat.cluster-named.1",
                        "cat.catalog-restored.1",
                        "cat.snapshot.1",
                        "man.leader-epoch-raised.1",
                        "man.segment-added.1",
                        "man.segments-removed.1",
                        "man.all-dropped.1",
                        "man.snapshot-added.1",
                        "man.snapshot-leased.1",
                        "man.snapshot-released.1",
                        "man.lake-advanced.1",
                        "man.restored.1",
                        "man.state.1",
                        "seq.reserved.1",
                        "tie.table-found.1",
                        "tie.table-initialized.1",
                        "tie.table-changed.1",
                        "tie.table-disabled.1",
                        "tie.table-forgotten.1",
                        "tie.round-scheduled.1",
                        "tie.round-due.1",
                        "tie.round-assigned.1",
                        "tie.round-fenced.1",
                        "tie.round-finished.1",
                        "tie.round-failed.1",
                        "tie.table-quarantined.1",
                        "tie.round-triggered.1",
                        "tie.table-paused.1",
                        "tie.table-resumed.1",
                        "tie.lake-seen.1",
                        "tie.offsets-forgotten.1",
                        "tie.table-maintained.1",
                        "tie.snapshot.1");
        assertThat(serializer.identifier()).isEqualTo(74_110_001);
    }

    /** What a version wrote, line by line {@code manifest hex}, is read for ever. */
    @Test
    void eventsOfEveryVersionAreRead() throws Exception {
        assertThat(read(GOLDEN_V1)).isEqualTo(EVENTS_V1);
        assertThat(read(GOLDEN_V2)).isEqualTo(EVENTS_V2);
        assertThat(read(GOLDEN_V3)).isEqualTo(EVENTS_V3);
        assertThat(read(GOLDEN_V4)).isEqualTo(EVENTS);
    }

    private List<Object> read(Path golden) throws Exception {
        List<Object> read = new ArrayList<>();
        for (String line : Files.readAllLines(golden)) {
            int space = line.indexOf(' ');
            String manifest = line.substring(0, space);
            read.add(serializer.fromBinary(HexFormat.of().parseHex(line.substring(space + 1)), manifest));
        }
        return read;
    }

    @Test
    void unknownManifestsAndDamagedBytesAreRefused() {
        assertThatThrownBy(() -> serializer.fromBinary(new byte[] {1, 2, 3}, "cat.unknown.1"))
                .isInstanceOf(NotSerializableException.class);
        assertThatThrownBy(() -> serializer.fromBinary(new byte[] {1, 2, 3}, "cat.table-created.1"))
                .isInstanceOf(NotSerializableException.class);
    }

    /** Prints the newest golden file's content; for the day when a new manifest is added. */
    public static void main(String[] arguments) {
        EventSerializer serializer = new EventSerializer();
        EVENTS.forEach(event -> System.out.println(
                serializer.manifest(event) + " " + HexFormat.of().formatHex(serializer.toBinary(event))));
    }
}
