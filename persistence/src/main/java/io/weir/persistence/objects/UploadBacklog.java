package io.weir.persistence.objects;

import java.util.concurrent.atomic.LongAdder;

/**
 * Sealed segments that are not on the object store yet, of all buckets that lead on this node together. Each bucket says its part
 * whenever that changes, so that nobody has to ask them all. Thread-safe.
 */
public final class UploadBacklog {
    private final LongAdder segments = new LongAdder();
    private final LongAdder bytes = new LongAdder();

    /** What one bucket has waiting; nothing at first. */
    public final class Part implements AutoCloseable {
        private long mySegments;
        private long myBytes;
        private boolean closed;

        private Part() {}

        /** Replaces what this part said before; has no effect once it is closed. */
        public synchronized void set(long waitingSegments, long waitingBytes) {
            if (!closed) {
                segments.add(waitingSegments - mySegments);
                bytes.add(waitingBytes - myBytes);
                mySegments = waitingSegments;
                myBytes = waitingBytes;
            }
        }

        /** The bucket does not lead here any more. May be called more than once. */
        @Override
        public synchronized void close() {
            set(0, 0);
            closed = true;
        }
    }

    public Part open() {
        return new Part();
    }

    public long segments() {
        return segments.sum();
    }

    public long bytes() {
        return bytes.sum();
    }
}
