package io.weir.persistence.log;

import io.weir.codec.batch.WriterEntry;

/**
 * The last {@value #SEQUENCES_PER_WRITER} sequences of each idempotent writer of a bucket, and the offsets they got. Rebuilt from the
 * batches of the log (and the {@code .writers} file at the segment's start), so it survives restarts and moves. Bounded: past
 * {@value #WRITERS_MAX} writers the one idle longest is forgotten. Not thread-safe; the appender owns it.
 */
public final class WriterHistory {
    public static final int SEQUENCES_PER_WRITER = 256;
    public static final int WRITERS_MAX = 4096;

    /** What is known of a writer's sequence. */
    public sealed interface Verdict {}

    /** Not applied as far as is remembered, and not too old to tell. */
    public enum New implements Verdict {
        INSTANCE
    }

    /** Applied: its rows are {@code [baseOffset, nextOffset)}. */
    public record Applied(long baseOffset, long nextOffset) implements Verdict {}

    /** Older than everything remembered of a writer whose memory is full. */
    public record TooOld(long oldestRemembered) implements Verdict {}

    public Verdict check(String writerId, long sequence) {
        throw new UnsupportedOperationException("spine: " + writerId + sequence);
    }

    /** Notes an entry of a batch that is in the log. */
    public void applied(WriterEntry entry, long batchBaseOffset) {
        throw new UnsupportedOperationException("spine: " + entry + batchBaseOffset);
    }
}
