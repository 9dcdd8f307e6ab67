package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.LakeRound;
import io.weir.lake.LakeState;
import io.weir.lake.LakeTable;
import io.weir.lake.LakeTableSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.PartitionKey;
import org.apache.iceberg.data.Record;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IcebergRoundTest {
    private static final TableSchema SCHEMA = LakeFixture.schema(
            1, new Column(1, "id", DataType.Simple.BIGINT, false), new Column(2, "name", DataType.Simple.STRING, true));
    private static final LakeTableSpec LOG = LakeFixture.log(SCHEMA);
    private static final LakeTableSpec KEYED = LakeFixture.keyed(SCHEMA, List.of("id"), List.of());

    @TempDir
    Path directory;

    private LakeFixture fixture;

    @BeforeEach
    void open() {
        fixture = new LakeFixture(directory);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private static List<Object> row(long id, String name) {
        return java.util.Arrays.asList(id, name);
    }

    private LakeState commit(LakeRound round, Map<String, Long> offsets) {
        LakeRound.Outcome outcome = round.commit(offsets);
        assertThat(outcome).isInstanceOf(LakeRound.Committed.class);
        round.close();
        return ((LakeRound.Committed) outcome).state();
    }

    private List<String> names(LakeTableSpec spec) {
        return fixture.read(spec).stream()
                .map(r -> r.getField("id") + "=" + r.getField("name"))
                .sorted()
                .toList();
    }

    @Test
    void appendedRowsAreThereWithTheirBucketOffsetAndTimestamp() {
        LakeTable table = fixture.lake.open(LOG);
        assertThat(table.state()).isEqualTo(LakeState.EMPTY);
        LakeRound round = table.begin(table.state(), 1);
        round.append(LakeFixture.rows(SCHEMA, 3, 100, List.of(row(1, "a"), row(2, null))));
        assertThat(round.rows()).isEqualTo(2);
        assertThat(fixture.read(LOG)).isEmpty();
        LakeState state = commit(round, Map.of("b3", 102L));

        assertThat(state.epoch()).isEqualTo(1);
        assertThat(state.offsets()).isEqualTo(Map.of("b3", 102L));
        assertThat(state.files()).isEqualTo(1);
        assertThat(state.rows()).isEqualTo(2);
        assertThat(table.state()).isEqualTo(state);
        List<Record> read = fixture.read(LOG);
        assertThat(read).extracting(r -> r.getField("__offset")).containsExactly(100L, 101L);
        assertThat(read).extracting(r -> r.getField("__bucket")).containsOnly(3);
        assertThat(read)
                .extracting(r -> ((java.time.OffsetDateTime) r.getField("__timestamp"))
                        .toInstant()
                        .toEpochMilli())
                .containsOnly(LakeFixture.TIMESTAMP_MS);
    }

    @Test
    void onlySelectedRowsAreWritten() {
        LakeTable table = fixture.lake.open(LOG);
        LakeRound round = table.begin(table.state(), 1);
        BitSet selected = new BitSet();
        selected.set(1);
        selected.set(3);
        round.append(
                LakeFixture.rows(SCHEMA, 0, 0, List.of(row(0, "a"), row(1, "b"), row(2, "c"), row(3, "d")), selected));
        commit(round, Map.of("b", 4L));
        assertThat(fixture.read(LOG)).extracting(r -> r.getField("__offset")).containsExactly(1L, 3L);
    }

    @Test
    void deletesRemoveRowsOfFormerRoundsAndNoneOfTheirOwn() {
        LakeTable table = fixture.lake.open(KEYED);
        LakeRound first = table.begin(table.state(), 1);
        first.append(LakeFixture.rows(SCHEMA, 0, 0, List.of(row(1, "a"), row(2, "b"), row(3, "c"))));
        commit(first, Map.of("b", 3L));
        LakeRound second = table.begin(table.state(), 2);
        second.delete(LakeFixture.rows(SCHEMA, 0, 3, List.of(row(1, null), row(2, null))));
        second.append(LakeFixture.rows(SCHEMA, 0, 4, List.of(row(2, "B"))));
        commit(second, Map.of("b", 5L));
        assertThat(names(KEYED)).containsExactly("2=B", "3=c");

        LakeRound third = table.begin(table.state(), 3);
        third.delete(LakeFixture.rows(
                LakeFixture.schema(1, SCHEMA.columns().get(0)), 0, 5, List.of(List.of(2L), List.of(9L))));
        LakeState state = commit(third, Map.of("b", 7L));
        assertThat(names(KEYED)).containsExactly("3=c");
        assertThat(state.epoch()).isEqualTo(3);
    }

    @Test
    void offsetsOfBucketsThatDidNotMoveAreKept() {
        LakeTable table = fixture.lake.open(LOG);
        commit(table.begin(table.state(), 1), Map.of("a", 5L, "b", 6L));
        LakeState state = commit(table.begin(table.state(), 2), Map.of("b", 9L));
        assertThat(state.offsets()).isEqualTo(Map.of("a", 5L, "b", 9L));
        assertThat(fixture.lake.open(LOG).state().offsets()).isEqualTo(state.offsets());
    }

    @Test
    void offsetsOfBucketsThatAreGoneAreNamedNoMore() {
        LakeTable table = fixture.lake.open(LOG);
        commit(table.begin(table.state(), 1), Map.of("a", 5L, "b", 6L));
        LakeState state = commit(table.begin(table.state(), 2), Map.of("a", LakeRound.GONE, "b", 9L));
        assertThat(state.offsets()).isEqualTo(Map.of("b", 9L));
        assertThat(fixture.lake.open(LOG).state().offsets()).isEqualTo(state.offsets());
    }

    @Test
    void aRoundPlannedFromAnOlderStateIsRefusedAndItsFilesAreRemoved() throws IOException {
        LakeTable zombie = fixture.lake.open(LOG);
        LakeRound late = zombie.begin(zombie.state(), 1);
        late.append(LakeFixture.rows(SCHEMA, 0, 0, List.of(row(1, "zombie"))));

        LakeTable table = fixture.lake.open(LOG);
        LakeRound round = table.begin(table.state(), 2);
        round.append(LakeFixture.rows(SCHEMA, 0, 0, List.of(row(1, "alive"))));
        commit(round, Map.of("b", 1L));

        assertThat(late.commit(Map.of("b", 1L))).isInstanceOf(LakeRound.Refused.class);
        late.close();
        assertThat(names(LOG)).containsExactly("1=alive");
        assertThat(parquetFiles()).hasSize(1);
    }

    @Test
    void aClaimRefusesRoundsOfLowerEpochsAndLowerClaims() {
        LakeTable zombie = fixture.lake.open(LOG);
        LakeRound late = zombie.begin(zombie.state(), 4);
        late.append(LakeFixture.rows(SCHEMA, 0, 0, List.of(row(1, "zombie"))));

        LakeTable table = fixture.lake.open(LOG);
        LakeState claimed = table.claim(5);
        assertThat(claimed.epoch()).isEqualTo(5);
        assertThat(late.commit(Map.of("b", 1L))).isInstanceOf(LakeRound.Refused.class);
        assertThatThrownBy(() -> zombie.claim(5)).isInstanceOfSatisfying(WeirException.class, e -> assertThat(e.code())
                .isEqualTo(ErrorCode.LAKE_CONFLICT));
        assertThat(fixture.lake.snapshot(LOG)).isEmpty();

        LakeRound round = table.begin(claimed, 5);
        round.append(LakeFixture.rows(SCHEMA, 0, 0, List.of(row(1, "alive"))));
        assertThat(commit(round, Map.of("b", 1L)).epoch()).isEqualTo(5);
        assertThat(names(LOG)).containsExactly("1=alive");
    }

    @Test
    void aClaimKeepsOffsetsAndRows() {
        LakeTable table = fixture.lake.open(LOG);
        LakeRound round = table.begin(table.state(), 1);
        round.append(LakeFixture.rows(SCHEMA, 0, 0, List.of(row(1, "a"))));
        commit(round, Map.of("b", 1L));
        LakeState claimed = table.claim(2);
        assertThat(claimed.offsets()).isEqualTo(Map.of("b", 1L));
        assertThat(claimed.rows()).isEqualTo(1);
        assertThat(names(LOG)).containsExactly("1=a");
    }

    @Test
    void anAbandonedRoundLeavesNothing() throws IOException {
        LakeTable table = fixture.lake.open(KEYED);
        try (LakeRound round = table.begin(table.state(), 1)) {
            round.append(LakeFixture.rows(SCHEMA, 0, 0, List.of(row(1, "a"), row(2, "b"))));
            round.delete(LakeFixture.rows(SCHEMA, 0, 0, List.of(row(1, "a"))));
        }
        assertThat(parquetFiles()).isEmpty();
        assertThat(table.state()).isEqualTo(LakeState.EMPTY);
    }

    @Test
    void aCommitOfAnotherEngineBetweenIsBuiltUpon() {
        LakeTable table = fixture.lake.open(LOG);
        LakeRound round = table.begin(table.state(), 1);
        round.append(LakeFixture.rows(SCHEMA, 0, 0, List.of(row(1, "a"))));
        BaseTable other = fixture.table(LOG);
        other.newAppend().set("made-by", "another engine").commit();
        commit(round, Map.of("b", 1L));
        fixture.table(LOG).newAppend().set("made-by", "another engine").commit();
        assertThat(table.state().offsets()).isEqualTo(Map.of("b", 1L));
        assertThat(table.state().epoch()).isEqualTo(1);
        assertThat(names(LOG)).containsExactly("1=a");
    }

    @Test
    void filesAreRolledAtTheTargetSize() {
        LakeTableSpec spec = new LakeTableSpec(
                7,
                "db",
                "t",
                SCHEMA,
                List.of(),
                List.of(),
                List.of(),
                1,
                new io.weir.lake.LakeMaintenance(
                        100_000,
                        8,
                        LakeFixture.MAINTENANCE.snapshotRetention(),
                        LakeFixture.MAINTENANCE.orphanGrace()));
        LakeTable table = fixture.lake.open(spec);
        LakeRound round = table.begin(table.state(), 1);
        java.util.SplittableRandom random = new java.util.SplittableRandom(1);
        for (int batch = 0; batch < 10; batch++) {
            List<List<Object>> rows = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                rows.add(row(random.nextLong(), Long.toHexString(random.nextLong())));
            }
            round.append(LakeFixture.rows(SCHEMA, 0, batch * 1000L, rows));
        }
        long bytes = round.bytes();
        LakeState state = commit(round, Map.of("b", 10_000L));
        assertThat(state.files()).isBetween(2L, 6L);
        assertThat(state.rows()).isEqualTo(10_000);
        assertThat(bytes).isBetween(100_000L, 1_000_000L);
    }

    @Test
    void partitionsAreIdentitiesThenBuckets() throws IOException {
        TableSchema schema = LakeFixture.schema(
                1,
                new Column(1, "day", DataType.Simple.STRING, false),
                new Column(2, "id", DataType.Simple.INT, false),
                new Column(3, "v", DataType.Simple.INT, true));
        LakeTableSpec spec = LakeFixture.keyed(schema, List.of("day", "id"), List.of("day"));
        LakeTable table = fixture.lake.open(spec);
        assertThat(fixture.table(spec).spec().fields())
                .extracting(f -> f.name() + ":" + f.transform())
                .containsExactly("day:identity", "id_bucket:bucket[4]");
        String longDay = "日".repeat(100);
        LakeRound round = table.begin(table.state(), 1);
        List<List<Object>> rows = new ArrayList<>();
        for (long i = 0; i < 100; i++) {
            rows.add(List.of(i % 2 == 0 ? "a/../b" : longDay, i, i));
        }
        round.append(LakeFixture.rows(schema, 0, 0, rows));
        commit(round, Map.of("b", 100L));
        assertThat(fixture.read(spec)).hasSize(100);

        LakeRound deletes = table.begin(table.state(), 2);
        deletes.delete(LakeFixture.rows(schema, 0, 0, rows.subList(0, 90)));
        commit(deletes, Map.of("b", 190L));
        assertThat(fixture.read(spec))
                .extracting(r -> r.getField("id"))
                .containsExactlyInAnyOrder(90, 91, 92, 93, 94, 95, 96, 97, 98, 99);
        try (var files = fixture.table(spec).newScan().planFiles()) {
            for (FileScanTask task : files) {
                DataFile file = task.file();
                assertThat(FileNames.epoch(file.location())).hasValue(1);
            }
        }
    }

    @Test
    void tablesOfSeveralBucketKeyColumnsArePartitionedByTheBucketsNumber() {
        LakeTableSpec keyed = LakeFixture.keyed(
                LakeFixture.schema(
                        1,
                        new Column(1, "a", DataType.Simple.INT, false),
                        new Column(2, "b", DataType.Simple.INT, false)),
                List.of("a", "b"),
                List.of());
        fixture.lake.open(keyed);
        assertThat(fixture.table(keyed).spec().fields())
                .extracting(f -> f.name())
                .containsExactly("__bucket");
        assertThat(fixture.table(keyed).schema().identifierFieldNames()).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void moreFilesThanMayBeOpenAreClosedEarlier() {
        TableSchema schema = LakeFixture.schema(1, new Column(1, "p", DataType.Simple.INT, true));
        LakeTableSpec spec =
                new LakeTableSpec(7, "db", "t", schema, List.of(), List.of(), List.of("p"), 1, LakeFixture.MAINTENANCE);
        fixture.lake.open(spec);
        BaseTable table = fixture.table(spec);
        RoundFiles files = new RoundFiles(table, FileNames.ofRound(1), 1 << 20, 3, 3, RoundFiles.MEMORY_BYTES);
        RowCursor cursor = new RowCursor(
                table.schema(), ColumnMapping.of(table.operations().current()));
        cursor.load(LakeFixture.rows(
                schema, 0, 0, List.of(List.of(1L), List.of(2L), List.of(1L), List.of(3L), List.of(4L), List.of(1L))));
        PartitionKey partition = new PartitionKey(table.spec(), table.schema());
        for (int row = 0; row < 6; row++) {
            cursor.moveTo(row);
            partition.partition(cursor);
            files.append(partition.copy(), cursor);
        }
        assertThat(files.dataFiles()).hasSize(1); // that of 2, which was not written to for longest
        files.finish();
        assertThat(files.dataFiles()).extracting(DataFile::recordCount).containsExactlyInAnyOrder(3L, 1L, 1L, 1L);
        files.abort();
    }

    @Test
    void filesThatTakeMoreMemoryThanThereIsAreClosedEarlier() {
        TableSchema schema = LakeFixture.schema(
                1, new Column(1, "p", DataType.Simple.INT, true), new Column(2, "t", DataType.Simple.STRING, true));
        LakeTableSpec spec =
                new LakeTableSpec(7, "db", "t", schema, List.of(), List.of(), List.of("p"), 1, LakeFixture.MAINTENANCE);
        fixture.lake.open(spec);
        BaseTable table = fixture.table(spec);
        RoundFiles files = new RoundFiles(table, FileNames.ofRound(1), 128L << 20, 1, 100, 1L << 20);
        RowCursor cursor = new RowCursor(
                table.schema(), ColumnMapping.of(table.operations().current()));
        java.util.Random random = new java.util.Random(1);
        List<List<Object>> rows = new ArrayList<>();
        for (int row = 0; row < 4000; row++) {
            byte[] text = new byte[500];
            random.nextBytes(text);
            rows.add(List.of((long) (row % 10), java.util.HexFormat.of().formatHex(text)));
        }
        cursor.load(LakeFixture.rows(schema, 0, 0, rows));
        PartitionKey partition = new PartitionKey(table.spec(), table.schema());
        for (int row = 0; row < rows.size(); row++) {
            cursor.moveTo(row);
            partition.partition(cursor);
            files.append(partition.copy(), cursor);
        }
        assertThat(files.dataFiles()).hasSizeGreaterThan(1);
        files.finish();
        assertThat(files.dataFiles()).hasSizeBetween(11, 30);
        assertThat(files.dataFiles().stream().mapToLong(DataFile::recordCount).sum())
                .isEqualTo(4000);
        files.abort();
    }

    private List<Path> parquetFiles() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(f -> f.toString().endsWith(".parquet")).toList();
        }
    }
}
