package io.weir.actors.tiering;

import java.util.Arrays;

/**
 * What to do with the rows of a part of a changelog, offset by offset: each key that changed is named once, at its last change. Read once,
 * in the order of offsets.
 */
final class LastChanges {
    private static final int WRITES = 1;
    private static final int DELETES = 2;
    private static final int BITS = 2;

    private final long[] actions;
    private int next;

    /** @param actions ascending */
    LastChanges(long[] actions) {
        this.actions = actions;
    }

    /**
     * @param writes whether the row is to be there
     * @param deletes whether what the lake has of the key has to go
     */
    static long action(long offset, boolean writes, boolean deletes) {
        return offset << BITS | (writes ? WRITES : 0) | (deletes ? DELETES : 0);
    }

    boolean isEmpty() {
        return next == actions.length;
    }

    /** Offset of the next one. */
    long offset() {
        return actions[next] >> BITS;
    }

    boolean writes() {
        return (actions[next] & WRITES) != 0;
    }

    boolean deletes() {
        return (actions[next] & DELETES) != 0;
    }

    void advance() {
        next++;
    }

    /** Offset of the first one at or behind an offset; -1 for none. */
    long offsetFrom(long offset) {
        int found = Arrays.binarySearch(actions, next, actions.length, offset << BITS);
        int first = found < 0 ? -found - 1 : found;
        return first == actions.length ? -1 : actions[first] >> BITS;
    }
}
