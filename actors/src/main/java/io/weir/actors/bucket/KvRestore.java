package io.weir.actors.bucket;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.kv.KvSnapshot;
import io.weir.persistence.kv.KvSnapshots;
import io.weir.persistence.log.BucketLog;
import io.weir.persistence.objects.ObjectUnavailableException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds what a KV state can be made anew from: the newest KV snapshot on the object store that the log goes on from, where that is
 * damaged an older one, and without any the whole log. Belongs to the committing thread.
 */
final class KvRestore {
    private static final Logger LOG = LoggerFactory.getLogger(KvRestore.class);

    private final BucketLog log;
    private final @Nullable BucketRemote remote;

    /** Snapshots, by when they were taken, that turned out to be damaged, as they came or when they were read. */
    private final Set<Long> unusable = new HashSet<>();

    private final List<String> reasons = new ArrayList<>();
    private @Nullable KvSnapshot last;

    KvRestore(BucketLog log, @Nullable BucketRemote remote) {
        this.log = log;
        this.remote = remote;
    }

    /** There is a snapshot that the log goes on from, as far as is known. */
    boolean hasSnapshot() {
        return !usable().isEmpty();
    }

    private List<KvSnapshot> usable() {
        List<KvSnapshot> newestFirst = new ArrayList<>();
        if (remote != null) {
            for (KvSnapshot snapshot : remote.manifest().snapshots()) {
                boolean inLog = snapshot.offset() >= log.startOffset() && snapshot.offset() <= log.endOffset();
                if (inLog && !unusable.contains(snapshot.takenMs())) {
                    newestFirst.add(0, snapshot);
                }
            }
        }
        return newestFirst;
    }

    /** The state that the last restore gave was found damaged: the next one takes an older snapshot. */
    void wasDamaged(String reason) {
        KvSnapshot restored = last;
        if (restored != null) {
            giveUp(restored, reason);
            last = null;
        }
    }

    private void giveUp(KvSnapshot snapshot, String reason) {
        LOG.error("KV snapshot cannot be used: {} reason={}", snapshot, reason);
        unusable.add(snapshot.takenMs());
        reasons.add("the one at offset %d: %s".formatted(snapshot.offset(), reason));
    }

    /**
     * Puts a snapshot in the place of the store.
     *
     * @param clear as for {@link KvSnapshots#restore}
     * @return its offset; -1 where the whole log has to be applied: {@link #requireWholeLog} says whether that can be
     * @throws ObjectUnavailableException where the object store does not answer now, and the log on this disk does not hold all
     */
    long restore(KvSnapshots.BeforeMove clear) throws IOException {
        for (KvSnapshot snapshot : usable()) {
            try {
                Objects.requireNonNull(remote).snapshots().restore(snapshot, clear);
                last = snapshot;
                return snapshot.offset();
            } catch (ObjectUnavailableException e) {
                if (!log.corruptions().isEmpty() || log.localStartOffset() > 0) {
                    throw e;
                }
                LOG.warn("KV snapshot does not come now, the log is applied from its start: {}", snapshot, e);
                return -1;
            } catch (WeirException e) {
                if (e.code() != ErrorCode.CORRUPT_DATA) {
                    throw e;
                }
                giveUp(snapshot, e.detail());
            }
        }
        return -1;
    }

    /** @throws WeirException CORRUPT_DATA where the log does not hold all rows either */
    void requireWholeLog(Path directory, String reason) {
        if (log.startOffset() > 0 || !log.corruptions().isEmpty()) {
            throw new WeirException(
                    ErrorCode.CORRUPT_DATA,
                    ("the KV state in %s cannot be used (%s), %s, and the log that could rebuild it begins only at offset %d, with "
                                    + "%d damaged places; restore the bucket's directory from a copy")
                            .formatted(
                                    directory,
                                    reason,
                                    snapshots(),
                                    log.startOffset(),
                                    log.corruptions().size()));
        }
    }

    private String snapshots() {
        if (!reasons.isEmpty()) {
            return "none of its KV snapshots can (" + String.join("; ", reasons) + ")";
        }
        return remote == null
                ? "this node has no object store with a KV snapshot of it"
                : "the object store has no KV snapshot that the log goes on from";
    }
}
