package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.RandomRows;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.LakeState;
import io.weir.lake.LakeTableSpec;
import io.weir.lake.MaintenanceReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.apache.iceberg.SnapshotSummary;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileCompactionTest {
    @TempDir
    Path directory;

    private ReadFixture fixture;
    private KeyedRows rows;

    @BeforeEach
    void open() {
        fixture = new ReadFixture(directory);
        rows = new KeyedRows(fixture);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private FileCompaction compaction() {
        return new FileCompaction(fixture.operations(), rows.spec, fixture.clock);
    }

    private long deleteFiles() {
        return Long.parseLong(
                fixture.metadata().currentSnapshot().summary().get(SnapshotSummary.TOTAL_DELETE_FILES_PROP));
    }

    @Test
    void smallFilesBecomeOneAndEveryTypeStaysAsItIs() {
        TableSchema schema = LakeSchemas.fitted(RandomRows.everyLeaf());
        LakeTableSpec spec = ReadFixture.log(schema);
        List<List<Object>> all = new ArrayList<>();
        for (int epoch = 1; epoch <= 4; epoch++) {
            List<List<Object>> some = RandomRows.values(schema, epoch, 20);
            all.addAll(some);
            fixture.commit(spec, epoch, some, List.of());
        }
        LakeState before = fixture.lake.open(spec).state();

        MaintenanceReport report = fixture.lake.open(spec).maintain(4);

        assertThat(report).isEqualTo(new MaintenanceReport(4, 1, 0, 0));
        assertThat(ReadFixture.counted(fixture.scan(spec))).isEqualTo(ReadFixture.counted(all));
        LakeState after = fixture.lake.open(spec).state();
        assertThat(after.epoch()).isEqualTo(before.epoch());
        assertThat(after.offsets()).isEqualTo(before.offsets());
        assertThat(after.files()).isEqualTo(1);
        assertThat(fixture.lake.open(spec).maintain(4)).isEqualTo(MaintenanceReport.NOTHING);
    }

    @Test
    void aPartitionWhoseNameIsTooLongForADirectoryIsCompactedToo() {
        String day = "ü".repeat(100);
        for (int epoch = 1; epoch <= 4; epoch++) {
            fixture.commit(rows.spec, epoch, List.of(List.of(1L, day, "v")), List.of());
        }

        fixture.lake.open(rows.spec).maintain(4);

        assertThat(fixture.scan(rows.spec)).hasSize(4);
        assertThat(fixture.files("data").stream().filter(name -> name.contains("maintenance")))
                .isNotEmpty();
    }

    @Test
    void fewerFilesThanTheLimitStayAsTheyAre() {
        rows.upsert(1, 3);
        rows.upsert(5);
        rows.upsert(7);

        assertThat(compaction().run()).isEqualTo(FileCompaction.Counts.NONE);
    }

    @Test
    void deletesAreFoldedInAndTheirFilesGo() {
        for (int i = 0; i < 6; i++) {
            rows.upsert(1, 2, 3, 4);
        }
        rows.delete(2, 3);
        assertThat(deleteFiles()).isGreaterThan(0);

        FileCompaction.Counts counts = compaction().run();

        assertThat(counts.compacted()).isGreaterThan(0);
        assertThat(deleteFiles()).isZero();
        assertThat(rows.scanned()).isEqualTo(rows.expected());
    }

    @Test
    void aPartitionWithoutAnyRowLeftHasNoFileLeft() {
        for (int i = 0; i < 4; i++) {
            rows.upsert(1, 3);
        }
        rows.delete(1, 3);

        compaction().run();

        assertThat(fixture.lake.open(rows.spec).state().files()).isZero();
        assertThat(rows.scanned()).isEmpty();
    }

    @Test
    void aRoundThatCommitsWhileFilesAreWrittenStillDeletes() {
        for (int i = 0; i < 5; i++) {
            rows.upsert(1, 3, 5, 7);
        }
        FileCompaction compaction = compaction();
        FileCompaction.Written written = compaction.write();
        rows.round(new long[] {1, 9}, new long[] {3});

        assertThat(compaction.commit(written).written()).isGreaterThan(0);

        assertThat(rows.scanned()).isEqualTo(rows.expected());
        rows.delete(5);
        assertThat(rows.scanned()).isEqualTo(rows.expected());
        compactTillNothingIsLeft();
        assertThat(rows.scanned()).isEqualTo(rows.expected());
    }

    @Test
    void deletesOfARoundWithoutRowsAreNotLostBeforeARoundWithoutDeletes() {
        for (int i = 0; i < 5; i++) {
            rows.upsert(1, 3);
        }
        FileCompaction compaction = compaction();
        FileCompaction.Written written = compaction.write();
        rows.delete(3);
        rows.upsert(11);

        compaction.commit(written);

        assertThat(rows.scanned()).isEqualTo(rows.expected());
        compactTillNothingIsLeft();
        assertThat(rows.scanned()).isEqualTo(rows.expected());
    }

    private void compactTillNothingIsLeft() {
        for (int i = 0; i < 10; i++) {
            if (compaction().run().equals(FileCompaction.Counts.NONE)) {
                return;
            }
        }
        throw new AssertionError("compaction never ends");
    }

    @Test
    void theSecondOfTwoCompactionsIsRefusedAndLeavesNothing() {
        for (int i = 0; i < 5; i++) {
            rows.upsert(1, 3);
        }
        FileCompaction late = compaction();
        FileCompaction.Written written = late.write();
        compaction().run();
        TreeSet<String> files = fixture.files("data");

        assertThat(late.commit(written)).isEqualTo(FileCompaction.Counts.NONE);

        assertThat(fixture.files("data")).isSubsetOf(files).hasSizeLessThan(files.size());
        assertThat(rows.scanned()).isEqualTo(rows.expected());
    }

    @Test
    void aCompactionThatTookTooLongGivesUp() {
        for (int i = 0; i < 5; i++) {
            rows.upsert(1, 3);
        }
        FileCompaction compaction = compaction();
        FileCompaction.Written written = compaction.write();
        fixture.clock.add(ReadFixture.MAINTENANCE.orphanGrace().dividedBy(2).plusMillis(1));

        assertThat(compaction.commit(written)).isEqualTo(FileCompaction.Counts.NONE);

        assertThat(fixture.files("data")).noneMatch(name -> name.contains("maintenance"));
        assertThat(rows.scanned()).isEqualTo(rows.expected());
    }

    @Test
    void whatACrashBeforeTheCommitLeavesGoesAfterTheGrace() {
        for (int i = 0; i < 5; i++) {
            rows.upsert(1, 3);
        }
        FileCompaction.Written written = compaction().write();
        String name = written.files().get(0).location();
        name = name.substring(name.lastIndexOf('/') + 1);

        fixture.lake.open(rows.spec).maintain(rows.epoch());
        assertThat(fixture.files("data")).contains(name);

        fixture.clock.add(ReadFixture.MAINTENANCE.orphanGrace().plus(Duration.ofMinutes(1)));
        fixture.lake.open(rows.spec).maintain(rows.epoch());
        assertThat(fixture.files("data")).doesNotContain(name);
        assertThat(rows.scanned()).isEqualTo(rows.expected());
    }
}
