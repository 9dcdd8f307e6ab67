package io.weir.actors.bucket;

import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.StoredBatch;
import io.weir.persistence.kv.KvBatch;
import io.weir.persistence.kv.KvSnapshots;
import io.weir.persistence.kv.KvStores;
import io.weir.persistence.log.BucketLog;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Commits to a primary-key bucket: the changelog to the log first, which makes it durable, then the rows together with the applied
 * offset to the KV state. Where the second fails, the writers are told that the outcome is unknown, and the state is caught up from
 * the log before anything is read or written again ({@link KvState}). Plain Java; all but {@link #kv} belongs to the committing thread.
 */
final class PrimaryKeyState {
    private final KvState kv;
    private final BucketLog log;
    private final BucketSettings settings;
    private final int leaderEpoch;
    private final int batchBytesMax;
    private @Nullable RowRules rules;

    PrimaryKeyState(KvState kv, BucketLog log, BucketSettings settings, int leaderEpoch) {
        this(kv, log, settings, leaderEpoch, ChangelogBatches.BATCH_BYTES_MAX);
    }

    PrimaryKeyState(KvState kv, BucketLog log, BucketSettings settings, int leaderEpoch, int batchBytesMax) {
        this.kv = kv;
        this.log = log;
        this.settings = settings;
        this.leaderEpoch = leaderEpoch;
        this.batchBytesMax = batchBytesMax;
    }

    KvState kv() {
        return kv;
    }

    /** Opens the store and replays what the log has more, where that was not done. */
    void catchUp(TableInfo table, TableProperties properties) {
        kv.catchUp(rules(table, properties));
    }

    private RowRules rules(TableInfo table, TableProperties properties) {
        RowRules known = rules;
        if (known == null || !known.isOf(table)) {
            known = new RowRules(table, properties);
            rules = known;
        }
        return known;
    }

    /**
     * Commits requests from the first on, at least one.
     *
     * @param group all of versions of the schema that the table knows
     * @return ways to answer the requests that were taken, in their order; the others have to come again
     * @throws IOException nothing was applied; as {@link BucketLog#append}
     * @throws WeirException OUTCOME_UNKNOWN where the changes are in the log but could not be applied yet, CORRUPT_DATA where the state is
     *     lost
     */
    List<Runnable> commit(List<WriteQueue.Request> group, TableInfo table, TableProperties properties, Numbers numbers)
            throws IOException {
        RowRules now = rules(table, properties);
        try {
            return tryCommit(group, now, numbers);
        } catch (DamagedStoreException e) {
            kv.damaged(e);
            return tryCommit(group, now, numbers);
        }
    }

    private List<Runnable> tryCommit(List<WriteQueue.Request> group, RowRules now, Numbers numbers) throws IOException {
        Exception notApplied;
        try (KvStores.Lease lease = kv.write(now)) {
            RowStore store = new RowStore(lease.store());
            UpsertPlan plan = new UpsertPlan(store, log.writers(), now, numbers, settings, batchBytesMax);
            List<StoredBatch> batches = prepare(plan, group);
            if (batches.isEmpty()) {
                return plan.answers(log.endOffset());
            }
            KvBatch changed = plan.rows();
            store.ensureRoom(changed.sizeInBytes());
            kv.hide();
            try {
                long base = log.append(batches, leaderEpoch);
                notApplied = apply(store, changed);
                if (notApplied == null) {
                    return plan.answers(base);
                }
            } finally {
                kv.show();
            }
        }
        kv.writeFailed(notApplied);
        throw new WeirException(
                ErrorCode.OUTCOME_UNKNOWN,
                "the changes are in the log, but the rows could not be written and are as before until the bucket has caught up: "
                        + notApplied.getMessage());
    }

    /**
     * Takes a KV snapshot at the end of the log, for its upload; the log is sealed there by the caller. On the committing thread.
     *
     * @throws IOException where the disk fails; nothing is left of it
     * @throws WeirException as {@link KvState#catchUp}
     */
    KvSnapshots.Local snapshot(TableInfo table, TableProperties properties, long takenMs) throws IOException {
        return kv.snapshot(rules(table, properties), takenMs);
    }

    /** All that may fail before anything is stored. */
    private List<StoredBatch> prepare(UpsertPlan plan, List<WriteQueue.Request> group) {
        try {
            plan.place(group);
            List<StoredBatch> batches = plan.batches();
            if (!batches.isEmpty()) {
                kv.begin();
            }
            return batches;
        } catch (IOException e) {
            throw KvState.unavailable(e);
        }
    }

    private @Nullable Exception apply(RowStore store, KvBatch changed) {
        try {
            kv.apply(store, changed, log.endOffset());
            return null;
        } catch (IOException | RuntimeException e) {
            kv.stale();
            return e;
        }
    }
}
