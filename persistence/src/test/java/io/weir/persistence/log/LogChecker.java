package io.weir.persistence.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.persistence.log.WriterHistory.Applied;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a log must hold, kept apart from the log's own code: the rows that were acknowledged or seen, and the groups whose outcome is
 * unknown. Every check names what it found.
 */
final class LogChecker {
    /** One request: its rows, and who sent it ({@code writer} empty when nobody in particular). */
    record Request(List<Long> rows, String writer, long sequence) {}

    private final List<Long> rows = new ArrayList<>();
    private final List<List<Request>> unknown = new ArrayList<>();
    private final Map<String, Map<Long, Applied>> applied = new HashMap<>();
    private long start;
    private long expired;
    private int epoch;

    long end() {
        return rows.size();
    }

    void acknowledged(List<Request> group, long baseOffset) {
        assertThat(baseOffset).as("base offset of an acknowledged group").isEqualTo(end());
        group.forEach(this::apply);
        unknown.clear();
    }

    void unknown(List<Request> group) {
        unknown.add(group);
    }

    private void apply(Request request) {
        long base = end();
        rows.addAll(request.rows());
        if (!request.writer().isEmpty()) {
            applied.computeIfAbsent(request.writer(), w -> new HashMap<>())
                    .put(request.sequence(), new Applied(base, end()));
        }
    }

    /**
     * After a restart: all that was acknowledged, and perhaps the first requests of one group whose outcome was unknown.
     *
     * @param startMayMove retention did not end
     */
    void reopened(BucketLog log, boolean startMayMove) throws IOException {
        if (!startMayMove) {
            checkStays(log);
        }
        long found = log.endOffset();
        assertThat(found).as("end offset after restart").isGreaterThanOrEqualTo(end());
        if (found > end()) {
            List<Long> extra = TestBatches.readAll(log, end());
            adopt(log, extra);
        }
        unknown.clear();
        check(log);
    }

    /** After the disk was lost: what was noted of the object store, and nothing else. */
    void restored(BucketLog log, SimRemote remote) throws IOException {
        assertThat(log.endOffset()).as("end offset after restore").isEqualTo(remote.end());
        assertThat(log.startOffset()).as("start offset after restore").isEqualTo(remote.start());
        start = remote.start();
        expired = start;
        epoch = 0;
        rows.subList((int) remote.end(), rows.size()).clear();
        unknown.clear();
        applied.forEach((writer, sequences) -> sequences.entrySet().removeIf(entry -> {
            Applied answer = entry.getValue();
            boolean changedNothing = answer.baseOffset() == answer.nextOffset();
            boolean maybeLost = changedNothing && (answer.nextOffset() == remote.end() || !remote.knowsWriters());
            // Where the roll was interrupted, an object has no writers; then the rows that are there tell.
            maybeLost |= !remote.knowsAnyWriters() && answer.nextOffset() <= remote.start();
            return answer.nextOffset() > remote.end()
                    || (maybeLost && log.writers().check(writer, entry.getKey()).equals(WriterHistory.New.INSTANCE));
        }));
        check(log);
    }

    /** Rows that nothing was to delete are there. */
    void checkStays(BucketLog log) {
        assertThat(log.startOffset()).as("start offset").isBetween(start, Math.max(start, expired));
        start = log.startOffset();
    }

    /** Rows below the offset are too old: the object store's were deleted, and the disk's may go at any time. */
    void expired(long below) {
        expired = Math.max(expired, below);
    }

    private void adopt(BucketLog log, List<Long> extra) {
        for (List<Request> group : unknown) {
            List<Long> prefix = new ArrayList<>();
            for (int i = 0; i < group.size(); i++) {
                prefix.addAll(group.get(i).rows());
                if (prefix.equals(extra) && remembers(log, group.subList(0, i + 1))) {
                    group.subList(0, i + 1).forEach(this::apply);
                    return;
                }
            }
        }
        assertThat(extra)
                .as("rows past the acknowledged end that no unknown group explains, of " + unknown)
                .isEmpty();
    }

    /** The same rows may have been tried in several groups, with other requests of no rows between them. */
    private boolean remembers(BucketLog log, List<Request> requests) {
        long base = end();
        for (Request request : requests) {
            long next = base + request.rows().size();
            if (!request.writer().isEmpty()
                    && !log.writers()
                            .check(request.writer(), request.sequence())
                            .equals(new Applied(base, next))) {
                return false;
            }
            base = next;
        }
        return true;
    }

    /** Everything that can be read is right, nothing is missing, the writers' memory agrees. */
    void check(BucketLog log) throws IOException {
        checkEnds(log);
        assertThat(TestBatches.readAll(log, start)).as("rows").isEqualTo(rows.subList((int) start, rows.size()));
        assertThat(log.corruptions()).as("corruptions").isEmpty();
        checkStamps(log);
        applied.forEach((writer, sequences) ->
                sequences.forEach((sequence, answer) -> assertThat(log.writers().check(writer, sequence))
                        .as(writer + sequence)
                        .isEqualTo(answer)));
        unknown.forEach(group -> group.forEach(request -> checkNotApplied(log, request)));
    }

    /** Timestamps and epochs do not fall, within a segment, across the tiers, and from one life to the next. */
    private void checkStamps(BucketLog log) throws IOException {
        long timestampMs = Long.MIN_VALUE;
        int lastEpoch = 0;
        try (LogCursor cursor = log.read(start)) {
            for (LogBatch batch = cursor.next(); batch != null; batch = cursor.next()) {
                assertThat(batch.header().commitTimestampMs()).isGreaterThanOrEqualTo(timestampMs);
                assertThat(batch.header().leaderEpoch()).isGreaterThanOrEqualTo(lastEpoch);
                timestampMs = batch.header().commitTimestampMs();
                lastEpoch = batch.header().leaderEpoch();
            }
        }
        assertThat(log.lastLeaderEpoch()).as("leader epoch").isGreaterThanOrEqualTo(Math.max(epoch, lastEpoch));
        epoch = log.lastLeaderEpoch();
    }

    void checkEnds(BucketLog log) {
        assertThat(log.endOffset()).as("end offset").isEqualTo(end());
        assertThat(log.startOffset()).as("start offset").isBetween(start, end());
        start = log.startOffset();
    }

    private void checkNotApplied(BucketLog log, Request request) {
        boolean known = applied.getOrDefault(request.writer(), Map.of()).containsKey(request.sequence());
        if (!request.writer().isEmpty() && !known) {
            assertThat(log.writers().check(request.writer(), request.sequence()))
                    .as("verdict for a request that failed")
                    .isEqualTo(WriterHistory.New.INSTANCE);
        }
    }

    /** Rows from an offset on are those of the model. */
    void checkRead(long from, List<Long> found) {
        assertThat(found).as("rows from " + from).isEqualTo(rows.subList((int) from, rows.size()));
    }

    long start() {
        return start;
    }
}
