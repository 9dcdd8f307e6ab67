package io.weir.persistence.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.batch.StoredBatch;
import io.weir.codec.batch.WriterEntry;
import io.weir.persistence.file.SimFileStore;
import io.weir.persistence.objects.ObjectUnavailableException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One life of a log on a bad disk, from a seed: appends, retries, retention, reads, faults, crashes at any file operation; in most of them with
 * an object store, from which it comes back when the disk is lost.
 */
final class LogSimulation {
    private static final Path DIRECTORY = Path.of("/sim/1-0");

    private final SplittableRandom random;
    private final boolean hasRemote;
    private final boolean hasLake;
    private final SimRemote remote;
    private SimFileStore files;
    private final LogChecker checker = new LogChecker();
    private final BucketLogTest.HandClock clock = new BucketLogTest.HandClock();
    private final LogSettings settings;
    private final StringBuilder trace = new StringBuilder();
    private final Deque<LogChecker.Request> retries = new ArrayDeque<>();
    private final boolean faults;
    private final boolean fills;
    private final boolean killsOnly;
    private @Nullable BucketLog log;
    private long lakeOffset;
    private long nextRow;
    private long nextSequence;
    private int crashes;
    private int failures;
    private int lostDisks;
    private boolean startMayMove;
    private boolean diskLost;

    LogSimulation(long seed) {
        random = new SplittableRandom(seed);
        files = new SimFileStore(random.split());
        faults = random.nextInt(3) > 0;
        fills = random.nextInt(3) == 0;
        killsOnly = random.nextInt(6) == 0;
        hasRemote = random.nextInt(4) > 0;
        hasLake = random.nextInt(3) == 0;
        remote = new SimRemote(random.split());
        settings = new LogSettings(
                300 + random.nextInt(6000),
                Duration.ofMillis(500 + random.nextInt(3000)),
                Duration.ofMillis(random.nextInt(3) * 3000L),
                random.nextInt(3) * 6000L,
                64 + random.nextInt(1000));
    }

    String trace() {
        return trace.toString();
    }

    int crashes() {
        return crashes;
    }

    int failures() {
        return failures;
    }

    int lostDisks() {
        return lostDisks;
    }

    int uploads() {
        return remote.uploads();
    }

    long rows() {
        return checker.end();
    }

    void run() throws IOException {
        for (int i = 0; i < 60; i++) {
            if (random.nextInt(8) == 0) {
                files.crashAfter(1 + random.nextInt(25));
            }
            try {
                act();
            } catch (SimFileStore.Crash e) {
                crashed(e);
            }
        }
        calm();
        while (log == null) {
            restart();
        }
        append(request());
        checker.check(log);
        note("end", checker.end());
    }

    private void calm() {
        files.crashAfter(Long.MAX_VALUE / 2);
        files.failureRate(0);
        files.capacity(Long.MAX_VALUE);
        remote.calm();
    }

    private void crashed(SimFileStore.Crash crash) {
        crashes++;
        boolean powerLost = !killsOnly && random.nextInt(3) > 0;
        note(crash.getMessage() + " powerLost=" + powerLost, files.operations());
        log = null;
        remote.calm();
        if (hasRemote && random.nextInt(6) == 0) {
            diskLost = true;
            lostDisks++;
            note("disk lost, noted up to", remote.end());
        }
        if (diskLost) {
            files = new SimFileStore(random.split());
        } else {
            files.restart(powerLost);
        }
    }

    private void act() throws IOException {
        clock.now += random.nextInt(200) - 20;
        if (random.nextInt(5) == 0) {
            lakeOffset = Math.max(lakeOffset, random.nextLong(checker.end() + 1));
        }
        disturb();
        if (log == null) {
            restart();
        } else {
            onOpenLog(log);
            checkLake();
        }
    }

    /** Nothing is gone that the lake has not. */
    private void checkLake() {
        if (hasLake && log != null) {
            assertThat(log.startOffset()).as("start offset in the lake").isLessThanOrEqualTo(lakeOffset);
        }
    }

    private long inLake() {
        return hasLake ? lakeOffset : Long.MAX_VALUE;
    }

    private void onOpenLog(BucketLog open) throws IOException {
        int choice = random.nextInt(hasRemote ? 28 : 20);
        if (choice >= 20) {
            onRemote(open, choice);
        } else if (choice < 13) {
            append(groupOfRequests());
        } else if (choice < 16) {
            read(open);
        } else if (choice < 18) {
            retain(open);
        } else if (choice == 18) {
            checker.check(open);
        } else {
            close(open);
        }
    }

    private void onRemote(BucketLog open, int choice) throws IOException {
        try {
            if (choice < 23) {
                remote.upload(open);
                note("uploaded", remote.end());
            } else if (choice < 25) {
                open.trim(
                        random.nextInt(3), random.nextInt(3) > 0 ? Long.MAX_VALUE : random.nextLong(checker.end() + 1));
                note("trimmed", open.localStartOffset());
            } else if (choice == 25) {
                assertThat(open.seal()).isEqualTo(checker.end());
                note("sealed", open.endOffset());
            } else {
                remote.expire(open, checker, inLake());
                note("expired", open.startOffset());
            }
        } catch (IOException e) {
            failures++;
            note("remote work failed: " + e.getMessage(), checker.end());
        }
        checker.checkStays(open);
    }

    private void read(BucketLog open) throws IOException {
        long from = checker.start() + random.nextLong(checker.end() - checker.start() + 1);
        remote.disturb();
        try {
            checker.checkRead(from, TestBatches.readAll(open, from));
        } catch (ObjectUnavailableException e) {
            assertThat(from).as("reads that need the object store").isLessThan(open.localStartOffset());
        }
        remote.calm();
    }

    private void disturb() {
        if (faults) {
            files.failureRate(random.nextInt(3) == 0 ? random.nextInt(30) / 100.0 : 0);
        }
        if (fills) {
            files.capacity(random.nextInt(2) == 0 ? Long.MAX_VALUE : files.usedBytes() + random.nextInt(2000));
        }
    }

    private void restart() throws IOException {
        try {
            boolean restored = restoreIfLost();
            BucketLog opened = BucketLog.open(files, DIRECTORY, settings, clock);
            if (hasRemote) {
                remote.show(opened);
            }
            if (restored) {
                checker.restored(opened, remote);
                diskLost = false;
            } else {
                checker.reopened(opened, startMayMove);
            }
            startMayMove = false;
            log = opened;
            note("opened", opened.endOffset());
        } catch (IOException e) {
            failures++;
            note("open failed: " + e.getMessage(), files.operations());
        }
    }

    /** What an interrupted restore leaves is deleted, and it begins again; one that has ended is durable. */
    private boolean restoreIfLost() throws IOException {
        if (diskLost) {
            boolean ended = false;
            try {
                remote.restore(files, DIRECTORY);
                ended = true;
            } finally {
                if (!ended) {
                    files = new SimFileStore(random.split());
                }
            }
            if (random.nextBoolean()) {
                files.restart(true);
            }
        }
        return diskLost;
    }

    private void close(BucketLog open) {
        try {
            open.close();
            note("closed", checker.end());
        } catch (IOException e) {
            note("close failed: " + e.getMessage(), checker.end());
        }
        log = null;
        files.restart(false);
    }

    private void retain(BucketLog open) {
        startMayMove = true;
        try {
            open.applyRetention(inLake());
            startMayMove = false;
        } catch (IOException e) {
            failures++;
            note("retention failed: " + e.getMessage(), checker.end());
        }
        checker.checkEnds(open);
        note("retained", checker.start());
    }

    private List<LogChecker.Request> groupOfRequests() {
        List<LogChecker.Request> group = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            boolean retry = !retries.isEmpty() && random.nextInt(2) == 0;
            group.addAll(retry ? List.of(retries.removeFirst()) : request());
        }
        return group;
    }

    private List<LogChecker.Request> request() {
        List<Long> rows = new ArrayList<>();
        boolean changesNothing = random.nextInt(4) == 0;
        for (int i = changesNothing ? -1 : random.nextInt(5); i >= 0; i--) {
            rows.add(nextRow++);
        }
        boolean anonymous = !changesNothing && random.nextInt(3) == 0;
        return List.of(new LogChecker.Request(rows, anonymous ? "" : "w" + random.nextInt(3), nextSequence++));
    }

    private void append(List<LogChecker.Request> wanted) throws IOException {
        BucketLog open = java.util.Objects.requireNonNull(log);
        List<LogChecker.Request> group = wanted.stream()
                .filter(r -> r.writer().isEmpty()
                        || open.writers().check(r.writer(), r.sequence()) == WriterHistory.New.INSTANCE)
                .toList();
        if (group.isEmpty()) {
            note("already applied", checker.end());
            return;
        }
        boolean finished = false;
        try {
            long base = open.append(batches(group), 1 + crashes);
            finished = true;
            checker.acknowledged(group, base);
            note("appended", base);
        } catch (IOException e) {
            failures++;
            if (random.nextInt(3) == 0) {
                files.crashAfter(1 + random.nextInt(6));
            }
            note("append failed: " + e.getMessage(), checker.end());
        } finally {
            if (!finished) {
                checker.unknown(group);
                group.stream().filter(r -> !r.writer().isEmpty()).forEach(retries::add);
            }
        }
        checker.checkEnds(open);
        checker.checkStays(open);
    }

    /** Some requests share a batch, some take several. */
    private List<StoredBatch> batches(List<LogChecker.Request> group) {
        int bytesPerRow = 8 + random.nextInt(4) * random.nextInt(200);
        List<StoredBatch> batches = new ArrayList<>();
        if (random.nextBoolean()) {
            batches.add(merged(group, bytesPerRow));
        } else {
            group.forEach(request -> batches.addAll(split(request, bytesPerRow)));
        }
        return batches;
    }

    private static StoredBatch merged(List<LogChecker.Request> group, int bytesPerRow) {
        List<Long> rows = new ArrayList<>();
        List<WriterEntry> writers = new ArrayList<>();
        for (LogChecker.Request request : group) {
            rows.addAll(request.rows());
            writers.addAll(entry(request, rows.size()));
        }
        return TestBatches.batch(rows, writers, false, bytesPerRow);
    }

    private List<StoredBatch> split(LogChecker.Request request, int bytesPerRow) {
        List<StoredBatch> batches = new ArrayList<>();
        int from = 0;
        int all = request.rows().size();
        if (all == 0) {
            batches.add(TestBatches.batch(List.of(), entry(request, 0), false, bytesPerRow));
        }
        while (from < all) {
            int to = from + 1 + random.nextInt(all - from);
            List<WriterEntry> writers = to == all ? entry(request, to - from) : List.of();
            batches.add(TestBatches.batch(request.rows().subList(from, to), writers, to < all, bytesPerRow));
            from = to;
        }
        return batches;
    }

    private static List<WriterEntry> entry(LogChecker.Request request, int endRow) {
        return request.writer().isEmpty()
                ? List.of()
                : List.of(new WriterEntry(
                        request.writer(),
                        request.sequence(),
                        endRow,
                        request.rows().size()));
    }

    private void note(String what, long value) {
        trace.append(what).append(' ').append(value).append('\n');
    }
}
