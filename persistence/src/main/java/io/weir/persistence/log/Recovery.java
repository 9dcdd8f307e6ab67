package io.weir.persistence.log;

import io.weir.codec.batch.BatchHeader;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a log of what a directory holds. In this order: leftovers of interrupted file replacements are deleted; sealed segments are
 * taken by their index, or read where it is missing or wrong; the last segment is read from the durable end that was noted; its
 * torn tail is cut; what may not be durable yet is written again and synced, because after a failed sync the page cache can show
 * bytes that will never reach the disk.
 */
final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
    private static final int COPY_BYTES = 1 << 20;

    /**
     * @param segments in order of offset, the last of them still written to if {@code tail} is given
     * @param tail the last segment's file; null where appends must go on in a new segment
     * @param lostAtStart rows below the first segment that should be here, or null
     * @param writersBase base offset of the newest right {@code .writers} file, -1 where there is none
     * @param writersFiles base offsets of all {@code .writers} files
     */
    record Recovered(
            List<Segment> segments,
            @Nullable StoredFile tail,
            long startOffset,
            long endOffset,
            @Nullable Gap lostAtStart,
            WriterHistory writers,
            long writersBase,
            List<Long> writersFiles,
            long lastTimestampMs,
            int leaderEpoch) {}

    private final FileStore files;
    private final Path directory;
    private final int indexIntervalBytes;
    private final LogState state;
    private final List<Segment> segments = new ArrayList<>();
    private List<Long> writersFiles = List.of();
    private WritersFile before = new WritersFile(-1, Long.MIN_VALUE, 0, new WriterHistory());

    Recovery(FileStore files, Path directory, int indexIntervalBytes, LogState state) {
        this.files = files;
        this.directory = directory;
        this.indexIntervalBytes = indexIntervalBytes;
        this.state = state;
    }

    Recovered run() throws IOException {
        List<String> names = files.list(directory);
        List<Long> bases = names.stream()
                .map(name -> SegmentFiles.baseOffset(name, SegmentFiles.LOG))
                .filter(base -> base >= 0)
                .toList();
        if (!bases.isEmpty()) {
            state.assumeStart(bases.get(0));
        }
        List<Long> kept = withoutDeleted(bases);
        deleteLeftovers(names, kept);
        for (int i = 0; i + 1 < kept.size(); i++) {
            segments.add(openSealed(kept.get(i), kept.get(i + 1)));
        }
        files.syncDirectory(directory);
        StoredFile tail = null;
        if (!kept.isEmpty()) {
            loadWriters();
            tail = openActive(kept.get(kept.size() - 1));
        }
        return recovered(tail);
    }

    private Recovered recovered(@Nullable StoredFile tail) {
        LogState.Note note = state.note();
        long first = segments.isEmpty()
                ? Math.max(note.startOffset(), note.durableEnd())
                : segments.get(0).baseOffset();
        long start = Math.min(note.startOffset(), first);
        Gap lost = start < first ? new Gap(0, 0, start, first) : null;
        long end = first;
        long timestamp = before.lastTimestampMs();
        int epoch = Math.max(before.leaderEpoch(), note.leaderEpoch());
        for (Segment segment : segments) {
            end = segment.extent().endOffset();
            timestamp = Math.max(timestamp, segment.extent().lastTimestampMs());
            epoch = Math.max(epoch, segment.extent().leaderEpoch());
        }
        if (lost != null) {
            LOG.error("segments are missing directory={} fromOffset={} toOffset={}", directory, start, first);
        }
        return new Recovered(
                List.copyOf(segments),
                tail,
                start,
                end,
                lost,
                before.writers(),
                before.baseOffset(),
                writersFiles,
                timestamp,
                epoch);
    }

    /** Segments that retention gave up, but did not get to delete, stay unseen. */
    private List<Long> withoutDeleted(List<Long> bases) throws IOException {
        long start = state.note().startOffset();
        int first = 0;
        while (first + 1 < bases.size() && bases.get(first + 1) <= start) {
            first++;
        }
        if (first > 0) {
            state.moveStart(start);
        }
        return bases.subList(first, bases.size());
    }

    private void deleteLeftovers(List<String> names, List<Long> kept) throws IOException {
        for (String name : names) {
            boolean leftover = SegmentFiles.isTemporary(name);
            for (String suffix : List.of(SegmentFiles.LOG, SegmentFiles.INDEX, SegmentFiles.WRITERS)) {
                long base = SegmentFiles.baseOffset(name, suffix);
                leftover |= base >= 0 && !kept.contains(base);
            }
            if (leftover) {
                LOG.info("leftover deleted directory={} file={}", directory, name);
                files.delete(directory.resolve(name));
            }
        }
    }

    private Path path(long base, String suffix) {
        return directory.resolve(SegmentFiles.name(base, suffix));
    }

    private Segment openSealed(long base, long endOffset) throws IOException {
        Path path = path(base, SegmentFiles.LOG);
        try (StoredFile file = files.openForRead(path)) {
            SegmentExtent extent = extentFromIndex(base, endOffset, file);
            if (extent != null) {
                return new Segment(onDisk(path), base, indexIntervalBytes, extent, null);
            }
            LOG.warn("segment is read again, its index is missing or wrong segment={}", path);
            SegmentScan.Result result =
                    new SegmentScan(base, file, indexIntervalBytes, new WriterHistory()).sealed(endOffset);
            SegmentExtent whole = result.extent().endingAt(endOffset);
            Segment segment = new Segment(onDisk(path), base, indexIntervalBytes, whole, result.index());
            result.gaps().forEach(segment::add);
            writeIndex(files, directory, segment);
            return segment;
        }
    }

    private SegmentSource onDisk(Path path) {
        return new SegmentSource.OnDisk(files, path);
    }

    /** Writes the {@code .index} file of a segment that will not grow any more. Not for a damaged one: it is to be read again. */
    static void writeIndex(FileStore files, Path directory, Segment segment) {
        ByteBuffer index = segment.wholeIndex();
        if (index == null) {
            return;
        }
        Path file = directory.resolve(SegmentFiles.name(segment.baseOffset(), SegmentFiles.INDEX));
        try {
            SegmentFiles.replace(files, file, index);
        } catch (IOException e) {
            LOG.warn("index not written, it will be rebuilt path={} cause={}", file, e.toString());
        }
    }

    /** Cheap checks only: lengths, checksum of the index's head, and that the segment begins with its first batch. */
    private @Nullable SegmentExtent extentFromIndex(long base, long endOffset, StoredFile file) throws IOException {
        try (StoredFile in = files.openForRead(path(base, SegmentFiles.INDEX))) {
            SegmentIndexFile head = SegmentIndexFile.readHead(in);
            boolean fits = head != null
                    && head.baseOffset() == base
                    && head.endOffset() == endOffset
                    && head.endPosition() <= file.size()
                    && new FileWindow(file, head.endPosition(), BatchHeader.SIZE).head(0, base) != null;
            return fits && head != null ? head.extent() : null;
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** From the newest {@code .writers} file that is right, and the sealed segments from there on. */
    private void loadWriters() throws IOException {
        writersFiles = files.list(directory).stream()
                .map(name -> SegmentFiles.baseOffset(name, SegmentFiles.WRITERS))
                .filter(base -> base >= 0)
                .toList();
        for (int i = writersFiles.size() - 1; i >= 0; i--) {
            WritersFile found = readWriters(writersFiles.get(i));
            if (found != null) {
                before = found;
                break;
            }
        }
        for (Segment segment : segments) {
            if (segment.baseOffset() >= before.baseOffset()) {
                replayWriters(segment);
            }
        }
    }

    private @Nullable WritersFile readWriters(long base) throws IOException {
        try (StoredFile in = files.openForRead(path(base, SegmentFiles.WRITERS))) {
            WritersFile decoded = WritersFile.read(in, base);
            if (decoded == null) {
                LOG.warn("writers file is wrong, segments are read instead path={}", path(base, SegmentFiles.WRITERS));
            }
            return decoded;
        }
    }

    private void replayWriters(Segment segment) throws IOException {
        try (StoredFile file = files.openForRead(path(segment.baseOffset(), SegmentFiles.LOG))) {
            SegmentExtent extent = segment.extent();
            new SegmentScan(segment.baseOffset(), file, indexIntervalBytes, before.writers())
                    .sealedHeads(extent.endOffset(), extent.endPosition());
        }
    }

    /** @return the file to append to, or null where it must be left alone */
    private @Nullable StoredFile openActive(long base) throws IOException {
        Path path = path(base, SegmentFiles.LOG);
        StoredFile file = files.openForWrite(path);
        boolean usable = false;
        try {
            SegmentScan.Result result = scanActive(base, file);
            usable = result.gaps().isEmpty();
            if (usable) {
                settle(path, file, result);
            }
            Segment segment = usable
                    ? Segment.active(onDisk(path), base, indexIntervalBytes, result.extent(), result.index(), file)
                    : new Segment(onDisk(path), base, indexIntervalBytes, result.extent(), result.index());
            result.gaps().forEach(segment::add);
            segments.add(segment);
            return usable ? file : null;
        } catch (IOException | RuntimeException e) {
            usable = false;
            throw e;
        } finally {
            if (!usable) {
                file.close();
            }
        }
    }

    private SegmentScan.Result scanActive(long base, StoredFile file) throws IOException {
        LogState.Note note = state.note();
        if (note.segment() == base && note.position() <= file.size()) {
            SegmentScan trusting = new SegmentScan(base, file, indexIntervalBytes, before.writers());
            if (trusting.trustUntil(note.position(), note.durableEnd())) {
                return trusting.active(note.durableEnd());
            }
            LOG.warn("the noted end was not met, the segment is verified from its start base={} {}", base, note);
            before = new WritersFile(-1, Long.MIN_VALUE, 0, new WriterHistory());
            loadWriters();
        }
        return new SegmentScan(base, file, indexIntervalBytes, before.writers()).active(note.durableEnd());
    }

    /** Cuts the tail, and makes durable what is kept. */
    private void settle(Path path, StoredFile file, SegmentScan.Result result) throws IOException {
        SegmentExtent extent = result.extent();
        boolean torn = extent.endPosition() < result.fileBytes();
        if (torn) {
            LOG.warn(
                    "torn tail cut segment={} fileBytes={} keptBytes={} endOffset={}",
                    path,
                    result.fileBytes(),
                    extent.endPosition(),
                    extent.endOffset());
            file.truncate(extent.endPosition());
        }
        boolean unproven = !isProven(extent, segmentBase(path));
        if (unproven) {
            rewrite(file, result.groupPosition(), extent.endPosition());
        }
        if (torn || unproven) {
            file.sync();
        }
        state.remember(extent.endOffset(), segmentBase(path), extent.endPosition(), extent.leaderEpoch());
    }

    /** By what was noted after a sync. Batches of no rows do not move the offset, hence the position too. */
    private boolean isProven(SegmentExtent extent, long base) {
        LogState.Note note = state.note();
        boolean position = extent.isEmpty() || (note.segment() == base && extent.endPosition() <= note.position());
        return position && extent.endOffset() <= note.durableEnd();
    }

    private static long segmentBase(Path path) {
        return SegmentFiles.baseOffset(String.valueOf(path.getFileName()), SegmentFiles.LOG);
    }

    private static void rewrite(StoredFile file, long from, long to) throws IOException {
        long position = from;
        while (position < to) {
            ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(COPY_BYTES, to - position));
            int n = file.read(chunk, position);
            if (n != chunk.capacity()) {
                throw new IOException("the segment became shorter while it was recovered, position=" + position);
            }
            file.write(List.of(chunk.flip()), position);
            position += n;
        }
    }
}
