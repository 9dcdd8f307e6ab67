package io.weir.persistence.kv;

import io.weir.persistence.file.FileStore;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Up to which log offset a bucket's KV state is on the disk for certain, and at which boot of the machine it was written last; a small
 * file {@code kv.durable} in the bucket's directory. LevelDB is not synced at each write, so after a power loss any part of what came
 * after that offset may be missing; the changelog from there on holds whole rows, and applying it again gives the right state whatever
 * part had arrived. After the end of the process alone nothing is missing.
 */
public final class DurableOffset {
    private DurableOffset() {}

    /**
     * @param bootId names this boot of the machine; where unknown, something new at each start
     */
    public static DurableOffset open(FileStore files, Path directory, String bootId) throws IOException {
        throw new UnsupportedOperationException("spine: " + files + directory + bootId);
    }

    /**
     * Where the replay of the log has to begin.
     *
     * @param appliedOffset what the store says itself
     */
    public long replayFrom(long appliedOffset) {
        throw new UnsupportedOperationException("spine: " + appliedOffset);
    }

    /** Everything before this offset is in the store for certain; below it the log may go. */
    public long get() {
        throw new UnsupportedOperationException("spine");
    }

    /** Has to be called, and durable, before the first write to the store in this boot. */
    public void begin() throws IOException {
        throw new UnsupportedOperationException("spine");
    }

    /** The store was synced when all before {@code offset} was applied. */
    public void advance(long offset) throws IOException {
        throw new UnsupportedOperationException("spine: " + offset);
    }
}
