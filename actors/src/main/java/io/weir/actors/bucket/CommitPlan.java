package io.weir.actors.bucket;

import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.ErrorCode;
import io.weir.codec.batch.BatchStatistics;
import io.weir.codec.batch.Compression;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.batch.StoredBatch;
import io.weir.codec.batch.WriterEntry;
import io.weir.codec.schema.TableSchema;
import io.weir.persistence.log.BucketLog;
import io.weir.persistence.log.WriterHistory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import org.apache.arrow.memory.BufferAllocator;

/**
 * What one commit writes: the stored batches of a group of requests, in order, and how each request is answered once the group has
 * its base offset. Small requests of one schema version become one batch; large ones are stored as they came. Repeated sequences
 * that the log already holds are answered and not written. CPU work only; made and used on the committing thread.
 */
final class CommitPlan {
    /** A merged batch does not grow past this, so that readers need not take too much at once. */
    static final int MERGED_BYTES_MAX = 4 << 20;

    private final TableInfo table;
    private final Compression compression;
    private final BucketSettings settings;
    private final BufferAllocator allocator;

    private final List<StoredBatch> batches = new ArrayList<>();
    private final List<LongFunction<Bucket.AppendReply>> answers = new ArrayList<>();
    private final List<EncodedRows> run = new ArrayList<>();
    private final List<WriterEntry> runWriters = new ArrayList<>();
    private long runBytes;
    private int runRows;
    private long rows;

    private CommitPlan(TableInfo table, Compression compression, BucketSettings settings, BufferAllocator allocator) {
        this.table = table;
        this.compression = compression;
        this.settings = settings;
        this.allocator = allocator;
    }

    static CommitPlan of(
            List<WriteQueue.Request> group,
            WriterHistory history,
            TableInfo table,
            Compression compression,
            BucketSettings settings,
            BufferAllocator allocator) {
        CommitPlan plan = new CommitPlan(table, compression, settings, allocator);
        for (WriteQueue.Request request : group) {
            plan.place(request, history);
        }
        plan.endRun();
        return plan;
    }

    /**
     * Commits all of a group to a log table's log.
     *
     * @return ways to answer the requests, in their order
     * @throws IOException as {@link BucketLog#append}
     */
    static List<Runnable> commit(
            List<WriteQueue.Request> group,
            BucketLog log,
            int leaderEpoch,
            TableInfo table,
            TableProperties properties,
            BucketPorts ports)
            throws IOException {
        CommitPlan plan =
                of(group, log.writers(), table, properties.compression(), ports.settings(), ports.allocator());
        long base = plan.batches().isEmpty() ? log.endOffset() : log.append(plan.batches(), leaderEpoch);
        List<Bucket.AppendReply> replies = plan.replies(base);
        List<Runnable> answers = new ArrayList<>(group.size());
        for (int i = 0; i < group.size(); i++) {
            WriteQueue.Request request = group.get(i);
            Bucket.AppendReply reply = replies.get(i);
            answers.add(() -> request.answer(reply));
        }
        return answers;
    }

    /** Unstamped; empty when every request was a repetition. */
    List<StoredBatch> batches() {
        return batches;
    }

    /** One reply a request, in the group's order. */
    List<Bucket.AppendReply> replies(long baseOffset) {
        return answers.stream().map(answer -> answer.apply(baseOffset)).toList();
    }

    private void place(WriteQueue.Request request, WriterHistory history) {
        Bucket.WriterSequence writer = request.writer();
        if (writer != null) {
            WriterHistory.Verdict verdict = history.check(writer.writerId(), writer.sequence());
            if (verdict instanceof WriterHistory.Applied applied) {
                answers.add(base -> new Bucket.Appended(applied.baseOffset(), applied.nextOffset()));
                return;
            }
            if (verdict instanceof WriterHistory.TooOld tooOld) {
                answers.add(base -> tooOld(writer, tooOld));
                return;
            }
        }
        long start = rows;
        int count = request.rowCount();
        rows += count;
        answers.add(base -> new Bucket.Appended(base + start, base + start + count));
        if (request.bytes() < settings.mergeBelow()) {
            merge(request, count);
        } else {
            store(request, count);
        }
    }

    static Bucket.Refused tooOld(Bucket.WriterSequence writer, WriterHistory.TooOld verdict) {
        return new Bucket.Refused(
                ErrorCode.SEQUENCE_TOO_OLD,
                "sequence %d of writer '%s' is older than the oldest one remembered, %d; use growing sequences"
                        .formatted(writer.sequence(), writer.writerId(), verdict.oldestRemembered()));
    }

    private void merge(WriteQueue.Request request, int count) {
        int schemaId = request.rows().get(0).schemaId();
        if (!run.isEmpty() && (run.get(0).schemaId() != schemaId || runBytes + request.bytes() > MERGED_BYTES_MAX)) {
            endRun();
        }
        for (EncodedRows part : request.rows()) {
            run.add(part);
            runBytes += part.sizeInBytes();
            runRows += part.rowCount();
        }
        Bucket.WriterSequence writer = request.writer();
        if (writer != null) {
            runWriters.add(new WriterEntry(writer.writerId(), writer.sequence(), runRows, count));
        }
    }

    private void endRun() {
        if (run.isEmpty()) {
            return;
        }
        EncodedRows merged = run.get(0);
        if (run.size() > 1) {
            merged = RecordBatches.merge(schema(merged.schemaId()), List.copyOf(run), allocator);
            if (compression != Compression.NONE && merged.body().remaining() > settings.compressAbove()) {
                merged = RecordBatches.compress(merged, compression);
            }
        }
        add(merged, List.copyOf(runWriters), false);
        run.clear();
        runWriters.clear();
        runBytes = 0;
        runRows = 0;
    }

    private void store(WriteQueue.Request request, int count) {
        endRun();
        int last = request.rows().size() - 1;
        for (int i = 0; i <= last; i++) {
            EncodedRows part = request.rows().get(i);
            Bucket.WriterSequence writer = request.writer();
            List<WriterEntry> entries = writer == null || i < last
                    ? List.of()
                    : List.of(new WriterEntry(writer.writerId(), writer.sequence(), part.rowCount(), count));
            add(part, entries, i < last);
        }
    }

    private void add(EncodedRows part, List<WriterEntry> writers, boolean continues) {
        BatchStatistics statistics = BatchStatistics.measure(schema(part.schemaId()), part);
        batches.add(StoredBatch.assemble(part, writers, statistics.encode(), null, continues));
    }

    private TableSchema schema(int schemaId) {
        return table.schema(schemaId)
                .orElseThrow(() -> new IllegalStateException("schema " + schemaId + " of " + table.name()));
    }
}
