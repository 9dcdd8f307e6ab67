package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.lake.LakeScan;
import io.weir.lake.LakeSnapshot;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.TableMetadata;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotExpiryTest {
    private static final Duration RETENTION = Duration.ofHours(1);

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

    @Test
    void aSnapshotIsKeptForTheRetentionAfterAnotherTookItsPlace() {
        rows.upsert(1);
        long first = fixture.metadata().currentSnapshot().snapshotId();
        rows.upsert(2);
        TableMetadata table = fixture.metadata();
        long over = table.currentSnapshot().timestampMillis() + RETENTION.toMillis();

        assertThat(SnapshotExpiry.due(table, over, RETENTION)).isEmpty();
        assertThat(SnapshotExpiry.due(table, over + 1, RETENTION)).containsExactly(first);
    }

    @Test
    void theCurrentSnapshotIsKeptHoweverOldItIs() {
        rows.upsert(1);

        assertThat(SnapshotExpiry.due(fixture.metadata(), Long.MAX_VALUE, RETENTION)).isEmpty();
    }

    @Test
    void theLastSnapshotThatSaysHowFarTheLakeIsOutlivesThoseOfOtherEngines() {
        rows.upsert(1);
        rows.upsert(2);
        Snapshot ours = fixture.metadata().currentSnapshot();
        fixture.table().newFastAppend().commit();
        fixture.table().newFastAppend().commit();
        fixture.clock.add(RETENTION.plusMinutes(1));

        fixture.lake.open(rows.spec).maintain(rows.epoch());

        assertThat(fixture.metadata().snapshots()).hasSize(3).contains(ours);
        assertThat(fixture.lake.open(rows.spec).state().epoch()).isEqualTo(2);
        assertThat(rows.scanned()).isEqualTo(rows.expected());
    }

    @Test
    void aTaggedSnapshotStays() {
        rows.upsert(1);
        long tagged = fixture.metadata().currentSnapshot().snapshotId();
        fixture.table().manageSnapshots().createTag("audit", tagged).commit();
        rows.upsert(2);

        assertThat(SnapshotExpiry.due(fixture.metadata(), Long.MAX_VALUE, RETENTION)).isEmpty();
    }

    @Test
    void aPinnedSnapshotIsReadTillItExpiresAndThenSaysSo() {
        for (int i = 0; i < 6; i++) {
            rows.upsert(1, 2, 3);
        }
        LakeSnapshot pinned = fixture.snapshot(rows.spec);
        var expected = rows.expected();
        rows.upsert(1, 2);
        fixture.clock.add(RETENTION.minusMinutes(1));
        fixture.lake.open(rows.spec).maintain(rows.epoch());

        assertThat(ReadFixture.counted(
                        ReadFixture.scan(pinned, KeyedRows.SCHEMA.columns(), null, Optional.empty())))
                .isEqualTo(expected);

        fixture.clock.add(Duration.ofMinutes(2));
        fixture.lake.open(rows.spec).maintain(rows.epoch());
        try (LakeScan scan = pinned.scan(KeyedRows.SCHEMA.columns(), null, Optional.empty(), 1000)) {
            assertThatThrownBy(scan::next)
                    .isInstanceOfSatisfying(
                            WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SCAN_EXPIRED));
        }
    }
}
