package io.weir.actors.bucket;

import io.weir.actors.catalog.TableProperties;

/**
 * How far the lake has the rows of a bucket, as its manifest says, and so what retention has to leave of its log. Thread-safe.
 */
final class LakeGuard {
    private volatile long offset;
    private volatile long heldBackBytes;

    /** @param offset first one that is not in the lake */
    LakeGuard(long offset) {
        this.offset = offset;
    }

    long offset() {
        return offset;
    }

    /** Does nothing where it is no higher: answers may come out of order. */
    synchronized void raise(long newOffset) {
        offset = Math.max(offset, newOffset);
    }

    /** Segments that hold this offset or later ones stay, whatever their age; all may go where the table does not go to the lake. */
    long keepFrom(TableProperties properties) {
        return properties.lake().enabled() ? offset : Long.MAX_VALUE;
    }

    /** What would be gone for its age or for its size if it were in the lake, as of the last tick. */
    long heldBackBytes() {
        return heldBackBytes;
    }

    void heldBackBytes(long bytes) {
        heldBackBytes = bytes;
    }
}
