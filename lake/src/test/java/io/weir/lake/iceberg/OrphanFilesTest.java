package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.lake.LakeTableSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import org.apache.iceberg.catalog.TableIdentifier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OrphanFilesTest {
    private static final Duration GRACE = ReadFixture.MAINTENANCE.orphanGrace();

    @TempDir
    Path directory;

    private ReadFixture fixture;
    private KeyedRows rows;

    @BeforeEach
    void open() {
        fixture = new ReadFixture(directory);
        rows = new KeyedRows(fixture);
        rows.upsert(1, 2);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private TreeSet<String> filesOf(long epoch) {
        TreeSet<String> files = fixture.files("data");
        files.removeIf(name -> !name.startsWith("weir-" + epoch + "-"));
        return files;
    }

    private int run(long committedEpoch) {
        return OrphanFiles.run(fixture.operations(), committedEpoch, fixture.clock.millis(), GRACE);
    }

    @Test
    void filesOfARoundThatTheLakeHasGonePastGoAtOnce() {
        fixture.leaveFile(rows.nextEpoch());
        rows.upsert(3);
        assertThat(filesOf(2)).isNotEmpty();

        assertThat(run(3)).isEqualTo(1);

        assertThat(filesOf(2)).isEmpty();
        assertThat(filesOf(1)).isNotEmpty();
        assertThat(rows.scanned()).isEqualTo(rows.expected());
    }

    @Test
    void filesOfARoundThatMayStillCommitStayHoweverOldAndWhateverIsSaid() {
        fixture.leaveFile(2);
        fixture.leaveFile(3);
        fixture.lake.open(rows.spec).claim(2);
        fixture.clock.add(GRACE.multipliedBy(10));

        run(99);

        assertThat(filesOf(2)).isNotEmpty();
        assertThat(filesOf(3)).isNotEmpty();
        assertThat(rows.scanned()).isEqualTo(rows.expected());
    }

    @Test
    void otherFilesGoAfterTheGraceAndOthersThanLakeFilesNever() throws IOException {
        Path table = LocalFileIO.path(fixture.metadata().location());
        Path lost = Files.createFile(table.resolve("metadata/00009-lost.metadata.json"));
        Path note = Files.createFile(table.resolve("metadata/note.txt"));
        Path foreign = Files.createFile(table.resolve("data/part-1.parquet"));

        assertThat(run(1)).isZero();
        fixture.clock.add(GRACE.plusMinutes(1));
        assertThat(run(1)).isEqualTo(2);

        assertThat(lost).doesNotExist();
        assertThat(foreign).doesNotExist();
        assertThat(note).exists();
        assertThat(rows.scanned()).isEqualTo(rows.expected());
    }

    @Test
    void aTableThatWasRenamedInTheLakeKeepsItsFilesWhenTheNextOfItsNameIsMaintained() {
        fixture.catalog().renameTable(TableIdentifier.of("db", "t"), TableIdentifier.of("db", "old"));
        LakeTableSpec next = new LakeTableSpec(
                8,
                "db",
                "t",
                rows.spec.schema(),
                rows.spec.primaryKey(),
                rows.spec.bucketKey(),
                rows.spec.partitionBy(),
                2,
                ReadFixture.MAINTENANCE);
        fixture.commit(next, 5, List.of(rows.row(1)), List.of());
        fixture.clock.add(GRACE.multipliedBy(10));
        fixture.lake.open(next).maintain(5);

        fixture.catalog().dropTable(TableIdentifier.of("db", "t"), false);
        fixture.catalog().renameTable(TableIdentifier.of("db", "old"), TableIdentifier.of("db", "t"));
        assertThat(rows.scanned()).isEqualTo(rows.expected());
    }

    @Test
    void nothingThatIsNamedGoesHoweverOld() {
        rows.upsert(1, 2);
        rows.delete(2);
        fixture.clock.add(GRACE.multipliedBy(10));
        TreeSet<String> data = fixture.files("data");
        TreeSet<String> metadata = fixture.files("metadata");

        assertThat(run(rows.epoch())).isZero();

        assertThat(fixture.files("data")).isEqualTo(data);
        assertThat(fixture.files("metadata")).isEqualTo(metadata);
    }
}
