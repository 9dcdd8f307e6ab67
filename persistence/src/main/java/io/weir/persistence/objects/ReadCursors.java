package io.weir.persistence.objects;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells who reads an open file on and on from who reads here and there, where several readers share the file. A read that goes on where
 * an earlier one ended belongs to the same cursor. A cursor is read ahead for once it has read on twice, and more than twice as far as
 * the one did that stopped before it: who reads the same columns of batch after batch reads runs of about one length, and stops.
 * It is read ahead for as far as it has come, so what is fetched in vain is at most what was read. Not thread-safe.
 */
final class ReadCursors {
    /** As many readers are told apart; the one that was idle longest is forgotten. */
    static final int CURSORS_MAX = 8;

    private static final int READS_MIN = 3;
    private static final long RUN_BYTES_MIN = 16 << 10;
    private static final long GAP_BYTES_MAX = 64 << 10;

    private final long formerMax;
    private final List<Cursor> cursors = new ArrayList<>();

    /** @param windowMax most that is read ahead */
    ReadCursors(long windowMax) {
        this.formerMax = windowMax;
    }

    /** A reader. Positions are those of the object. */
    static final class Cursor {
        private final long start;
        /** How far the run came that ended before this one began. */
        private final long former;

        private long last;
        private long next;
        private int reads;
        /** What comes before this was asked for. */
        private long aheadEnd;

        private Cursor(long start, long end, long former) {
            this.start = start;
            this.last = start;
            this.next = end;
            this.former = former;
            this.reads = 1;
        }

        /** How far it is worth reading ahead, bytes past the end of the last read; 0 for not at all. */
        long window() {
            boolean goesOn = reads >= READS_MIN && run() >= Math.max(RUN_BYTES_MIN, 2 * former);
            return goesOn ? run() : 0;
        }

        private long run() {
            return next - start;
        }

        long aheadEnd() {
            return aheadEnd;
        }

        void askedUntil(long end) {
            aheadEnd = Math.max(aheadEnd, end);
        }

        private boolean goesOnAt(long position) {
            // A few bytes left out do not make it another: they lie in blocks that are fetched anyway, or hardly count.
            long gap = Math.max(ObjectFiles.BLOCK_BYTES - 1, Math.min(GAP_BYTES_MAX, run() >> 4));
            return last <= position && position <= next + gap;
        }
    }

    /** Notes a read of these bytes. @return whose it is */
    Cursor read(long position, long end) {
        Cursor found = null;
        Cursor before = null;
        for (Cursor cursor : cursors) {
            if (cursor.goesOnAt(position) && (found == null || cursor.next > found.next)) {
                found = cursor;
            }
            if (cursor.next <= position && (before == null || cursor.next > before.next)) {
                before = cursor;
            }
        }
        Cursor reader = found == null ? new Cursor(position, end, formerRun(before)) : found;
        if (found != null) {
            cursors.remove(found);
            if (end > found.next) {
                found.last = position;
                found.next = end;
                found.reads++;
            }
        } else if (cursors.size() == CURSORS_MAX) {
            cursors.remove(0);
        }
        cursors.add(reader);
        return reader;
    }

    private long formerRun(@Nullable Cursor before) {
        return before == null ? 0 : Math.min(formerMax, Math.max(before.run(), before.former - before.former / 8));
    }
}
