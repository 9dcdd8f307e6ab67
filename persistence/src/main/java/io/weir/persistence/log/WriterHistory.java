package io.weir.persistence.log;

import io.weir.codec.batch.WriterEntry;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;

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

    /** In the order of their last request, longest idle first; only requests count, so that a rebuilt history has the same order. */
    private final Map<String, WriterMemory> writers = new LinkedHashMap<>();

    public Verdict check(String writerId, long sequence) {
        WriterMemory memory = writers.get(writerId);
        return memory == null ? New.INSTANCE : memory.check(sequence);
    }

    /** Notes an entry of a batch that is in the log. */
    public void applied(WriterEntry entry, long batchBaseOffset) {
        long nextOffset = batchBaseOffset + entry.endRow();
        remember(entry.writerId(), entry.sequence(), nextOffset - entry.rows(), nextOffset);
    }

    void remember(String writerId, long sequence, long baseOffset, long nextOffset) {
        WriterMemory memory = writers.remove(writerId);
        if (memory == null) {
            memory = new WriterMemory();
        }
        memory.add(sequence, baseOffset, nextOffset);
        writers.put(writerId, memory);
        if (writers.size() > WRITERS_MAX) {
            Iterator<String> longestIdle = writers.keySet().iterator();
            longestIdle.next();
            longestIdle.remove();
        }
    }

    /** Writers remembered. */
    public int size() {
        return writers.size();
    }

    /** Longest idle first. */
    void forEach(BiConsumer<String, WriterMemory> action) {
        writers.forEach(action);
    }
}
