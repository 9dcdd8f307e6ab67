package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.LakeMaintenance;
import io.weir.lake.LakeRound;
import io.weir.lake.LakeTable;
import io.weir.lake.LakeTableSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableSetUpTest {
    private static final Column A = new Column(1, "a", DataType.Simple.INT, false);
    private static final Column B = new Column(2, "b", DataType.Simple.FLOAT, true);
    private static final Column C = new Column(3, "c", new DataType.Decimal(5, 2), true);

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

    private List<String> columns() {
        return fixture.table(LakeFixture.log(LakeFixture.schema(1, A))).schema().columns().stream()
                .map(f -> f.name() + " " + f.type() + (f.isRequired() ? " required" : ""))
                .toList();
    }

    private void round(TableSchema schema, long epoch, List<Object> row) {
        LakeTable table = fixture.lake.open(LakeFixture.log(schema));
        try (LakeRound round = table.begin(table.state(), epoch)) {
            round.append(LakeFixture.rows(schema, 0, epoch, List.of(row)));
            assertThat(round.commit(Map.of("b", epoch + 1))).isInstanceOf(LakeRound.Committed.class);
        }
    }

    @Test
    void aTableIsMadeOnceWithFormatVersion2() {
        LakeTableSpec spec = LakeFixture.log(LakeFixture.schema(1, A, B, C), "a");
        fixture.lake.open(spec);
        String uuid = fixture.table(spec).uuid().toString();
        fixture.lake.open(spec);
        assertThat(fixture.table(spec).uuid()).hasToString(uuid);
        assertThat(fixture.table(spec).operations().current().formatVersion()).isEqualTo(2);
        assertThat(fixture.table(spec).location()).startsWith("file:///");
        assertThat(columns())
                .containsExactly(
                        "a int required",
                        "b float",
                        "c decimal(5, 2)",
                        "__bucket int required",
                        "__offset long required",
                        "__timestamp timestamptz required");
    }

    @Test
    void aColumnMayHaveTheNameThatIcebergGivesThePartitionOfBuckets() {
        Column taken = new Column(2, "a_bucket", DataType.Simple.INT, true);
        LakeTableSpec spec = LakeFixture.log(LakeFixture.schema(1, A, taken), "a");
        fixture.lake.open(spec);
        assertThat(fixture.table(spec).spec().fields()).singleElement().satisfies(field -> assertThat(field.transform())
                .hasToString("bucket[4]"));
    }

    @Test
    void aChangeOfOneKindAloneIsCarriedOver() {
        fixture.lake.open(LakeFixture.log(LakeFixture.schema(1, A)));
        fixture.lake.open(LakeFixture.log(LakeFixture.schema(2, A, B)));
        assertThat(columns().subList(0, 3)).containsExactly("a int required", "b float", "__bucket int required");
        fixture.lake.open(LakeFixture.log(LakeFixture.schema(3, B, A)));
        assertThat(columns().subList(0, 3)).containsExactly("b float", "a int required", "__bucket int required");
        Column renamed = new Column(2, "c", DataType.Simple.FLOAT, true);
        fixture.lake.open(LakeFixture.log(LakeFixture.schema(4, renamed, A)));
        assertThat(columns().subList(0, 3)).containsExactly("c float", "a int required", "__bucket int required");
        fixture.lake.open(LakeFixture.log(LakeFixture.schema(5, A)));
        assertThat(columns().subList(0, 2)).containsExactly("a int required", "__bucket int required");
        fixture.lake.open(LakeFixture.log(LakeFixture.schema(6, A)));
        assertThat(columns()).hasSize(4);
    }

    @Test
    void columnsAreAddedRenamedWidenedDroppedAndSwapped() {
        TableSchema first = LakeFixture.schema(1, A, B, C);
        round(first, 1, List.of(1L, 1.5f, new java.math.BigDecimal("1.25")));
        TableSchema second = LakeFixture.schema(
                2,
                new Column(4, "a", DataType.Simple.STRING, false),
                new Column(1, "b", DataType.Simple.BIGINT, false),
                new Column(2, "old_b", DataType.Simple.DOUBLE, true),
                new Column(5, "r", new DataType.Row(List.of(new DataType.Row.Field("x", A.type(), false))), true));
        round(second, 2, Arrays.asList("text", 1L << 40, 2.5, List.of(7L)));
        assertThat(columns())
                .containsExactly(
                        "a string",
                        "b long required",
                        "old_b double",
                        "r struct<9: x: required int>",
                        "__bucket int required",
                        "__offset long required",
                        "__timestamp timestamptz required");
        assertThat(fixture.read(LakeFixture.log(second)))
                .extracting(r -> r.getField("a") + " " + r.getField("b") + " " + r.getField("old_b"))
                .containsExactlyInAnyOrder("null 1 1.5", "text " + (1L << 40) + " 2.5");

        TableSchema third = LakeFixture.schema(
                3,
                new Column(4, "b", DataType.Simple.STRING, false),
                new Column(1, "a", DataType.Simple.BIGINT, true),
                new Column(6, "c", DataType.Simple.INT, true));
        round(third, 3, Arrays.asList("t", null, 3L));
        assertThat(fixture.read(LakeFixture.log(third)))
                .extracting(r -> r.getField("b") + " " + r.getField("a") + " " + r.getField("c"))
                .containsExactlyInAnyOrder("null 1 null", "text " + (1L << 40) + " null", "t null 3");
    }

    @Test
    void eachChangeOfTheSchemaIsCarriedOverAlone() {
        round(LakeFixture.schema(1, A, B), 1, List.of(1L, 1.5f));
        Column wide = new Column(2, "b", DataType.Simple.DOUBLE, true);
        round(LakeFixture.schema(2, A, wide), 2, List.of(2L, 2.5));
        Column renamed = new Column(2, "bb", DataType.Simple.DOUBLE, true);
        round(LakeFixture.schema(3, A, renamed), 3, List.of(3L, 3.5));
        round(LakeFixture.schema(4, renamed, A), 4, List.of(4.5, 4L));
        TableSchema added = LakeFixture.schema(5, renamed, A, C);
        round(added, 5, List.of(5.5, 5L, new java.math.BigDecimal("0.25")));
        assertThat(fixture.read(LakeFixture.log(added)))
                .extracting(r -> r.getField("bb") + " " + r.getField("a") + " " + r.getField("c"))
                .containsExactlyInAnyOrder("1.5 1 null", "2.5 2 null", "3.5 3 null", "4.5 4 null", "5.5 5 0.25");
        TableSchema dropped = LakeFixture.schema(6, A, C);
        round(dropped, 6, List.of(6L, new java.math.BigDecimal("1.25")));
        assertThat(columns()).startsWith("a int required", "c decimal(5, 2)", "__bucket int required");
        assertThat(fixture.read(LakeFixture.log(dropped))).hasSize(6);
    }

    @Test
    void aWorkerThatKnowsAnOlderSchemaChangesNothingBackAndWritesWhatItHas() {
        TableSchema old = LakeFixture.schema(1, A, B);
        TableSchema current = LakeFixture.schema(2, A, new Column(2, "bb", DataType.Simple.DOUBLE, true), C);
        round(current, 1, Arrays.asList(1L, 1.0, null));
        List<String> before = columns();
        round(old, 2, Arrays.asList(2L, 2.5f));
        assertThat(columns()).isEqualTo(before);
        assertThat(fixture.read(LakeFixture.log(current)))
                .extracting(r -> r.getField("a") + " " + r.getField("bb"))
                .containsExactlyInAnyOrder("1 1.0", "2 2.5");
    }

    @Test
    void aTableThatSomebodyElseMadeIsAConflict() {
        LakeTableSpec spec = LakeFixture.log(LakeFixture.schema(1, A));
        fixture.catalog()
                .createTable(
                        IcebergLake.identifier(spec),
                        new Schema(Types.NestedField.required(1, "x", Types.IntegerType.get())));
        assertThatThrownBy(() -> fixture.lake.open(spec))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LAKE_CONFLICT))
                .hasMessageContaining("db.t");
        assertThat(fixture.lake.snapshot(spec)).isEmpty();
    }

    @Test
    void aTableDroppedAndMadeAgainDoesNotTakeTheFormersPlace() {
        LakeTableSpec former = LakeFixture.log(LakeFixture.schema(1, A));
        LakeTable table = fixture.lake.open(former);
        LakeTableSpec again = new LakeTableSpec(
                8, "db", "t", former.schema(), List.of(), List.of(), List.of(), 4, LakeFixture.MAINTENANCE);
        assertThatThrownBy(() -> fixture.lake.open(again))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LAKE_CONFLICT))
                .hasMessageContaining("id 7, this is 8");
        round(former.schema(), 1, List.of(1L));
        assertThat(fixture.lake.snapshot(former)).isPresent();
        assertThat(fixture.lake.snapshot(again)).isEmpty();
        LakeRound round = table.begin(table.state(), 2);
        fixture.catalog().dropTable(IcebergLake.identifier(former), false);
        fixture.lake.open(again);
        assertThatThrownBy(() -> round.commit(Map.of("b", 1L))).isInstanceOf(WeirException.class);
        assertThat(fixture.table(again).currentSnapshot()).isNull();
    }

    @Test
    void theTableOfAnotherStoreIsNotTakenForThisOnes() {
        TableSchema schema = LakeFixture.schema(1, A);
        round(schema, 1, List.of(5L));
        LakeTableSpec ours = new LakeTableSpec(
                7, 1_700_000_000_000L, "db", "t", schema, List.of(), List.of(), List.of(), 4, LakeFixture.MAINTENANCE);
        assertThatThrownBy(() -> fixture.lake.open(ours))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LAKE_CONFLICT))
                .hasMessageContaining("set up anew");
        assertThat(fixture.lake.snapshot(ours)).isEmpty();
    }

    @Test
    void aTableThatWasRenamedInTheLakeKeepsItsFilesWhenAnotherIsMadeUnderItsName() {
        TableSchema schema = LakeFixture.schema(1, A);
        round(schema, 1, List.of(5L));
        LakeTableSpec former = LakeFixture.log(schema);
        TableIdentifier kept = TableIdentifier.of("db", "kept");
        fixture.catalog().renameTable(IcebergLake.identifier(former), kept);
        LakeMaintenance hasty = new LakeMaintenance(128L << 20, 0, Duration.ZERO, Duration.ZERO);
        LakeTableSpec again = new LakeTableSpec(8, "db", "t", schema, List.of(), List.of(), List.of(), 4, hasty);
        LakeTable table = fixture.lake.open(again);
        for (long epoch = 1; epoch <= 3; epoch++) {
            try (LakeRound round = table.begin(table.state(), epoch)) {
                round.append(LakeFixture.rows(schema, 0, epoch, List.of(List.of(epoch))));
                assertThat(round.commit(Map.of("b", epoch + 1))).isInstanceOf(LakeRound.Committed.class);
            }
        }
        table.maintain(3);
        Table renamed = fixture.catalog().loadTable(kept);
        assertThat(renamed.location()).isNotEqualTo(fixture.table(again).location());
        assertThat(renamed.newScan().planFiles()).singleElement().satisfies(task -> assertThat(
                        LocalFileIO.path(task.file().location()))
                .exists());
        assertThat(fixture.read(again)).hasSize(3);
    }

    @Test
    void aFloatingPointKeyIsRefused() {
        Column key = new Column(1, "k", DataType.Simple.DOUBLE, false);
        assertThatThrownBy(
                        () -> fixture.lake.open(LakeFixture.keyed(LakeFixture.schema(1, key), List.of("k"), List.of())))
                .isInstanceOfSatisfying(
                        WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_SUPPORTED))
                .hasMessageContaining("'k'");
    }

    @Test
    void aLakeThatIsAwayIsUnavailableAndComesBack() throws Exception {
        Path blocked = directory.resolve("blocked");
        Files.writeString(blocked, "a file where the lake should be");
        LakeTableSpec spec = LakeFixture.log(LakeFixture.schema(1, A));
        try (IcebergLake lake = new IcebergLake(IcebergSettings.embedded(blocked), java.time.Clock.systemUTC())) {
            assertThatThrownBy(() -> lake.open(spec))
                    .isInstanceOfSatisfying(
                            WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.LAKE_UNAVAILABLE));
            Files.delete(blocked);
            assertThat(lake.open(spec).state().epoch()).isZero();
        }
    }
}
