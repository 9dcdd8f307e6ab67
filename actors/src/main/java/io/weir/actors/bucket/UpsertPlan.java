package io.weir.actors.bucket;

import io.weir.actors.catalog.ChangelogImage;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.ChangeType;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.StoredBatch;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.ingest.ChangedRows;
import io.weir.codec.row.Key;
import io.weir.persistence.kv.KvBatch;
import io.weir.persistence.log.WriterHistory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What one commit of a primary-key table writes: the changelog of a group of requests and the rows that are current after it, and how
 * each request is answered. Requests are taken in order, rows in order; each sees what those before it did. A request that cannot be
 * merged is refused alone and leaves nothing behind. Used by one thread, once.
 */
final class UpsertPlan {
    /** A plan takes no more requests past so many bytes of changelog: merged rows can be much larger than what was sent. */
    static final long PLAN_BYTES_MAX = 64 << 20;

    private static final long REQUEST_BYTES_MAX = 256 << 20;

    /** So that what is read at once, and a row before and after in one batch of the log, fit a message between nodes. */
    static final int ROW_BYTES_MAX = 8 << 20;

    private static final byte[] GONE = new byte[0];

    private final RowStore store;
    private final WriterHistory history;
    private final RowRules rules;
    private final Numbers numbers;
    private final ChangelogBatches changelog;
    private final Map<Key, byte[]> overlay = new HashMap<>();
    private final Map<Bucket.WriterSequence, LongFunction<Bucket.AppendReply>> planned = new HashMap<>();
    private final List<LongFunction<Runnable>> answers = new ArrayList<>();
    private final List<Change> changes = new ArrayList<>();

    /** What the overlay held, key by key, before the request that is being placed changed it. */
    private final List<Map.Entry<Key, Optional<byte[]>>> undo = new ArrayList<>();

    private long rows;
    private long requestBytes;
    private long bytes;

    /**
     * @param store holds all that the log does
     * @param batchBytesMax where batches of the changelog are cut
     */
    UpsertPlan(
            RowStore store,
            WriterHistory history,
            RowRules rules,
            Numbers numbers,
            BucketSettings settings,
            int batchBytesMax) {
        this.store = store;
        this.history = history;
        this.rules = rules;
        this.numbers = numbers;
        this.changelog = new ChangelogBatches(
                rules.current(), rules.properties().compression(), settings.compressAbove(), batchBytesMax);
    }

    /** Places requests until the plan is full. @return how many, from the first on */
    int place(List<WriteQueue.Request> group) throws IOException {
        int placed = 0;
        while (placed < group.size() && bytes < PLAN_BYTES_MAX) {
            place(group.get(placed++));
        }
        return placed;
    }

    /** Unstamped; empty when nothing has to be remembered. */
    List<StoredBatch> batches() {
        return changelog.finish();
    }

    /** The rows that change, as they are after the plan. */
    KvBatch rows() {
        KvBatch batch = new KvBatch();
        overlay.forEach((key, row) -> {
            if (row == GONE) {
                batch.delete(RowStore.place(key));
            } else {
                batch.put(RowStore.place(key), row);
            }
        });
        return batch;
    }

    /** Ways to answer the placed requests, in their order. */
    List<Runnable> answers(long baseOffset) {
        return answers.stream().map(answer -> answer.apply(baseOffset)).toList();
    }

    private void place(WriteQueue.Request request) throws IOException {
        LongFunction<Bucket.AppendReply> known = known(request.writer());
        if (known != null) {
            answers.add(base -> () -> request.answer(known.apply(base)));
            return;
        }
        try {
            List<byte[]> found = apply(request);
            if (request.checkOnly()) {
                forget();
                long here = rows;
                answers.add(base -> () -> request.answer(new Bucket.Appended(base + here, base + here)));
            } else {
                accept(request, found);
            }
        } catch (WeirException e) {
            forget();
            answers.add(base -> () -> request.refuse(new Bucket.Refused(e.code(), e.detail())));
        }
        changes.clear();
        undo.clear();
        requestBytes = 0;
    }

    /** How a repeated sequence is answered, or null. */
    private @Nullable LongFunction<Bucket.AppendReply> known(Bucket.@Nullable WriterSequence writer) {
        if (writer == null) {
            return null;
        }
        WriterHistory.Verdict verdict = history.check(writer.writerId(), writer.sequence());
        if (verdict instanceof WriterHistory.Applied applied) {
            return base -> new Bucket.Appended(applied.baseOffset(), applied.nextOffset());
        } else if (verdict instanceof WriterHistory.TooOld tooOld) {
            return base -> CommitPlan.tooOld(writer, tooOld);
        }
        return planned.get(writer);
    }

    private void accept(WriteQueue.Request request, List<byte[]> found) {
        long start = rows;
        long end = start + changes.size();
        changelog.add(changes, request.writer());
        rows = end;
        bytes += requestBytes;
        if (request.isInsertIfMissing()) {
            Bucket.LookedUp reply = new Bucket.LookedUp(found);
            answers.add(base -> () -> request.answer(reply));
            return;
        }
        LongFunction<Bucket.AppendReply> reply = base -> new Bucket.Appended(base + start, base + end);
        if (request.writer() != null) {
            planned.put(request.writer(), reply);
        }
        answers.add(base -> () -> request.answer(reply.apply(base)));
    }

    private void forget() {
        for (int i = undo.size() - 1; i >= 0; i--) {
            Key key = undo.get(i).getKey();
            undo.get(i).getValue().ifPresentOrElse(before -> overlay.put(key, before), () -> overlay.remove(key));
        }
    }

    /** @return the current rows of an insert-if-missing; of others none */
    private List<byte[]> apply(WriteQueue.Request request) throws IOException {
        List<byte[]> found = new ArrayList<>();
        for (EncodedRows missing : request.rows()) {
            insertMissing(missing, found);
        }
        for (ChangedRows changed : request.changes()) {
            if (changed.kind() == ChangeKind.DELETE) {
                for (Key key : rules.keys(changed.rows())) {
                    delete(key);
                }
            } else {
                write(changed);
            }
        }
        return found;
    }

    private void insertMissing(EncodedRows missing, List<byte[]> found) throws IOException {
        List<Key> keys = rules.keys(missing);
        byte[][] encoded = rules.encode(missing);
        for (int i = 0; i < encoded.length; i++) {
            byte[] row = current(keys.get(i));
            if (row == null) {
                row = rules.insert(rules.upgrade(encoded[i]), numbers);
                change(ChangeType.INSERT, row);
                put(keys.get(i), row);
            }
            found.add(row);
        }
    }

    private void delete(Key key) throws IOException {
        byte[] old = current(key);
        if (old != null) {
            change(ChangeType.DELETE, old);
            put(key, GONE);
        }
    }

    private void write(ChangedRows changed) throws IOException {
        List<Key> keys = rules.keys(changed.rows());
        byte[][] encoded = rules.encode(changed.rows());
        for (int i = 0; i < encoded.length; i++) {
            Key key = keys.get(i);
            byte[] old = current(key);
            byte[] row = rules.merge(old, rules.upgrade(encoded[i]), rules.present(changed, i), numbers);
            if (old == null) {
                change(ChangeType.INSERT, row);
                put(key, row);
            } else if (!Arrays.equals(old, row)) {
                if (rules.properties().changelogImage() == ChangelogImage.FULL) {
                    change(ChangeType.UPDATE_BEFORE, old);
                }
                change(ChangeType.UPDATE_AFTER, row);
                put(key, row);
            }
        }
    }

    private void change(ChangeType type, byte[] row) {
        requestBytes += row.length;
        if (row.length > ROW_BYTES_MAX || requestBytes > REQUEST_BYTES_MAX) {
            throw new WeirException(
                    ErrorCode.BODY_TOO_LARGE,
                    "a row of %d bytes, the changes of the request at least %d; the most is %d and %d: write fewer or smaller rows"
                            .formatted(row.length, requestBytes, ROW_BYTES_MAX, REQUEST_BYTES_MAX));
        }
        changes.add(new Change(type, row));
    }

    private void put(Key key, byte[] row) {
        undo.add(Map.entry(key, Optional.ofNullable(overlay.put(key, row))));
    }

    private byte @Nullable [] current(Key key) throws IOException {
        byte[] row = overlay.get(key);
        if (row != null) {
            return row == GONE ? null : row;
        }
        byte[] stored = store.get(key);
        if (stored == null) {
            return null;
        }
        try {
            return rules.upgrade(stored);
        } catch (WeirException e) {
            throw RowStore.damaged(e);
        }
    }
}
