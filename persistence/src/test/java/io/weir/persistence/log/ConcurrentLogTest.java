package io.weir.persistence.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.file.DiskFileStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One appender that rolls and deletes segments all the time, and readers that must not notice. */
final class ConcurrentLogTest {
    private static final int APPENDS = 600;
    private static final int READERS = 3;

    @TempDir
    Path directory;

    private final AtomicBoolean over = new AtomicBoolean();

    private final MemoryObjects objects = new MemoryObjects();

    @Test
    void readersSeeEveryRowOnceInOrderWhileSegmentsComeAndGo() throws Exception {
        run((log, random) -> log.applyRetention(Long.MAX_VALUE));
        assertThat(objects.readBytes()).isZero();
    }

    @Test
    void readersDoNotNoticeThatSegmentsMoveToTheObjectStoreAndExpireThere() throws Exception {
        List<RemoteSegment> noted = new ArrayList<>();
        run((log, random) -> {
            for (SealedSegment sealed : log.toUpload()) {
                noted.add(objects.put(log, sealed, 1000));
            }
            log.showRemote(List.copyOf(noted), objects);
            log.trim(random.nextInt(3), Long.MAX_VALUE);
            long kept = log.remoteExpiry(Long.MAX_VALUE);
            List<RemoteSegment> gone =
                    noted.stream().filter(s -> s.endOffset() <= kept).toList();
            noted.removeAll(gone);
            log.showRemote(List.copyOf(noted), objects);
            gone.forEach(segment -> objects.delete(segment.object()));
        });
        assertThat(objects.readBytes()).isPositive();
    }

    /** What the appender does now and then beside appending. */
    private interface Upkeep {
        void run(BucketLog log, SplittableRandom random) throws IOException;
    }

    private void run(Upkeep upkeep) throws Exception {
        long seed = Long.getLong("weir.sim.seed", System.nanoTime());
        LogSettings settings = new LogSettings(2000, Duration.ofHours(1), Duration.ZERO, 10_000, 256);
        ExecutorService threads = Executors.newFixedThreadPool(READERS + 1);
        try (BucketLog log = BucketLog.open(new DiskFileStore(), directory, settings, Clock.systemUTC())) {
            List<Future<Long>> readers = new ArrayList<>();
            for (int r = 0; r < READERS; r++) {
                readers.add(threads.submit(reader(log, new SplittableRandom(seed + r))));
            }
            Future<Long> appender = threads.submit(() -> append(log, new SplittableRandom(seed), upkeep));
            long end = appender.get(60, TimeUnit.SECONDS);
            over.set(true);
            assertThat(log.endOffset()).as("seed %d", seed).isEqualTo(end);
            assertThat(log.startOffset()).as("seed %d", seed).isPositive();
            for (Future<Long> reader : readers) {
                assertThat(reader.get(60, TimeUnit.SECONDS))
                        .as("rows read, seed %d", seed)
                        .isPositive();
            }
            assertThat(log.corruptions()).as("seed %d", seed).isEmpty();
        } finally {
            over.set(true);
            threads.shutdownNow();
        }
    }

    private static long append(BucketLog log, SplittableRandom random, Upkeep upkeep) throws IOException {
        long next = 0;
        for (int i = 0; i < APPENDS; i++) {
            int count = random.nextInt(1, 6);
            List<Long> rows = LongStream.range(next, next + count).boxed().toList();
            assertThat(log.append(List.of(TestBatches.batch(rows, List.of(), false, 8)), 1))
                    .isEqualTo(next);
            next += count;
            if (i % 8 == 0) {
                upkeep.run(log, random);
            }
        }
        return next;
    }

    private Callable<Long> reader(BucketLog log, SplittableRandom random) {
        return () -> {
            long read = 0;
            while (!over.get()) {
                read += readOnce(log, random);
            }
            return read;
        };
    }

    /** @return rows read; retention may overtake a reader, and says so */
    private static long readOnce(BucketLog log, SplittableRandom random) throws IOException {
        long start = log.startOffset();
        long from = random.nextInt(4) == 0 ? start : random.nextLong(start, log.endOffset() + 1);
        try {
            if (random.nextInt(8) == 0) {
                assertThat(log.offsetAt(0)).isGreaterThanOrEqualTo(start);
            }
            List<Long> rows = TestBatches.readAll(log, from);
            assertThat(rows).isEqualTo(BucketLogTest.numbers(from, from + rows.size()));
            return rows.size();
        } catch (WeirException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.OFFSET_OUT_OF_RANGE);
            assertThat(log.startOffset()).isGreaterThan(from);
            return 0;
        }
    }
}
