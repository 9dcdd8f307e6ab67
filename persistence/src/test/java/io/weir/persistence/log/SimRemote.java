package io.weir.persistence.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.persistence.file.FileStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/** The object store and the manifest of a simulated log: neither is lost when the disk is. */
final class SimRemote {
    private final SplittableRandom random;
    private final MemoryObjects objects = new MemoryObjects();
    private List<RemoteSegment> noted = List.of();
    private int uploads;

    SimRemote(SplittableRandom random) {
        this.random = random;
    }

    int uploads() {
        return uploads;
    }

    List<RemoteSegment> noted() {
        return noted;
    }

    long end() {
        return noted.isEmpty() ? 0 : noted.get(noted.size() - 1).endOffset();
    }

    long start() {
        return noted.isEmpty() ? 0 : noted.get(0).baseOffset();
    }

    /** All of it has the writers' memory, so that restoring knows every request. */
    boolean knowsWriters() {
        return noted.stream().allMatch(segment -> segment.writersBytes() > 0);
    }

    boolean knowsAnyWriters() {
        return noted.stream().anyMatch(segment -> segment.writersBytes() > 0);
    }

    /** The store answers nobody until it is called again. */
    void disturb() {
        objects.isDown = random.nextInt(5) == 0;
    }

    void calm() {
        objects.isDown = false;
    }

    void show(BucketLog log) {
        log.showRemote(noted, objects);
    }

    /** Uploads some segments, notes them, and shows them; it may stop in the middle of each. */
    void upload(BucketLog log) throws IOException {
        for (SealedSegment sealed : log.toUpload()) {
            boolean follows = noted.isEmpty() || sealed.baseOffset() == end();
            if (!follows || random.nextInt(4) == 0) {
                return;
            }
            RemoteSegment stored = objects.put(log, sealed, 1 + random.nextInt(3000));
            if (random.nextInt(10) == 0) {
                return;
            }
            note(stored);
            show(log);
        }
    }

    private void note(RemoteSegment stored) {
        noted = new java.util.ArrayList<>(noted);
        noted.add(stored);
        noted = List.copyOf(noted);
        uploads++;
    }

    /** Removes what is too old from the manifest, then from the log, then from the store. */
    void expire(BucketLog log, LogChecker checker, long inLake) {
        long needed = random.nextInt(4) == 0 ? start() + random.nextInt(50) : Long.MAX_VALUE;
        long keepFrom = Math.min(needed, inLake);
        show(log);
        long kept = log.remoteExpiry(keepFrom);
        List<RemoteSegment> gone =
                noted.stream().filter(segment -> segment.endOffset() <= kept).toList();
        assertThat(gone).as("segments from keepFrom on stay").allMatch(segment -> segment.endOffset() <= keepFrom);
        if (!gone.isEmpty()) {
            checker.expired(kept);
        }
        noted = noted.stream().filter(segment -> segment.endOffset() > kept).toList();
        show(log);
        gone.forEach(segment -> objects.delete(segment.object()));
    }

    void restore(FileStore files, Path directory) throws IOException {
        BucketLog.restore(files, directory, noted, end(), objects);
    }
}
