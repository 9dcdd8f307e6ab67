package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.LakeScan;
import io.weir.lake.LakeTableSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IcebergScanTest {
    @TempDir
    Path directory;

    private ReadFixture fixture;

    @BeforeEach
    void open() {
        fixture = new ReadFixture(directory);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private static Column column(int id, String name, DataType type) {
        return new Column(id, name, type, true);
    }

    @Test
    void columnsAreFoundAgainAfterTheyWereRenamedWidenedDroppedAndAdded() {
        TableSchema before = new TableSchema(
                1,
                List.of(
                        column(1, "a", DataType.Simple.TINYINT),
                        column(2, "b", DataType.Simple.FLOAT),
                        column(3, "c", DataType.Simple.STRING),
                        column(4, "d", new DataType.Decimal(5, 2)),
                        column(5, "e", new DataType.Char(3))));
        LakeTableSpec old = ReadFixture.log(before);
        fixture.commit(
                old, 1, List.of(Arrays.asList(7L, 1.5f, "gone", new java.math.BigDecimal("1.25"), "xyz")), List.of());
        TableSchema after = new TableSchema(
                2,
                List.of(
                        column(2, "a", DataType.Simple.DOUBLE),
                        column(1, "b", DataType.Simple.BIGINT),
                        column(6, "c", DataType.Simple.STRING),
                        column(4, "d", new DataType.Decimal(30, 2)),
                        column(5, "e", DataType.Simple.STRING)));
        LakeTableSpec now = ReadFixture.log(after);
        List<Object> widened = Arrays.asList(1.5, 7L, null, new java.math.BigDecimal("1.25"), "xyz");

        assertThat(ReadFixture.scan(fixture.snapshot(now), after.columns(), null, Optional.empty()))
                .as("before the lake has the new schema")
                .containsExactly(widened);

        List<Object> added = Arrays.asList(2.5, 1L << 40, "new", new java.math.BigDecimal("12345678901.25"), "longer");
        fixture.commit(now, 2, List.of(added), List.of());

        assertThat(fixture.scan(now)).containsExactlyInAnyOrder(widened, added);
        assertThat(ReadFixture.scan(
                        fixture.snapshot(now),
                        after.columns(),
                        Predicate.parse("c is null and b < 8 and a > 1.4 and d = 1.25", after),
                        Optional.empty()))
                .containsExactly(widened);
    }

    @Test
    void aPartitionIsReadAlone() throws IOException {
        KeyedRows rows = new KeyedRows(fixture);
        rows.upsert(1, 2, 3, 4);
        rows.upsert(3);
        Column key = KeyedRows.SCHEMA.columns().get(0);
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : (Iterable<Path>) files.filter(f -> f.toString().contains("day=d0"))::iterator) {
                if (Files.isRegularFile(file)) {
                    Files.delete(file); // the other partition's files are not even opened
                }
            }
        }

        assertThat(ReadFixture.scan(fixture.snapshot(rows.spec), List.of(key), null, Optional.of(List.of("d1"))))
                .containsExactlyInAnyOrder(List.of(1L), List.of(3L));
    }

    @Test
    void aScanThatIsGivenUpHoldsNothing() throws IOException {
        KeyedRows rows = new KeyedRows(fixture);
        for (int i = 0; i < 3; i++) {
            rows.upsert(1, 2, 3, 4, 5, 6, 7);
        }
        try (LakeScan scan = fixture.snapshot(rows.spec).scan(KeyedRows.SCHEMA.columns(), null, Optional.empty(), 1)) {
            assertThat(scan.next()).isNotNull();
        } // throws where memory was left behind
        Path open = Path.of("/proc/self/fd");
        if (Files.isDirectory(open)) {
            try (Stream<Path> files = Files.list(open)) {
                assertThat(files.map(IcebergScanTest::target).filter(f -> f.contains(".parquet")))
                        .isEmpty();
            }
        }
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return "";
        }
    }

    @Test
    void aFileThatTheCurrentSnapshotLacksIsDamage() throws IOException {
        KeyedRows rows = new KeyedRows(fixture);
        rows.upsert(1);
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : (Iterable<Path>) files.filter(f -> f.toString().endsWith(".parquet"))::iterator) {
                Files.delete(file);
            }
        }
        try (LakeScan scan =
                fixture.snapshot(rows.spec).scan(KeyedRows.SCHEMA.columns(), null, Optional.empty(), 1000)) {
            assertThatThrownBy(scan::next).isInstanceOfSatisfying(WeirException.class, e -> assertThat(e.code())
                    .isEqualTo(ErrorCode.CORRUPT_DATA));
        }
    }
}
