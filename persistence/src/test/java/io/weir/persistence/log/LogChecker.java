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

    /** After a restart: all that was acknowledged, and perhaps the first requests of one group whose outcome was unknown. */
    void reopened(BucketLog log) throws IOException {
        long found = log.endOffset();
        assertThat(found).as("end offset after restart").isGreaterThanOrEqualTo(end());
        if (found > end()) {
            List<Long> extra = TestBatches.readAll(log, end());
            adopt(log, extra);
        }
        unknown.clear();
        check(log);
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
        applied.forEach((writer, sequences) ->
                sequences.forEach((sequence, answer) -> assertThat(log.writers().check(writer, sequence))
                        .as(writer + sequence)
                        .isEqualTo(answer)));
        unknown.forEach(group -> group.forEach(request -> checkNotApplied(log, request)));
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
