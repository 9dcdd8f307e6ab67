package io.weir.persistence.log;

import static io.weir.persistence.log.BucketLogTest.numbers;
import static io.weir.persistence.log.TestBatches.batch;
import static io.weir.persistence.log.TestBatches.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.file.DiskFullException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FullDiskTest {
    @TempDir
    Path directory;

    private final NearlyFullDisk disk = new NearlyFullDisk();
    private final BucketLogTest.HandClock clock = new BucketLogTest.HandClock();
    private final LogSettings settings = new LogSettings(600, Duration.ofHours(1), Duration.ofHours(10), 0, 64);

    private BucketLog open() throws IOException {
        return BucketLog.open(disk, directory.resolve("7-0"), settings, clock);
    }

    @Test
    void retentionMakesRoomWhereNoNewSegmentFits() throws IOException {
        try (BucketLog log = open()) {
            for (long i = 0; i < 40; i++) {
                log.append(List.of(batch(i)), 1);
            }
            clock.now += Duration.ofHours(11).toMillis();
            disk.noNewFiles = true;
            assertThatThrownBy(() -> log.applyRetention(Long.MAX_VALUE)).isInstanceOf(DiskFullException.class);
            assertThat(log.startOffset()).isPositive();
            assertThat(readAll(log, log.startOffset())).isEqualTo(numbers(log.startOffset(), 40));
            disk.noNewFiles = false;
            assertThat(log.append(List.of(batch(40)), 1)).isEqualTo(40);
        }
    }

    @Test
    void rowsThatWereRefusedForAFullDiskDoNotComeBackAfterACrash() throws IOException {
        BucketLog log = open();
        log.append(List.of(batch(0)), 1);
        disk.syncsToFail = 1;
        assertThatThrownBy(() -> log.append(List.of(batch(9)), 1)).isInstanceOf(DiskFullException.class);
        try (BucketLog afterCrash = open()) {
            assertThat(readAll(afterCrash, 0)).isEqualTo(numbers(0, 1));
        }
    }

    @Test
    void failedSyncThatCannotBeUndoneIsNotCalledAFullDisk() throws IOException {
        try (BucketLog log = open()) {
            disk.syncsToFail = 2;
            assertThatThrownBy(() -> log.append(List.of(batch(0)), 1)).isExactlyInstanceOf(IOException.class);
            assertThat(log.append(List.of(batch(0)), 1)).isZero();
            assertThat(readAll(log, 0)).isEqualTo(numbers(0, 1));
        }
    }

    @Test
    void filesStopGrowingWhileTheDiskStillHasItsReserve() throws IOException {
        Path path = directory.resolve("f");
        try (var file = new DiskFileStore().create(path)) {
            file.write(List.of(java.nio.ByteBuffer.allocate(100)), 0);
        }
        DiskFileStore greedy = new DiskFileStore(Long.MAX_VALUE / 2);
        try (var file = greedy.openForWrite(path)) {
            file.write(List.of(java.nio.ByteBuffer.allocate(60)), 40);
            assertThatThrownBy(() -> file.write(List.of(java.nio.ByteBuffer.allocate(61)), 40))
                    .isInstanceOf(DiskFullException.class);
        }
        assertThat(Files.size(path)).isEqualTo(100);
    }
}
