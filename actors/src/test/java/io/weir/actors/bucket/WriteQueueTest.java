package io.weir.actors.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.batch.Compression;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.StoredBatch;
import io.weir.codec.batch.WriterEntry;
import io.weir.persistence.log.WriterHistory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.arrow.memory.RootAllocator;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

class WriteQueueTest {
    private static final BucketSettings SETTINGS = new BucketSettings(
            1 << 26,
            1 << 24,
            64 << 10,
            4096,
            10,
            10,
            1000,
            Duration.ofMinutes(1),
            Duration.ofMillis(1),
            Duration.ofSeconds(1));

    private final TestInbox<Bucket.AppendReply> inbox = TestInbox.create();

    private WriteQueue.Request append(long sequence, EncodedRows... rows) {
        return WriteQueue.Request.of(new Bucket.Append(
                List.of(rows), sequence < 0 ? null : new Bucket.WriterSequence("w", sequence), inbox.getRef()));
    }

    @Test
    void bytesAreBoundedUntilRequestsAreFinished() {
        EncodedRows rows = TestRows.range(0, 10);
        long cost = rows.sizeInBytes() + WriteQueue.REQUEST_OVERHEAD_BYTES;
        WriteQueue queue = new WriteQueue(2 * cost);
        assertThat(queue.offer(append(-1, rows))).isTrue();
        assertThat(queue.offer(append(-1, rows))).isTrue();
        assertThat(queue.offer(append(-1, rows))).isFalse();
        List<WriteQueue.Request> group = queue.takeGroup(1);
        assertThat(group).hasSize(1);
        assertThat(queue.offer(append(-1, rows))).isFalse();
        queue.finished(group);
        assertThat(queue.offer(append(-1, rows))).isTrue();
        assertThat(queue.bytes()).isEqualTo(2 * cost);
    }

    @Test
    void repeatedSequenceSharesTheOutcome() {
        WriteQueue queue = new WriteQueue(1 << 20);
        queue.offer(append(5, TestRows.range(0, 1)));
        List<WriteQueue.Request> group = queue.takeGroup(1 << 20);
        assertThat(queue.offer(append(5, TestRows.range(0, 1)))).isTrue();
        assertThat(queue.isEmpty()).isTrue();
        queue.finished(group);
        group.get(0).answer(new Bucket.Appended(0, 1));
        assertThat(inbox.getAllReceived()).hasSize(2);
    }

    /** Whatever is merged or not: rows keep their order, answers say where they are, entries say the same as the answers. */
    @Property(tries = 60)
    void planKeepsRowsInOrderAndAnswersWhereTheyAre(
            @ForAll @Size(min = 1, max = 12) List<@IntRange(min = 1, max = 4000) Integer> sizes) {
        WriteQueue queue = new WriteQueue(1 << 30);
        long next = 0;
        for (int i = 0; i < sizes.size(); i++) {
            int half = sizes.get(i) / 2;
            List<EncodedRows> parts = new ArrayList<>();
            if (half > 0) {
                parts.add(TestRows.range(next, half));
            }
            parts.add(TestRows.range(next + half, sizes.get(i) - half));
            next += sizes.get(i);
            queue.offer(append(i, parts.toArray(EncodedRows[]::new)));
        }
        List<WriteQueue.Request> group = queue.takeGroup(1 << 30);
        try (RootAllocator allocator = new RootAllocator()) {
            CommitPlan plan = CommitPlan.of(
                    group, new WriterHistory(), TestRows.table(1, Map.of()), Compression.ZSTD, SETTINGS, allocator);
            List<Long> stored = new ArrayList<>();
            List<Bucket.AppendReply> fromEntries = new ArrayList<>();
            for (StoredBatch batch : plan.batches()) {
                long base = 100 + stored.size();
                stored.addAll(TestRows.ids(TestRows.COLUMNS, batch.rows()));
                for (WriterEntry entry : batch.writers()) {
                    long end = base + entry.endRow();
                    fromEntries.add(new Bucket.Appended(end - entry.rows(), end));
                }
            }
            assertThat(stored)
                    .isEqualTo(
                            java.util.stream.LongStream.range(0, next).boxed().toList());
            assertThat(plan.replies(100)).isEqualTo(fromEntries).hasSize(sizes.size());
            assertThat(plan.batches().get(plan.batches().size() - 1).header().continues())
                    .isFalse();
        }
    }

    @Test
    void whatTheLogHoldsIsAnsweredAndNotWritten() {
        WriterHistory history = new WriterHistory();
        history.applied(new WriterEntry("w", 3, 10, 10), 50);
        for (int i = 0; i < WriterHistory.SEQUENCES_PER_WRITER; i++) {
            history.applied(new WriterEntry("old", 1000 + i, 1, 1), 60 + i);
        }
        WriteQueue queue = new WriteQueue(1 << 20);
        queue.offer(append(3, TestRows.range(0, 10)));
        queue.offer(WriteQueue.Request.of(
                new Bucket.Append(List.of(TestRows.range(0, 1)), new Bucket.WriterSequence("old", 1), inbox.getRef())));
        try (RootAllocator allocator = new RootAllocator()) {
            CommitPlan plan = CommitPlan.of(
                    queue.takeGroup(1 << 20),
                    history,
                    TestRows.table(1, Map.of()),
                    Compression.NONE,
                    SETTINGS,
                    allocator);
            assertThat(plan.batches()).isEmpty();
            assertThat(plan.replies(999).get(0)).isEqualTo(new Bucket.Appended(50, 60));
            assertThat(plan.replies(999).get(1)).isInstanceOf(Bucket.Refused.class);
        }
    }
}
