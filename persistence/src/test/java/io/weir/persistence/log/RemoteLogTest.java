package io.weir.persistence.log;

import static io.weir.persistence.log.BucketLogTest.numbers;
import static io.weir.persistence.log.TestBatches.batch;
import static io.weir.persistence.log.TestBatches.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.StoredBatch;
import io.weir.codec.batch.WriterEntry;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.objects.ObjectUnavailableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log with an older part on an object store: segments of six rows, each row by its own writer's request. */
final class RemoteLogTest {
    /** Two batches of one row and 120 bytes each, then the index, then the writers. */
    private static final String OBJECT =
            "574241540100000078000000ea9a704200000000000000004a420f00000000000000000001000000030000000100000013000000000000000000000010000000000000000000000001000000010000000100770000000000080000000000000000000000000000008e5aebc0000000000000000000000000574241540100000078000000cde74c0b010000000000000054420f00000000000000000001000000030000000100000013000000000000000000000010000000010000000000000001000000010000000100770000000000080000000000000000000000000000003e7ed6e8000000000100000000000000574944580100000000000000000000000200000000000000f0000000000000004a420f0000000000030000000200000054420f0000000000ada125363b04ce1d000000000000000000000000000000004a420f00000000000100000000000000780000000000000054420f000000000057575254010000005d00000051d562bd020000000000000054420f000000000003000000010000000100770200000000000000000000000000000000000100000000000000010000000000000001000000000000000200000000000000";

    @TempDir
    Path root;

    private final DiskFileStore files = new DiskFileStore();
    private final BucketLogTest.HandClock clock = new BucketLogTest.HandClock();
    private final MemoryObjects objects = new MemoryObjects();
    private final List<RemoteSegment> noted = new ArrayList<>();
    private LogSettings settings = new LogSettings(700, Duration.ofHours(1), Duration.ofHours(10), 0, 64);

    private Path directory() {
        return root.resolve("7-0");
    }

    private BucketLog open() throws IOException {
        BucketLog log = BucketLog.open(files, directory(), settings, clock);
        show(log);
        return log;
    }

    private void show(BucketLog log) {
        log.showRemote(List.copyOf(noted), objects);
    }

    /** Rows are their offsets, sequences too. */
    private void append(BucketLog log, long to) throws IOException {
        for (long i = log.endOffset(); i < to; i++) {
            clock.now += 10;
            log.append(List.of(row(i)), 3);
        }
    }

    private static StoredBatch row(long i) {
        return TestBatches.batch(List.of(i), List.of(new WriterEntry("w", i, 1, 1)), false, 8);
    }

    private void upload(BucketLog log, int most) throws IOException {
        for (SealedSegment sealed : log.toUpload().stream().limit(most).toList()) {
            noted.add(objects.put(log, sealed, 100));
        }
        show(log);
    }

    private List<String> names(String suffix) throws IOException {
        try (var all = Files.list(directory())) {
            return all.map(f -> f.getFileName().toString())
                    .filter(n -> n.endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }

    private static void assertOutOfRange(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(WeirException.class, e -> assertThat(e.code())
                .isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE));
    }

    @Test
    void anObjectIsTheSegmentItsIndexAndTheWritersFileThatFollows() throws IOException {
        try (BucketLog log = open()) {
            append(log, 40);
            upload(log, Integer.MAX_VALUE);
            assertThat(noted).hasSizeGreaterThan(4);
            assertThat(noted.get(0).baseOffset()).isZero();
            for (RemoteSegment segment : noted) {
                byte[] bytes = objects.bytes(segment.object());
                int index = (int) segment.logBytes();
                int writers = index + segment.indexBytes();
                assertThat(bytes).hasSize(writers + segment.writersBytes());
                assertThat(ByteBuffer.wrap(bytes, 0, index)).isEqualTo(file(segment.baseOffset(), SegmentFiles.LOG));
                assertThat(ByteBuffer.wrap(bytes, index, segment.indexBytes()))
                        .isEqualTo(file(segment.baseOffset(), SegmentFiles.INDEX));
                WritersFile memory = WritersFile.decode(
                        ByteBuffer.wrap(bytes, writers, segment.writersBytes()).slice(), segment.endOffset());
                assertThat(Objects.requireNonNull(memory).writers().check("w", segment.endOffset() - 1))
                        .isEqualTo(new WriterHistory.Applied(segment.endOffset() - 1, segment.endOffset()));
                assertThat(segment.leaderEpoch()).isEqualTo(3);
                assertThat(segment.firstTimestampMs()).isEqualTo(1_000_010 + 10 * segment.baseOffset());
                assertThat(segment.lastTimestampMs()).isEqualTo(1_000_000 + 10 * segment.endOffset());
            }
            assertThat(log.remoteBytes())
                    .isEqualTo(noted.stream().mapToLong(s -> s.object().size()).sum());
            assertThat(log.remoteEndOffset())
                    .isEqualTo(noted.get(noted.size() - 1).endOffset());
        }
    }

    private ByteBuffer file(long base, String suffix) throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(directory().resolve(SegmentFiles.name(base, suffix))));
    }

    @Test
    void theObjectIsByteForByteVersion1() throws IOException {
        try (BucketLog log = open()) {
            append(log, 2);
            assertThat(log.seal()).isEqualTo(2);
            upload(log, 1);
        }
        RemoteSegment segment = noted.get(0);
        assertThat(segment.logBytes()).isEqualTo(240);
        assertThat(segment.indexBytes()).isEqualTo(64 + 2 * 24);
        assertThat(segment.writersBytes()).isEqualTo(40 + 5 + 2 * 24);
        assertThat(HexFormat.of().formatHex(objects.bytes(segment.object()))).isEqualTo(OBJECT);
    }

    @Test
    void readersSeeOneLogAcrossBothTiers() throws IOException {
        try (BucketLog log = open()) {
            append(log, 60);
            upload(log, 6);
            log.trim(2, Long.MAX_VALUE);
            assertThat(log.localStartOffset()).isEqualTo(log.remoteEndOffset());
            checkAll(log, 60);
            assertThat(log.sizeInBytes()).isEqualTo((60 - log.localStartOffset()) * 120);
        }
        try (BucketLog log = open()) {
            assertThat(log.localStartOffset()).isEqualTo(log.remoteEndOffset());
            checkAll(log, 60);
            append(log, 70);
            checkAll(log, 70);
        }
    }

    private static void checkAll(BucketLog log, long end) throws IOException {
        assertThat(log.startOffset()).isZero();
        for (long from = 0; from <= end; from++) {
            assertThat(readAll(log, from)).isEqualTo(numbers(from, end));
        }
        for (long i = 0; i < end; i++) {
            assertThat(log.offsetAt(1_000_010 + 10 * i)).isEqualTo(i);
            assertThat(log.offsetAt(1_000_011 + 10 * i)).isEqualTo(i + 1);
        }
        assertThat(log.corruptions()).isEmpty();
    }

    @Test
    void whatIsOnTheDiskIsReadFromThere() throws IOException {
        try (BucketLog log = open()) {
            append(log, 40);
            upload(log, Integer.MAX_VALUE);
            objects.isDown = true;
            assertThat(readAll(log, 0)).isEqualTo(numbers(0, 40));
            log.trim(2, Long.MAX_VALUE);
            assertThat(readAll(log, log.localStartOffset())).isEqualTo(numbers(log.localStartOffset(), 40));
            assertThatThrownBy(() -> readAll(log, log.localStartOffset() - 1))
                    .isInstanceOf(ObjectUnavailableException.class);
        }
    }

    @Test
    void trimKeepsTheNewestSealedSegmentsAndWhatIsAskedFor() throws IOException {
        try (BucketLog log = open()) {
            append(log, 60);
            int sealed = log.toUpload().size();
            log.trim(0, Long.MAX_VALUE);
            assertThat(names(".log")).as("nothing is uploaded").hasSize(sealed + 1);
            upload(log, sealed - 1);
            log.trim(0, 12);
            assertThat(log.localStartOffset()).isBetween(1L, 12L);
            log.trim(3, Long.MAX_VALUE);
            assertThat(names(".log")).hasSize(4);
            log.trim(0, Long.MAX_VALUE);
            assertThat(names(".log"))
                    .as("one is not uploaded, one is written to")
                    .hasSize(2);
            assertThat(names(".index")).hasSize(1);
            assertThat(log.toUpload()).hasSize(1);
            checkAll(log, 60);
        }
    }

    @Test
    void aCursorGoesOnOnTheObjectStoreWhereTheDiskWasTrimmed() throws IOException {
        try (BucketLog log = open()) {
            append(log, 60);
            try (LogCursor cursor = log.read(0);
                    LogCursor late = log.read(15)) {
                for (long i = 0; i < 8; i++) {
                    assertThat(Objects.requireNonNull(cursor.next()).header().baseOffset())
                            .isEqualTo(i);
                }
                upload(log, Integer.MAX_VALUE);
                log.trim(0, Long.MAX_VALUE);
                for (long i = 8; i < 60; i++) {
                    LogBatch batch = Objects.requireNonNull(cursor.next());
                    assertThat(TestBatches.rows(batch.readAll())).containsExactly(i);
                }
                assertThat(cursor.next()).isNull();
                assertThat(Objects.requireNonNull(late.next()).header().baseOffset())
                        .isEqualTo(15);
            }
            assertThat(objects.readBytes()).isPositive();
        }
    }

    @Test
    void rowsThatWereDeletedOnTheStoreMeanwhileAreOutOfRange() throws IOException {
        try (BucketLog log = trimmed()) {
            LogCursor entered = log.read(0);
            LogBatch first = Objects.requireNonNull(entered.next());
            LogCursor fresh = log.read(0);
            noted.subList(0, 2).forEach(segment -> objects.delete(segment.object()));
            assertThatThrownBy(fresh::next)
                    .as("lost, as long as the manifest has it")
                    .isInstanceOf(NoSuchFileException.class);
            noted.subList(0, 2).clear();
            show(log);
            long start = noted.get(0).baseOffset();
            assertThat(log.startOffset()).isEqualTo(start);
            assertOutOfRange(() -> log.read(start - 1));
            assertOutOfRange(fresh::next);
            assertThat(Objects.requireNonNull(fresh.next()).header().baseOffset())
                    .as("goes on behind them")
                    .isEqualTo(start);
            // Of six rows, those that were read ahead are still there.
            assertThat(TestBatches.rows(first.readAll())).containsExactly(0L);
            assertOutOfRange(() -> {
                while (entered.next() != null) {
                    assertThat(objects.count()).isPositive();
                }
            });
            entered.close();
            fresh.close();
        }
    }

    /** All but the last segments on the store alone. */
    private BucketLog trimmed() throws IOException {
        BucketLog log = open();
        append(log, 60);
        upload(log, Integer.MAX_VALUE);
        log.trim(0, Long.MAX_VALUE);
        return log;
    }

    @Test
    void aBatchWhoseObjectWasDeletedBeforeItsRowsWereReadIsOutOfRange() throws IOException {
        settings = new LogSettings(20_000, Duration.ofHours(1), Duration.ZERO, 0, 64);
        try (BucketLog log = open()) {
            log.append(List.of(TestBatches.batch(List.of(0L), List.of(), false, 10_000)), 1);
            log.append(List.of(batch(1)), 1);
            log.seal();
            upload(log, 1);
            log.trim(0, Long.MAX_VALUE);
            try (LogCursor cursor = log.read(0)) {
                LogBatch batch = Objects.requireNonNull(cursor.next());
                objects.delete(noted.remove(0).object());
                assertThatThrownBy(batch::readAll).isInstanceOf(NoSuchFileException.class);
                show(log);
                assertOutOfRange(batch::readAll);
            }
        }
    }

    @Test
    void aStoreOutOfReachFailsTheReadAndTheCursorGoesOnWhenItIsBack() throws IOException {
        try (BucketLog log = trimmed();
                LogCursor cursor = log.read(20)) {
            objects.isDown = true;
            assertThatThrownBy(cursor::next).isInstanceOf(ObjectUnavailableException.class);
            assertThatThrownBy(() -> log.offsetAt(0)).isInstanceOf(ObjectUnavailableException.class);
            objects.isDown = false;
            for (long i = 20; i < 60; i++) {
                assertThat(Objects.requireNonNull(cursor.next()).header().baseOffset())
                        .isEqualTo(i);
            }
            assertThat(log.corruptions()).isEmpty();
        }
    }

    @Test
    void anyChangedByteOfTheIndexInAnObjectOnlyMakesItBeRebuilt() throws IOException {
        try (BucketLog log = trimmed()) {
            RemoteSegment segment = noted.get(1);
            byte[] bytes = objects.bytes(segment.object());
            for (int i = 0; i < segment.indexBytes(); i++) {
                int at = (int) segment.logBytes() + i;
                bytes[at] ^= 0x20;
                log.showRemote(List.of(), objects);
                show(log);
                for (long from = segment.baseOffset(); from < segment.endOffset(); from++) {
                    try (LogCursor cursor = log.read(from)) {
                        assertThat(Objects.requireNonNull(cursor.next())
                                        .header()
                                        .baseOffset())
                                .as("byte " + i)
                                .isEqualTo(from);
                    }
                }
                bytes[at] ^= 0x20;
            }
        }
    }

    @Test
    void damageOnTheObjectStoreIsReportedAndPassed() throws IOException {
        try (BucketLog log = trimmed()) {
            RemoteSegment segment = noted.get(1);
            objects.bytes(segment.object())[130] ^= 1;
            long lost = segment.baseOffset() + 1;
            assertThatThrownBy(() -> readAll(log, lost))
                    .isInstanceOfSatisfying(
                            WeirException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT_DATA))
                    .hasMessageContaining("fromOffset=%d toOffset=%d", lost, lost + 1);
            assertThat(readAll(log, lost + 1)).isEqualTo(numbers(lost + 1, 60));
            assertThat(log.corruptions()).hasSize(1);
        }
    }

    @Test
    void writersFilesAreKeptAsLongAsUploadsNeedThem() throws IOException {
        try (BucketLog log = open()) {
            append(log, 60);
            int sealed = log.toUpload().size();
            assertThat(names(".writers")).hasSize(sealed);
            upload(log, 3);
            assertThat(names(".writers")).hasSize(sealed - 3);
        }
        try (BucketLog log = open()) {
            assertThat(names(".writers")).hasSize(log.toUpload().size());
            upload(log, Integer.MAX_VALUE);
            assertThat(names(".writers")).as("a start needs the newest").hasSize(1);
            assertThat(noted).allMatch(segment -> segment.writersBytes() > 0);
        }
        try (BucketLog log = BucketLog.open(files, directory(), settings, clock)) {
            append(log, 80);
            assertThat(names(".writers")).as("without an object store").hasSize(1);
        }
    }

    @Test
    void anEmptyDiskGoesOnWhereTheObjectStoreEnds() throws IOException {
        try (BucketLog log = open()) {
            append(log, 60);
            upload(log, 6);
        }
        files.deleteTree(directory());
        restore(noted);
        long end = noted.get(5).endOffset();
        clock.now = 5;
        for (int round = 0; round < 2; round++) {
            try (BucketLog log = open()) {
                assertThat(log.endOffset()).isEqualTo(end + round);
                assertThat(log.localStartOffset()).isEqualTo(end);
                assertThat(log.lastLeaderEpoch()).isEqualTo(3);
                assertThat(readAll(log, 0)).isEqualTo(numbers(0, end + round));
                for (long i = 0; i < end + round; i++) {
                    assertThat(log.writers().check("w", i)).isEqualTo(new WriterHistory.Applied(i, i + 1));
                }
                assertThat(log.writers().check("w", end + round)).isEqualTo(WriterHistory.New.INSTANCE);
                log.append(List.of(row(end + round)), 3);
                assertThat(log.offsetAt(1_000_001 + 10 * end))
                        .as("time does not go back")
                        .isEqualTo(end + round + 1);
            }
        }
    }

    @Test
    void writersAreReadFromHeadsBehindTheNewestObjectThatHasThemRight() throws IOException {
        try (BucketLog log = open()) {
            append(log, 60);
            log.append(List.of(TestBatches.batch(List.of(), List.of(new WriterEntry("v", 9, 0, 0)), false, 8)), 3);
            append(log, 62);
            log.seal();
            upload(log, 4);
            for (String name : names(".writers")) {
                Files.delete(directory().resolve(name));
            }
            upload(log, Integer.MAX_VALUE);
        }
        assertThat(noted).filteredOn(segment -> segment.writersBytes() == 0).hasSize(noted.size() - 4);
        RemoteSegment wrong = noted.get(3);
        objects.bytes(wrong.object())[(int) wrong.object().size() - 1] ^= 1;
        for (int skipped = 0; skipped < 2; skipped++) {
            files.deleteTree(directory());
            restore(noted);
            try (BucketLog log = open()) {
                assertThat(log.endOffset()).isEqualTo(62);
                for (long i = 0; i < 62; i++) {
                    assertThat(log.writers().check("w", i)).isEqualTo(new WriterHistory.Applied(i, i + 1));
                }
                assertThat(log.writers().check("v", 9)).isEqualTo(new WriterHistory.Applied(60, 60));
            }
            // Then none has them right.
            for (RemoteSegment segment : noted.subList(0, 3)) {
                objects.bytes(segment.object())[(int) segment.object().size() - 1] ^= 1;
            }
        }
    }

    @Test
    void requestsOfNoRowsBeforeTheEndAreKnownAfterARestore() throws IOException {
        try (BucketLog log = open()) {
            append(log, 8);
            log.append(List.of(TestBatches.batch(List.of(), List.of(new WriterEntry("v", 9, 0, 0)), false, 8)), 3);
            log.seal();
            upload(log, Integer.MAX_VALUE);
        }
        files.deleteTree(directory());
        restore(noted);
        try (BucketLog log = open()) {
            assertThat(log.writers().check("v", 9)).isEqualTo(new WriterHistory.Applied(8, 8));
        }
    }

    private void restore(List<RemoteSegment> remote) throws IOException {
        long end = remote.isEmpty() ? 0 : remote.get(remote.size() - 1).endOffset();
        BucketLog.restore(files, directory(), remote, end, objects);
    }

    @Test
    void noOffsetIsUsedAgainWhereAllThatWasUploadedIsRemoved() throws IOException {
        BucketLog.restore(files, directory(), List.of(), 40, objects);
        for (int round = 0; round < 2; round++) {
            try (BucketLog log = open()) {
                log.showRemote(List.of(), objects);
                assertThat(log.startOffset()).isEqualTo(40);
                assertThat(log.endOffset()).isEqualTo(40 + round);
                assertThat(log.append(List.of(row(40 + round)), 3)).isEqualTo(40 + round);
                assertThat(readAll(log, 40)).isEqualTo(numbers(40, 41 + round));
            }
        }
    }

    @Test
    void nothingUploadedRestoresAnEmptyLog() throws IOException {
        restore(List.of());
        try (BucketLog log = open()) {
            assertThat(log.startOffset()).isZero();
            assertThat(log.endOffset()).isZero();
            assertThat(log.remoteEndOffset()).isZero();
            append(log, 20);
            assertThat(readAll(log, 0)).isEqualTo(numbers(0, 20));
        }
    }

    @Test
    void aHoleBetweenTheTiersHidesTheObjectStoreUntilItIsRemoved() throws IOException {
        try (BucketLog log = open()) {
            append(log, 40);
            upload(log, 3);
            clock.now += Duration.ofHours(11).toMillis();
            log.applyRetention(Long.MAX_VALUE);
            append(log, 60);
            assertThat(log.startOffset()).isEqualTo(40);
            assertOutOfRange(() -> log.read(39));
            assertThat(readAll(log, 40)).isEqualTo(numbers(40, 60));
            assertThat(log.toUpload().get(0).baseOffset()).isEqualTo(40);
            assertThat(log.remoteEndOffset()).isEqualTo(noted.get(2).endOffset());
            assertThat(log.remoteExpiry(noted.get(1).baseOffset()))
                    .isEqualTo(noted.get(1).baseOffset());
            assertThat(log.remoteExpiry(Long.MAX_VALUE)).isEqualTo(40);
            noted.clear();
            upload(log, Integer.MAX_VALUE);
            log.trim(0, Long.MAX_VALUE);
            assertThat(readAll(log, 40)).isEqualTo(numbers(40, 60));
        }
    }

    @Test
    void expiryByAgeSaysWhatIsToGoOnTheStore() throws IOException {
        try (BucketLog log = trimmed()) {
            assertThat(log.remoteExpiry(Long.MAX_VALUE)).isZero();
            clock.now += Duration.ofHours(10).toMillis() - 255;
            long kept = log.remoteExpiry(Long.MAX_VALUE);
            assertThat(kept).isBetween(30L, 36L);
            assertThat(noted).anyMatch(segment -> segment.endOffset() == kept);
            assertThat(log.remoteExpiry(noted.get(2).baseOffset()))
                    .isEqualTo(noted.get(2).baseOffset());
            assertThat(log.remoteExpiry(0)).isZero();
            assertThat(log.startOffset()).as("nothing is gone yet").isZero();
        }
    }

    @Test
    void sizeCountsBothTiersAndEachSegmentOnce() throws IOException {
        try (BucketLog log = open()) {
            append(log, 60);
            upload(log, Integer.MAX_VALUE);
            log.trim(4, Long.MAX_VALUE);
            long all = log.sizeInBytes()
                    + noted.stream()
                            .filter(segment -> segment.endOffset() <= log.localStartOffset())
                            .mapToLong(RemoteSegment::logBytes)
                            .sum();
            long first = noted.get(0).logBytes();
            log.reconfigure(new LogSettings(700, Duration.ofHours(1), Duration.ZERO, all, 64));
            assertThat(log.remoteExpiry(Long.MAX_VALUE)).isZero();
            log.reconfigure(new LogSettings(700, Duration.ofHours(1), Duration.ZERO, all - first - 1, 64));
            assertThat(log.remoteExpiry(Long.MAX_VALUE)).isEqualTo(noted.get(2).baseOffset());
            long before = log.localStartOffset();
            log.applyRetention(Long.MAX_VALUE);
            assertThat(log.localStartOffset()).as("older ones suffice").isEqualTo(before);
            log.reconfigure(new LogSettings(700, Duration.ofHours(1), Duration.ZERO, 1, 64));
            log.applyRetention(Long.MAX_VALUE);
            assertThat(names(".log")).hasSize(1);
            assertThat(log.startOffset())
                    .as("the store's go when the manifest says so")
                    .isZero();
            assertThat(log.remoteExpiry(Long.MAX_VALUE))
                    .as("the newest stays")
                    .isEqualTo(noted.get(noted.size() - 1).baseOffset());
        }
    }

    @Test
    void lostFilesAtTheStartOfTheDiskAreReadFromTheStoreAsFarAsItHasThem() throws IOException {
        try (BucketLog log = open()) {
            append(log, 60);
            upload(log, 3);
        }
        List<String> logs = names(".log");
        for (String name : logs.subList(0, 5)) {
            Files.delete(directory().resolve(name));
        }
        long end = noted.get(2).endOffset();
        long from = SegmentFiles.baseOffset(logs.get(5), ".log");
        try (BucketLog log = open()) {
            assertThat(log.startOffset()).isZero();
            assertThat(log.localStartOffset()).isEqualTo(from);
            assertThat(readAll(log, from)).isEqualTo(numbers(from, 60));
            assertThat(log.corruptions()).hasSize(1);
            assertThat(log.remoteExpiry(Long.MAX_VALUE)).isZero();
            try (LogCursor cursor = log.read(0)) {
                for (long i = 0; i < end; i++) {
                    assertThat(Objects.requireNonNull(cursor.next()).header().baseOffset())
                            .isEqualTo(i);
                }
                assertThatThrownBy(cursor::next).hasMessageContaining("fromOffset=%d toOffset=%d", end, from);
                assertThat(Objects.requireNonNull(cursor.next()).header().baseOffset())
                        .isEqualTo(from);
            }
            assertThatThrownBy(() -> log.read(end)).hasMessageContaining("toOffset=" + from);
        }
    }

    @Test
    void aClosedLogIsLeftAlone() throws IOException {
        BucketLog log = open();
        append(log, 20);
        upload(log, Integer.MAX_VALUE);
        List<SealedSegment> sealed = log.toUpload();
        log.close();
        List<String> before = names("");
        log.trim(0, Long.MAX_VALUE);
        log.showRemote(List.of(), objects);
        assertThat(log.seal()).isEqualTo(20);
        assertThat(names("")).isEqualTo(before);
        assertThat(log.remoteBytes()).isPositive();
        assertThat(sealed).isEmpty();
    }

    @Test
    void aSegmentThatIsGoneIsNotUploaded() throws IOException {
        try (BucketLog log = open()) {
            append(log, 20);
            SealedSegment first = log.toUpload().get(0);
            SegmentBody body = log.body(first);
            clock.now += Duration.ofHours(11).toMillis();
            log.applyRetention(Long.MAX_VALUE);
            assertThatThrownBy(() -> log.body(first)).isInstanceOf(NoSuchFileException.class);
            ByteBuffer bytes = ByteBuffer.allocate((int) body.size());
            assertThat(body.read(bytes, 0)).as("one that was opened before").isEqualTo(bytes.capacity());
            body.close();
        }
    }

    @Test
    void sealingAnEmptySegmentDoesNothing() throws IOException {
        try (BucketLog log = open()) {
            assertThat(log.seal()).isZero();
            append(log, 1);
            assertThat(log.seal()).isEqualTo(1);
            assertThat(log.seal()).isEqualTo(1);
            assertThat(log.toUpload()).hasSize(1);
        }
    }

    @Test
    void segmentsWithAHoleBetweenThemAreRefused() throws IOException {
        try (BucketLog log = open()) {
            append(log, 40);
            upload(log, Integer.MAX_VALUE);
            assertThatThrownBy(() -> log.showRemote(List.of(noted.get(0), noted.get(2)), objects))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
