package io.weir.persistence.log;

import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes an empty log that goes on where the segments on the object store end. The writers' memory is that of the newest object which holds
 * a right one, and of the batch heads of the objects behind it.
 */
final class LogRestore {
    private static final Logger LOG = LoggerFactory.getLogger(LogRestore.class);
    private static final int INDEX_INTERVAL_BYTES = 64 << 10;

    private final List<RemoteSegment> remote;
    private final long end;
    private final RemoteFiles remoteFiles;

    /**
     * @param remote in order, without holes; may be empty
     * @param end where they end; where there are none, where they ended
     */
    LogRestore(List<RemoteSegment> remote, long end, RemoteFiles remoteFiles) {
        if (!remote.isEmpty() && remote.get(remote.size() - 1).endOffset() != end) {
            throw new IllegalArgumentException("the remote segments end at %d, not at %d"
                    .formatted(remote.get(remote.size() - 1).endOffset(), end));
        }
        this.remote = remote;
        this.end = end;
        this.remoteFiles = remoteFiles;
    }

    /** Durable when it returns. What a failure leaves is no log, and is to be deleted. */
    void into(FileStore files, Path directory) throws IOException {
        WritersFile writers = writersAtEnd();
        files.createDirectories(directory);
        try (LogState state = LogState.open(files, directory)) {
            state.remember(end, end, 0, writers.leaderEpoch());
            state.moveStart(end);
        }
        try (StoredFile log = files.create(directory.resolve(SegmentFiles.name(end, SegmentFiles.LOG)))) {
            log.sync();
        }
        // Syncs the directory, too.
        SegmentFiles.replace(files, WritersFiles.path(directory, end), writers.encode());
        LOG.info("log restored directory={} endOffset={} segments={}", directory, end, remote.size());
    }

    private WritersFile writersAtEnd() throws IOException {
        int next = remote.size();
        WritersFile found = null;
        while (next > 0 && found == null) {
            found = source(next - 1).readWriters();
            next -= found == null ? 1 : 0;
        }
        WriterHistory writers = found == null ? new WriterHistory() : found.writers();
        long timestampMs = found == null ? Long.MIN_VALUE : found.lastTimestampMs();
        int epoch = found == null ? 0 : found.leaderEpoch();
        for (RemoteSegment segment : remote.subList(next, remote.size())) {
            replay(segment, writers);
        }
        for (RemoteSegment segment : remote) {
            timestampMs = Math.max(timestampMs, segment.lastTimestampMs());
            epoch = Math.max(epoch, segment.leaderEpoch());
        }
        return new WritersFile(end, timestampMs, epoch, writers);
    }

    private SegmentSource.Remote source(int i) {
        return new SegmentSource.Remote(remote.get(i), remoteFiles);
    }

    private void replay(RemoteSegment segment, WriterHistory writers) throws IOException {
        SegmentSource.Remote source = new SegmentSource.Remote(segment, remoteFiles);
        LOG.info("writers are read from the segment's heads segment={}", source);
        try (StoredFile log = source.open()) {
            new SegmentScan(segment.baseOffset(), log, source.windowBytes(), INDEX_INTERVAL_BYTES, writers)
                    .sealedHeads(segment.endOffset(), segment.logBytes());
        }
    }
}
