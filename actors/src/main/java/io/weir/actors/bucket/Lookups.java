package io.weir.actors.bucket;

import io.weir.actors.catalog.TableInfo;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.row.Key;
import io.weir.persistence.kv.KvCursor;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.kv.KvView;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The lookups of a bucket. The actor only puts them into a bounded queue; a task on the readers' threads takes all that has gathered,
 * answers them over one lease of the store, and tells the askers itself. A lookup that arrives after a write was acknowledged reads a
 * store that has it. Thread-safe.
 */
final class Lookups {
    /** What a lookup costs besides its keys. */
    private static final int QUESTION_COST = 1;

    /** A task gives its thread back after so many, for the other buckets. */
    private static final int TURN_MAX = 512;

    private static final int TASKS_MAX = 4;
    private static final int WAITING_A_TASK = 128;

    private final KvState kv;
    private final Executor readers;
    private final Supplier<CompletionStage<?>> catchUp;
    private final long costMax;
    private final ArrayDeque<Question> waiting = new ArrayDeque<>();
    private long cost;
    private int tasks;
    private Bucket.@Nullable Refused closed;

    /** A lookup until it is answered. */
    private interface Question {
        int cost();

        void answer(RowStore store) throws IOException;

        void refuse(Bucket.Refused refusal);
    }

    /**
     * @param catchUp makes the state ready; called again whenever it is not
     * @param costMax most keys that wait
     */
    Lookups(KvState kv, Executor readers, Supplier<CompletionStage<?>> catchUp, long costMax) {
        this.kv = kv;
        this.readers = readers;
        this.catchUp = catchUp;
        this.costMax = costMax;
    }

    void ask(Bucket.Lookup lookup) {
        offer(new Question() {
            @Override
            public int cost() {
                return lookup.keys().size() + QUESTION_COST;
            }

            @Override
            public void answer(RowStore store) throws IOException {
                lookup.replyTo().tell(new Bucket.LookedUp(rows(store, lookup.keys())));
            }

            @Override
            public void refuse(Bucket.Refused refusal) {
                lookup.replyTo().tell(refusal);
            }
        });
    }

    /** @param missing told when some of the rows are not there; else the asker is answered */
    void ask(Bucket.InsertIfMissing insert, TableInfo table, Consumer<Bucket.InsertIfMissing> missing) {
        offer(new Question() {
            @Override
            public int cost() {
                return insert.rows().rowCount() + QUESTION_COST;
            }

            @Override
            public void answer(RowStore store) throws IOException {
                List<byte @Nullable []> rows = rows(store, RowRules.keys(table, insert.rows()));
                if (rows.contains(null)) {
                    missing.accept(insert);
                } else {
                    insert.replyTo().tell(new Bucket.LookedUp(rows));
                }
            }

            @Override
            public void refuse(Bucket.Refused refusal) {
                insert.replyTo().tell(refusal);
            }
        });
    }

    void ask(Bucket.PrefixLookup lookup) {
        offer(new Question() {
            @Override
            public int cost() {
                return 16;
            }

            @Override
            public void answer(RowStore store) throws IOException {
                lookup.replyTo().tell(prefix(store, lookup));
            }

            @Override
            public void refuse(Bucket.Refused refusal) {
                lookup.replyTo().tell(refusal);
            }
        });
    }

    private static List<byte @Nullable []> rows(RowStore store, List<Key> keys) throws IOException {
        List<byte @Nullable []> rows = new ArrayList<>(keys.size());
        long bytes = 0;
        for (Key key : keys) {
            byte[] row = store.get(key);
            rows.add(row);
            bytes += row == null ? 0 : row.length;
            if (bytes > LogReader.ANSWER_BYTES_MAX) {
                throw new WeirException(
                        ErrorCode.BODY_TOO_LARGE,
                        "the rows of %d keys are more than %d bytes; look up fewer at once"
                                .formatted(keys.size(), LogReader.ANSWER_BYTES_MAX));
            }
        }
        return rows;
    }

    private static Bucket.PrefixReply prefix(RowStore store, Bucket.PrefixLookup lookup) throws IOException {
        if (lookup.rowsMax() < 1 || lookup.bytesMax() < 1) {
            return new Bucket.Refused(ErrorCode.INVALID_REQUEST, "a prefix lookup's bounds are at least 1");
        }
        long bytesMax = Math.min(lookup.bytesMax(), LogReader.ANSWER_BYTES_MAX);
        byte[] prefix = RowStore.place(lookup.prefix());
        Key after = lookup.after();
        byte[] start = after == null ? prefix : Arrays.copyOf(RowStore.place(after), after.bytes().length + 2);
        List<byte[]> rows = new ArrayList<>();
        long bytes = 0;
        byte[] last = start;
        try (KvView view = store.view();
                KvCursor cursor = RowStore.from(view, Arrays.compareUnsigned(start, prefix) < 0 ? prefix : start)) {
            while (RowStore.next(cursor)) {
                byte[] place = cursor.key();
                if (!startsWith(place, prefix)) {
                    break;
                }
                if (rows.size() >= lookup.rowsMax() || bytes >= bytesMax) {
                    return new Bucket.PrefixRows(rows, RowStore.key(last));
                }
                last = place;
                rows.add(cursor.value());
                bytes += rows.get(rows.size() - 1).length;
            }
        }
        return new Bucket.PrefixRows(rows, null);
    }

    private static boolean startsWith(byte[] place, byte[] prefix) {
        return place.length >= prefix.length && Arrays.equals(place, 0, prefix.length, prefix, 0, prefix.length);
    }

    private void offer(Question question) {
        Bucket.Refused refusal = null;
        boolean start = false;
        synchronized (waiting) {
            if (closed != null) {
                refusal = closed;
            } else if (cost > 0 && cost + question.cost() > costMax) {
                refusal = new Bucket.Refused(
                        ErrorCode.OVERLOADED, "%d keys wait to be looked up in the bucket; ask slower".formatted(cost));
            } else {
                waiting.add(question);
                cost += question.cost();
                start = tasks == 0 || (tasks < TASKS_MAX && waiting.size() > tasks * WAITING_A_TASK);
                tasks += start ? 1 : 0;
            }
        }
        if (refusal != null) {
            question.refuse(refusal);
        } else if (start) {
            readers.execute(this::run);
        }
    }

    private @Nullable Question take() {
        synchronized (waiting) {
            Question next = waiting.poll();
            cost -= next == null ? 0 : next.cost();
            return next;
        }
    }

    /** One turn of a task. */
    private void run() {
        boolean goOn;
        try {
            goOn = answerSome();
        } catch (IOException | RuntimeException e) {
            refuseAll(Replies.refusal(e));
            goOn = true;
        }
        if (goOn) {
            again();
        } else {
            catchUp.get().whenComplete((done, failure) -> {
                if (failure != null) {
                    refuseAll(Replies.refusal(failure));
                }
                again();
            });
        }
    }

    private void again() {
        synchronized (waiting) {
            if (waiting.isEmpty()) {
                tasks--;
                return;
            }
        }
        readers.execute(this::run);
    }

    /** @return false where the state has to be caught up first */
    private boolean answerSome() throws IOException {
        try (KvStores.Lease lease = kv.read()) {
            if (lease == null) {
                return false;
            }
            RowStore store = new RowStore(lease.store());
            for (int i = 0; i < TURN_MAX; i++) {
                Question next = take();
                if (next == null) {
                    return true;
                }
                try {
                    next.answer(store);
                } catch (DamagedStoreException e) {
                    kv.damaged(e);
                    next.refuse(Replies.refusal(e));
                    return false;
                } catch (IOException | RuntimeException e) {
                    next.refuse(Replies.refusal(e));
                }
            }
            return true;
        }
    }

    private void refuseAll(Bucket.Refused refusal) {
        List<Question> all;
        synchronized (waiting) {
            all = List.copyOf(waiting);
            waiting.clear();
            cost = 0;
        }
        all.forEach(question -> question.refuse(refusal));
    }

    /** Refuses what waits and what comes from now on. */
    void close(Bucket.Refused refusal) {
        synchronized (waiting) {
            closed = refusal;
        }
        refuseAll(refusal);
    }
}
