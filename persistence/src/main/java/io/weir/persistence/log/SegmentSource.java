package io.weir.persistence.log;

import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where the bytes of a segment and its sparse index are. Any thread. */
sealed interface SegmentSource {
    /** @throws java.nio.file.NoSuchFileException when deleted meanwhile */
    StoredFile open() throws IOException;

    /**
     * The index beside the segment.
     *
     * @return null where it is missing or wrong, and has to be rebuilt from the segment
     * @throws IOException where that cannot be told now
     */
    @Nullable
    SparseIndex readIndex(long baseOffset, int intervalBytes) throws IOException;

    /** How much is read at once by who walks from head to head. */
    int windowBytes();

    /** All readers use one open file: descriptors are scarce. Else each has its own, so that its way of reading can be told. */
    boolean isShared();

    /** Files of this disk. */
    record OnDisk(FileStore files, Path path) implements SegmentSource {
        private static final Logger LOG = LoggerFactory.getLogger(OnDisk.class);
        private static final int WINDOW_BYTES = 64 << 10;

        @Override
        public StoredFile open() throws IOException {
            return files.openForRead(path);
        }

        @Override
        public @Nullable SparseIndex readIndex(long baseOffset, int intervalBytes) {
            Path file = path.resolveSibling(SegmentFiles.name(baseOffset, SegmentFiles.INDEX));
            try (StoredFile in = files.openForRead(file)) {
                return SegmentIndexFile.readEntries(in, baseOffset, intervalBytes);
            } catch (IOException e) {
                LOG.warn("index not read path={} cause={}", file, e.toString());
                return null;
            }
        }

        @Override
        public int windowBytes() {
            return WINDOW_BYTES;
        }

        @Override
        public boolean isShared() {
            return true;
        }

        @Override
        public String toString() {
            return path.toString();
        }
    }

    /** Parts of one object, as {@link RemoteSegment} lays them out. */
    record Remote(RemoteSegment segment, RemoteFiles files) implements SegmentSource {
        /** What lies before the rows of a batch seldom is more; the rows are read as far as they are wanted. */
        private static final int WINDOW_BYTES = 4 << 10;

        @Override
        public StoredFile open() throws IOException {
            return files.open(segment.object(), 0, segment.logBytes());
        }

        @Override
        public @Nullable SparseIndex readIndex(long baseOffset, int intervalBytes) throws IOException {
            try (StoredFile in = files.open(segment.object(), segment.logBytes(), segment.indexBytes())) {
                return SegmentIndexFile.readEntries(in, baseOffset, intervalBytes);
            }
        }

        /** @return null where there is none, or a wrong one */
        @Nullable
        WritersFile readWriters() throws IOException {
            if (segment.writersBytes() == 0) {
                return null;
            }
            long start = segment.logBytes() + segment.indexBytes();
            try (StoredFile in = files.open(segment.object(), start, segment.writersBytes())) {
                return WritersFile.read(in, segment.endOffset());
            }
        }

        @Override
        public int windowBytes() {
            return WINDOW_BYTES;
        }

        @Override
        public boolean isShared() {
            return false;
        }

        @Override
        public String toString() {
            return segment.object().name().value();
        }
    }
}
