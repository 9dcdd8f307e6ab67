package io.weir.persistence.log;

import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The {@code state} file of a log: four slots of which the one with the highest generation counts, but for the start offset, which
 * is the highest in any slot. Slots 0 and 1 are written in turn after each commit, 2 and 3 in turn when the start moves. Little-endian,
 * the slots at 0, 512, 1024 and 1536, each:
 *
 * <pre>
 *  0  u32  magic "WSTA"                 32  i64  base offset of the segment that held the last durable row
 *  4  u32  version (1)                  40  i64  position past that row's batch
 *  8  i64  generation                   48  i32  highest leader epoch so far
 * 16  i64  start offset on this disk    52  u32  CRC-32C of bytes 0..52
 * 24  i64  durable end offset
 * </pre>
 *
 * After each commit the durable end is noted without a sync. So it may be behind, and it is never ahead: rows before it are known
 * to have been acknowledged, which tells damage from a torn tail, and recovery need not verify them again. The start offset is that of this
 * disk alone: what the log holds below it on the object store, the manifest knows. It is
 * synced before segments are deleted, and its last durable slot is never overwritten before the other one is durable. Slots are overwritten in place, which needs no space on a full disk.
 */
final class LogState implements AutoCloseable {
    static final String NAME = "state";
    static final int SLOT_DISTANCE = 512;
    static final int FILE_BYTES = 4 * SLOT_DISTANCE;

    private static final Logger LOG = LoggerFactory.getLogger(LogState.class);
    private static final int MAGIC = 0x41545357; // "WSTA" read little-endian
    private static final int VERSION = 1;
    private static final int SLOT_BYTES = 56;
    private static final int CRC_AT = 52;

    /** What is noted. {@link #UNKNOWN} where nothing is. */
    record Note(long startOffset, long durableEnd, long segment, long position, int leaderEpoch) {
        static final Note UNKNOWN = new Note(0, 0, -1, 0, 0);

        Note withStart(long newStart) {
            return new Note(newStart, Math.max(newStart, durableEnd), segment, position, leaderEpoch);
        }
    }

    private final FileStore files;
    private final Path path;
    private final ByteBuffer slot = ByteBuffer.allocate(SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private @Nullable StoredFile file;
    private Note note = Note.UNKNOWN;
    private long generation;
    private long startGeneration;
    private int startSlot = 2;
    private boolean warned;

    private LogState(FileStore files, Path path) {
        this.files = files;
        this.path = path;
    }

    static LogState open(FileStore files, Path directory) throws IOException {
        LogState state = new LogState(files, directory.resolve(NAME));
        try (StoredFile in = files.openForRead(state.path)) {
            state.load(in);
        } catch (NoSuchFileException e) {
            LOG.debug("no state file yet path={}", state.path);
        }
        return state;
    }

    private void load(StoredFile in) throws IOException {
        long start = 0;
        for (int i = 0; i < FILE_BYTES / SLOT_DISTANCE; i++) {
            slot.clear();
            boolean right = in.read(slot, (long) i * SLOT_DISTANCE) == SLOT_BYTES
                    && slot.getInt(0) == MAGIC
                    && slot.getInt(4) == VERSION
                    && slot.getInt(CRC_AT) == SegmentIndexFile.crc(slot, 0, CRC_AT);
            if (right) {
                loadSlot(i);
                start = Math.max(start, slot.getLong(16));
            }
        }
        note = note.withStart(start);
    }

    private void loadSlot(int i) {
        long found = slot.getLong(8);
        if (i >= 2 && found > startGeneration) {
            startGeneration = found;
            startSlot = i == 2 ? 3 : 2;
        }
        if (found > generation) {
            generation = found;
            note = new Note(slot.getLong(16), slot.getLong(24), slot.getLong(32), slot.getLong(40), slot.getInt(48));
        }
    }

    Note note() {
        return note;
    }

    /** Where nothing was ever noted, the log starts where its first segment does. */
    void assumeStart(long startOffset) {
        if (generation == 0) {
            note = note.withStart(startOffset);
        }
    }

    /** Notes what is durable, soon or never on disk itself; a failure is only logged, since nothing depends on it. */
    void remember(long durableEnd, long segment, long position, int leaderEpoch) {
        try {
            int next = (int) ((generation + 1) & 1);
            write(next, new Note(note.startOffset(), durableEnd, segment, position, leaderEpoch));
            warned = false;
        } catch (IOException e) {
            if (!warned) {
                LOG.warn("cannot note the durable end path={} durableEnd={} cause={}", path, durableEnd, e.toString());
            }
            warned = true;
        }
    }

    /** Makes a new start offset durable. */
    void moveStart(long startOffset) throws IOException {
        write(startSlot, note.withStart(startOffset)).sync();
        startSlot = startSlot == 2 ? 3 : 2;
    }

    private StoredFile write(int at, Note next) throws IOException {
        StoredFile out = file == null ? openFile() : file;
        file = out;
        long nextGeneration = generation + 1;
        slot.clear();
        slot.putInt(MAGIC).putInt(VERSION).putLong(nextGeneration);
        slot.putLong(next.startOffset()).putLong(next.durableEnd()).putLong(next.segment());
        slot.putLong(next.position()).putInt(next.leaderEpoch());
        slot.putInt(SegmentIndexFile.crc(slot, 0, CRC_AT));
        out.write(List.of(slot.flip()), (long) at * SLOT_DISTANCE);
        generation = nextGeneration;
        note = next;
        return out;
    }

    private StoredFile openFile() throws IOException {
        try {
            return files.openForWrite(path);
        } catch (NoSuchFileException e) {
            StoredFile created = files.create(path);
            try {
                created.write(List.of(ByteBuffer.allocate(FILE_BYTES)), 0);
                files.syncDirectory(SegmentFiles.parent(path));
            } catch (IOException failed) {
                created.close();
                throw failed;
            }
            return created;
        }
    }

    /** Syncs, so that a log that was closed in order is known to be whole. */
    @Override
    public void close() throws IOException {
        if (file != null) {
            try {
                file.sync();
            } finally {
                file.close();
                file = null;
            }
        }
    }
}
