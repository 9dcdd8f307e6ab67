package io.weir.persistence.log;

import static io.weir.persistence.log.TestBatches.batch;
import static io.weir.persistence.log.TestBatches.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchHeader;
import io.weir.persistence.file.DiskFileStore;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real files that were damaged while no one had them open. Rows are their offsets; a batch has two rows and 104 bytes. */
final class DamageTest {
    private static final LogSettings SETTINGS = new LogSettings(1040, Duration.ofHours(1), Duration.ZERO, 0, 64);
    private static final Pattern LOST = Pattern.compile("fromOffset=(\\d+) toOffset=(\\d+)");
    private static final long ROWS = 50;
    private static final int BATCH_BYTES = 104;

    @TempDir
    Path root;

    private final DiskFileStore files = new DiskFileStore();
    private final BucketLogTest.HandClock clock = new BucketLogTest.HandClock();
    private Path directory;

    /** Segments at 0, 20 and 40; the last one has 5 batches. */
    @BeforeEach
    void write() throws IOException {
        directory = root.resolve("log");
        try (BucketLog log = open()) {
            for (long i = 0; i < ROWS; i += 2) {
                log.append(List.of(batch(i, i + 1)), 1);
            }
        }
        assertThat(Files.size(segment(40))).isEqualTo(5 * BATCH_BYTES);
    }

    private BucketLog open() throws IOException {
        return BucketLog.open(files, directory, SETTINGS, clock);
    }

    private Path segment(long base) {
        return directory.resolve(SegmentFiles.name(base, ".log"));
    }

    private void flip(Path file, long position) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) position] ^= 0x10;
        Files.write(file, bytes);
    }

    private void truncate(Path file, long size) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, (int) size));
    }

    /** Rows that can be read, going on at {@code toOffset} after each report of lost rows. */
    private static List<Long> readable(BucketLog log) throws IOException {
        List<Long> rows = new ArrayList<>();
        long from = log.startOffset();
        while (true) {
            try (LogCursor cursor = log.read(from)) {
                for (LogBatch b = cursor.next(); b != null; b = cursor.next()) {
                    rows.addAll(TestBatches.rows(b.readAll()));
                }
                return rows;
            } catch (WeirException e) {
                assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT_DATA);
                Matcher lost = LOST.matcher(e.detail());
                assertThat(lost.find()).as(e.detail()).isTrue();
                assertThat(Long.parseLong(lost.group(2))).isGreaterThan(from);
                from = Long.parseLong(lost.group(2));
            }
        }
    }

    private static List<Long> without(long from, long to) {
        List<Long> rows = new ArrayList<>(BucketLogTest.numbers(0, from));
        rows.addAll(BucketLogTest.numbers(to, ROWS));
        return rows;
    }

    @Test
    void aFlippedBitAnywhereInASealedSegmentLosesItsBatchOnly() throws IOException {
        for (long position = 0; position < 10 * BATCH_BYTES; position += 7) {
            flip(segment(20), position);
            long lost = 20 + position / BATCH_BYTES * 2;
            try (BucketLog log = open()) {
                assertThat(log.endOffset()).isEqualTo(ROWS);
                assertThat(readable(log)).as("position " + position).isEqualTo(without(lost, lost + 2));
                assertThat(log.corruptions()).as("position " + position).isNotEmpty();
                assertThat(readAll(log, lost + 2)).isEqualTo(BucketLogTest.numbers(lost + 2, ROWS));
            }
            flip(segment(20), position);
        }
        try (BucketLog log = open()) {
            assertThat(log.corruptions()).isEmpty();
        }
    }

    /** Head, statistics and metadata decide what is read of the rows, so they are checked where the rows are not all read. */
    @Test
    void aFlippedBitBeforeTheRowsIsSeenWithoutReadingThem() throws IOException {
        int bodyStart;
        try (BucketLog log = open();
                LogCursor cursor = log.read(20)) {
            bodyStart = Objects.requireNonNull(cursor.next()).header().bodyStart();
        }
        // The four zero bytes before the rows mean nothing.
        for (int position = 0; position < bodyStart - 4; position++) {
            if (position >= BatchHeader.CRC_POSITION && position < BatchHeader.CRC_START) {
                continue;
            }
            flip(segment(20), position);
            try (BucketLog log = open();
                    LogCursor cursor = log.read(20)) {
                assertThatThrownBy(() -> Objects.requireNonNull(cursor.next()).metadata())
                        .as("position " + position)
                        .isInstanceOfSatisfying(
                                WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT_DATA));
            }
            flip(segment(20), position);
        }
    }

    @Test
    void aFlippedBitInTheActiveSegmentIsReportedAndNeverCut() throws IOException {
        for (long position = 0; position < 5 * BATCH_BYTES; position += 11) {
            flipInCopy(position, true);
            flipInCopy(position, false);
        }
    }

    private void flipInCopy(long position, boolean stateLost) throws IOException {
        Path copy = root.resolve("copy" + position + stateLost);
        copyTree(directory, copy);
        Path file = copy.resolve(SegmentFiles.name(40, ".log"));
        flip(file, position);
        if (stateLost) {
            Files.delete(copy.resolve(LogState.NAME));
        }
        long lost = 40 + position / BATCH_BYTES * 2;
        boolean inLastBatch = lost == 48;
        for (int round = 0; round < 2; round++) {
            try (BucketLog log = BucketLog.open(files, copy, SETTINGS, clock)) {
                if (inLastBatch && stateLost) {
                    assertThat(readable(log)).isEqualTo(without(48, 50));
                    assertThat(log.corruptions()).isEmpty();
                } else {
                    assertThat(readable(log).subList(0, 48)).isEqualTo(without(lost, lost + 2));
                    assertThat(log.corruptions()).as("position " + position).isNotEmpty();
                    assertThat(log.append(List.of(batch(99)), 1)).isEqualTo(ROWS + round);
                    assertThat(Files.size(file)).isGreaterThanOrEqualTo(5 * BATCH_BYTES);
                }
            }
        }
    }

    private static void copyTree(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.createDirectories(to);
                Files.copy(file, to.resolve(from.relativize(file)));
                return FileVisitResult.CONTINUE;
            }
        });
    }

    @Test
    void aTailTornAtAnyByteOfTheLastBatchIsCut() throws IOException {
        for (int size = 4 * BATCH_BYTES; size < 5 * BATCH_BYTES; size++) {
            Path copy = root.resolve("torn" + size);
            copyTree(directory, copy);
            truncate(copy.resolve(SegmentFiles.name(40, ".log")), size);
            Files.delete(copy.resolve(LogState.NAME));
            try (BucketLog log = BucketLog.open(files, copy, SETTINGS, clock)) {
                assertThat(log.endOffset()).isEqualTo(48);
                assertThat(log.corruptions()).isEmpty();
                assertThat(log.append(List.of(batch(48, 49)), 1)).isEqualTo(48);
                assertThat(readAll(log, 0)).isEqualTo(BucketLogTest.numbers(0, ROWS));
            }
        }
    }

    @Test
    void rowsKnownToHaveBeenDurableAreReportedWhenTheFileIsShort() throws IOException {
        truncate(segment(40), 4 * BATCH_BYTES + 10);
        try (BucketLog log = open()) {
            assertThat(log.endOffset()).isEqualTo(ROWS);
            assertThat(log.corruptions()).hasSize(1);
            assertThat(log.corruptions().get(0).fromOffset()).isEqualTo(48);
            assertThat(log.corruptions().get(0).toOffset()).isEqualTo(50);
            assertThat(readable(log)).isEqualTo(without(48, 50));
            assertThat(log.append(List.of(batch(50)), 1)).isEqualTo(50);
        }
    }

    @Test
    void aShortOrMissingSealedSegmentIsAHoleThatReadersAreTold() throws IOException {
        truncate(segment(20), 3 * BATCH_BYTES - 1);
        try (BucketLog log = open()) {
            assertThat(readable(log)).isEqualTo(without(24, 40));
            assertThat(log.corruptions()).hasSize(1);
        }
        Files.delete(segment(20));
        try (BucketLog log = open()) {
            assertThat(readable(log)).isEqualTo(without(20, 40));
            assertThat(log.corruptions()).hasSize(1);
            assertThat(log.offsetAt(0)).isZero();
        }
        Files.delete(segment(0));
        try (BucketLog log = open()) {
            assertThat(log.startOffset()).isZero();
            assertThat(readable(log)).isEqualTo(BucketLogTest.numbers(40, ROWS));
            assertThat(log.corruptions()).hasSize(1);
        }
    }

    @Test
    void aMissingLastSegmentIsReportedWhereItsRowsWereKnown() throws IOException {
        Files.delete(segment(40));
        try (BucketLog log = open()) {
            assertThat(log.endOffset()).isEqualTo(ROWS);
            assertThat(readable(log)).isEqualTo(BucketLogTest.numbers(0, 40));
            assertThat(log.append(List.of(batch(50)), 1)).isEqualTo(50);
        }
    }

    @Test
    void missingWrongAndEmptySideFilesAreMadeAgain() throws IOException {
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 60; round++) {
            try (var entries = Files.list(directory)) {
                for (Path side :
                        entries.filter(p -> !p.toString().endsWith(".log")).toList()) {
                    int what = random.nextInt(4);
                    if (what == 0) {
                        Files.delete(side);
                    } else if (what == 1) {
                        Files.write(side, new byte[random.nextInt(3) * 50]);
                    } else if (what == 2 && Files.size(side) > 0) {
                        flip(side, random.nextLong(Files.size(side)));
                    }
                }
            }
            try (BucketLog log = open()) {
                assertThat(log.startOffset()).isZero();
                assertThat(readAll(log, 0)).isEqualTo(BucketLogTest.numbers(0, ROWS));
                assertThat(readAll(log, 33)).isEqualTo(BucketLogTest.numbers(33, ROWS));
                assertThat(log.corruptions()).isEmpty();
            }
        }
    }

    @Test
    void foreignAndEmptyFilesInTheDirectoryDoNotDisturb() throws IOException {
        Files.writeString(directory.resolve("README"), "not ours");
        Files.writeString(directory.resolve("00000000000000000050.log.bak"), "not ours");
        Files.writeString(directory.resolve("99999999999999999999.log"), "too large to be an offset");
        Files.createDirectory(directory.resolve("lost+found"));
        Files.write(segment(50), new byte[0]);
        try (BucketLog log = open()) {
            assertThat(log.endOffset()).isEqualTo(ROWS);
            assertThat(log.corruptions()).isEmpty();
            assertThat(readAll(log, 0)).isEqualTo(BucketLogTest.numbers(0, ROWS));
        }
        assertThat(directory.resolve("README")).exists();
    }
}
