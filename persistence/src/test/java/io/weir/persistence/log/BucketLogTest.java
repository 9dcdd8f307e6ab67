package io.weir.persistence.log;

import static io.weir.persistence.log.TestBatches.batch;
import static io.weir.persistence.log.TestBatches.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.WriterEntry;
import io.weir.persistence.file.DiskFileStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BucketLogTest {
    @TempDir
    Path directory;

    private final DiskFileStore files = new DiskFileStore();
    private final HandClock clock = new HandClock();
    private LogSettings settings = new LogSettings(600, Duration.ofHours(1), Duration.ofHours(10), 0, 64);

    private BucketLog open() throws IOException {
        return BucketLog.open(files, directory.resolve("7-0"), settings, clock);
    }

    @Test
    void rowsComeBackInOrderAcrossSegmentsAndAfterReopening() throws IOException {
        try (BucketLog log = open()) {
            for (long i = 0; i < 50; i++) {
                assertThat(log.append(List.of(batch(2 * i, 2 * i + 1)), 3)).isEqualTo(2 * i);
            }
            assertThat(readAll(log, 0)).isEqualTo(numbers(0, 100));
            assertThat(readAll(log, 37)).isEqualTo(numbers(37, 100));
        }
        try (BucketLog log = open()) {
            assertThat(log.endOffset()).isEqualTo(100);
            assertThat(log.lastLeaderEpoch()).isEqualTo(3);
            assertThat(log.corruptions()).isEmpty();
            assertThat(readAll(log, 41)).isEqualTo(numbers(41, 100));
            log.append(List.of(batch(100), batch(101, 102)), 4);
            assertThat(readAll(log, 99)).isEqualTo(numbers(99, 103));
        }
        try (var names = Files.list(directory.resolve("7-0"))) {
            assertThat(names.filter(n -> n.toString().endsWith(".log")).count()).isGreaterThan(3);
        }
    }

    @Test
    void offsetsOutsideTheLogAreRefusedWithTheValidRange() throws IOException {
        try (BucketLog log = open()) {
            log.append(List.of(batch(0, 1)), 1);
            assertThatThrownBy(() -> log.read(3))
                    .isInstanceOfSatisfying(
                            WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE))
                    .hasMessageContaining("[0, 2)");
            assertThat(log.read(2).next()).isNull();
        }
    }

    @Test
    void timestampsNeverFallAndFindTheirBatch() throws IOException {
        try (BucketLog log = open()) {
            for (long i = 0; i < 40; i++) {
                clock.now = i == 20 ? 5 : 1000 + 10 * i;
                log.append(List.of(batch(i)), 1);
            }
            assertThat(log.offsetAt(0)).isZero();
            assertThat(log.offsetAt(1001)).isEqualTo(1);
            assertThat(log.offsetAt(1190)).isEqualTo(19);
            assertThat(log.offsetAt(1191)).isEqualTo(21);
            assertThat(log.offsetAt(1390)).isEqualTo(39);
            assertThat(log.offsetAt(1391)).isEqualTo(40);
        }
    }

    @Test
    void oldSegmentsAreDeletedAndOpenCursorsStillReadThem() throws IOException {
        try (BucketLog log = open()) {
            for (long i = 0; i < 40; i++) {
                log.append(List.of(batch(i)), 1);
            }
            LogCursor before = log.read(0);
            assertThat(before.next()).isNotNull();
            clock.now += Duration.ofHours(9).toMillis();
            log.applyRetention(Long.MAX_VALUE);
            assertThat(log.startOffset()).isZero();
            clock.now += Duration.ofHours(2).toMillis();
            log.applyRetention(Long.MAX_VALUE);
            assertThat(log.startOffset()).isEqualTo(40);
            assertThat(log.endOffset()).isEqualTo(40);
            LogBatch second = before.next();
            assertThat(second).isNotNull();
            assertThat(TestBatches.rows(second.readAll())).containsExactly(1L);
            before.close();
            assertThatThrownBy(() -> log.read(39)).hasMessageContaining("[40, 40)");
        }
        try (BucketLog log = open()) {
            assertThat(log.startOffset()).isEqualTo(40);
            assertThat(log.lastLeaderEpoch()).isEqualTo(1);
            assertThat(log.append(List.of(batch(40)), 1)).isEqualTo(40);
        }
    }

    @Test
    void cursorThatRetentionOvertookSaysThatItsOffsetIsGone() throws IOException {
        try (BucketLog log = open()) {
            for (long i = 0; i < 40; i++) {
                log.append(List.of(batch(i)), 1);
            }
            clock.now += Duration.ofHours(11).toMillis();
            try (LogCursor before = log.read(0)) {
                log.applyRetention(Long.MAX_VALUE);
                assertThatThrownBy(before::next).isInstanceOfSatisfying(WeirException.class, e -> assertThat(e.code())
                        .isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE));
            }
        }
    }

    @Test
    void theLogIsKeptBelowItsSize() throws IOException {
        settings = new LogSettings(600, Duration.ofHours(1), Duration.ZERO, 2000, 64);
        try (BucketLog log = open()) {
            for (long i = 0; i < 60; i++) {
                log.append(List.of(batch(i)), 1);
            }
            log.applyRetention(Long.MAX_VALUE);
            assertThat(log.sizeInBytes()).isBetween(1000L, 2000L);
            assertThat(readAll(log, log.startOffset())).isEqualTo(numbers(log.startOffset(), 60));
        }
    }

    @Test
    void oldSegmentsThatTheLakeHasNotStayAndAreCounted() throws IOException {
        try (BucketLog log = open()) {
            for (long i = 0; i < 40; i++) {
                log.append(List.of(batch(i)), 1);
            }
            assertThat(log.heldBackBytes(Long.MAX_VALUE, 0))
                    .as("nothing is old yet")
                    .isZero();
            clock.now += Duration.ofHours(11).toMillis();
            log.applyRetention(0);
            assertThat(log.startOffset()).isZero();
            long all = log.sizeInBytes();
            assertThat(log.heldBackBytes(Long.MAX_VALUE, 0)).isEqualTo(all);
            assertThat(log.heldBackBytes(Long.MAX_VALUE, Long.MAX_VALUE)).isZero();
            assertThat(log.heldBackBytes(0, 0)).as("something else needs it").isZero();
            log.applyRetention(20);
            assertThat(log.startOffset()).isBetween(1L, 20L);
            assertThat(readAll(log, 20)).isEqualTo(numbers(20, 40));
            assertThat(log.heldBackBytes(Long.MAX_VALUE, 20))
                    .isEqualTo(log.sizeInBytes())
                    .isLessThan(all);
            log.reconfigure(new LogSettings(600, Duration.ofHours(1), Duration.ZERO, 1, 64));
            assertThat(log.heldBackBytes(Long.MAX_VALUE, 20)).as("by size").isEqualTo(log.sizeInBytes());
            log.applyRetention(Long.MAX_VALUE);
            assertThat(log.startOffset()).isEqualTo(40);
            assertThat(log.heldBackBytes(Long.MAX_VALUE, 20)).isZero();
        }
    }

    @Test
    void writersAreRememberedAcrossRollRetentionAndReopening() throws IOException {
        try (BucketLog log = open()) {
            for (long i = 0; i < 40; i++) {
                log.append(List.of(writerBatch("w", i, i)), 1);
            }
            clock.now += Duration.ofHours(11).toMillis();
            log.applyRetention(Long.MAX_VALUE);
            assertThat(log.startOffset()).isEqualTo(40);
        }
        for (int round = 0; round < 2; round++) {
            try (BucketLog log = open()) {
                assertThat(log.writers().check("w", 39)).isEqualTo(new WriterHistory.Applied(39, 40));
                assertThat(log.writers().check("w", 0)).isEqualTo(new WriterHistory.Applied(0, 1));
                assertThat(log.writers().check("w", 40)).isEqualTo(WriterHistory.New.INSTANCE);
                assertThat(log.writers().check("v", 1)).isEqualTo(WriterHistory.New.INSTANCE);
            }
        }
    }

    private static io.weir.codec.batch.StoredBatch nothing(String writer, long sequence) {
        return TestBatches.batch(List.of(), List.of(new WriterEntry(writer, sequence, 0, 0)), false, 8);
    }

    @Test
    void batchesOfNoRowsAreRememberedAndNeverRead() throws IOException {
        try (BucketLog log = open()) {
            for (long i = 0; i < 60; i++) {
                assertThat(log.append(List.of(nothing("w", 3 * i)), 1)).isEqualTo(2 * i);
                assertThat(log.endOffset()).isEqualTo(2 * i);
                log.append(List.of(batch(2 * i), nothing("w", 3 * i + 1), batch(2 * i + 1)), 1);
                log.append(List.of(nothing("w", 3 * i + 2), nothing("v", i)), 1);
            }
        }
        for (int round = 0; round < 2; round++) {
            try (BucketLog log = open()) {
                assertThat(log.endOffset()).isEqualTo(120);
                assertThat(log.corruptions()).isEmpty();
                for (long from = 0; from <= 120; from++) {
                    assertThat(readAll(log, from)).isEqualTo(numbers(from, 120));
                }
                for (long i = 0; i < 60; i++) {
                    assertThat(log.writers().check("v", i)).isEqualTo(new WriterHistory.Applied(2 * i + 2, 2 * i + 2));
                    assertThat(log.writers().check("w", 3 * i)).isEqualTo(new WriterHistory.Applied(2 * i, 2 * i));
                    assertThat(log.writers().check("w", 3 * i + 1))
                            .isEqualTo(new WriterHistory.Applied(2 * i + 1, 2 * i + 1));
                }
            }
            // Then from the segments alone.
            try (var all = Files.list(directory.resolve("7-0"))) {
                for (Path file :
                        all.filter(f -> f.toString().endsWith(".index")).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    @Test
    void aLogOfNothingButRememberedRequestsStaysSmall() throws IOException {
        for (int round = 0; round < 3; round++) {
            try (BucketLog log = open()) {
                for (long i = 0; i < 100; i++) {
                    log.append(List.of(nothing("w", 100 * round + i)), 1);
                    assertThat(log.sizeInBytes()).isLessThanOrEqualTo(600);
                }
                assertThat(log.writers().check("w", 100 * round)).isEqualTo(new WriterHistory.Applied(0, 0));
                assertThat(log.endOffset()).isZero();
                assertThat(log.read(0).next()).isNull();
            }
        }
        try (BucketLog log = open()) {
            assertThat(log.writers().check("w", 150)).isEqualTo(new WriterHistory.Applied(0, 0));
            log.append(List.of(batch(0)), 1);
            assertThat(readAll(log, 0)).isEqualTo(numbers(0, 1));
        }
    }

    @Test
    void segmentsThatTheKvStateStillNeedsStay() throws IOException {
        settings = new LogSettings(600, Duration.ofHours(1), Duration.ofHours(10), 1, 64);
        try (BucketLog log = open()) {
            for (long i = 0; i < 40; i++) {
                log.append(List.of(batch(i)), 1);
            }
            clock.now += Duration.ofHours(11).toMillis();
            log.applyRetention(0);
            assertThat(log.startOffset()).isZero();
            log.applyRetention(20);
            assertThat(log.startOffset()).isBetween(1L, 20L);
            assertThat(readAll(log, 20)).isEqualTo(numbers(20, 40));
            log.applyRetention(Long.MAX_VALUE);
            assertThat(log.startOffset()).isEqualTo(40);
        }
    }

    private static io.weir.codec.batch.StoredBatch writerBatch(String writer, long sequence, long row) {
        return TestBatches.batch(List.of(row), List.of(new WriterEntry(writer, sequence, 1, 1)), false, 8);
    }

    static List<Long> numbers(long from, long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    /** A clock that moves when told to. */
    static final class HandClock extends Clock {
        long now = 1_000_000;

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(now);
        }
    }
}
