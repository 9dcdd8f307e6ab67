package io.weir.lake.iceberg;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.lake.LakeState;
import java.util.Map;
import java.util.TreeMap;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotSummary;
import org.apache.iceberg.SnapshotUpdate;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.util.SnapshotUtil;
import org.jspecify.annotations.Nullable;

/**
 * What a snapshot of the lake's table says of itself in its summary, beside what Iceberg writes there:
 *
 * <pre>
 * weir.table-id       id of the table; also a property of the lake's table
 * weir.tiering-epoch  of the last round or claim
 * weir.offsets        JSON object: bucket's entity id to its lake offset, all buckets that have one
 * weir.commit-id      random; by it a commit whose answer was lost is found
 * </pre>
 *
 * Snapshots that another engine made say nothing; then the newest of their ancestors that does counts. Commits of our own that are no
 * rounds carry all of it forward.
 */
final class RoundMetadata {
    static final String TABLE_ID = "weir.table-id";
    static final String EPOCH = "weir.tiering-epoch";
    static final String OFFSETS = "weir.offsets";
    static final String COMMIT_ID = "weir.commit-id";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private RoundMetadata() {}

    /** @throws WeirException LAKE_CONFLICT where snapshots are gone, and none that is left says how far the lake has the table */
    static LakeState state(TableMetadata table) {
        Snapshot current = table.currentSnapshot();
        if (current == null) {
            return LakeState.EMPTY;
        }
        Map<String, String> ours = newest(table, current);
        Map<String, String> counts = current.summary();
        return new LakeState(
                count(ours, EPOCH),
                offsets(ours.getOrDefault(OFFSETS, "{}")),
                current.snapshotId(),
                count(counts, SnapshotSummary.TOTAL_DATA_FILES_PROP)
                        + count(counts, SnapshotSummary.TOTAL_DELETE_FILES_PROP),
                count(counts, SnapshotSummary.TOTAL_RECORDS_PROP));
    }

    /** The summary of the newest snapshot that says it; an empty one where there never was any. */
    private static Map<String, String> newest(TableMetadata table, Snapshot current) {
        Snapshot oldest = current;
        for (Snapshot snapshot : SnapshotUtil.ancestorsOf(current.snapshotId(), table::snapshot)) {
            Map<String, String> summary = snapshot.summary();
            if (summary.containsKey(EPOCH) && summary.containsKey(OFFSETS)) {
                return summary;
            }
            oldest = snapshot;
        }
        if (oldest.parentId() == null) {
            return Map.of();
        }
        throw new WeirException(
                ErrorCode.LAKE_CONFLICT,
                "no snapshot of the lake's table says how far its rows reach; another engine expired those that did. Roll it back to one that does, or drop it in the lake so that it is made anew");
    }

    private static long count(Map<String, String> summary, String key) {
        return Long.parseLong(summary.getOrDefault(key, "0"));
    }

    private static Map<String, Long> offsets(String text) {
        try {
            return JSON.readValue(text, new TypeReference<Map<String, Long>>() {});
        } catch (JsonProcessingException e) {
            throw new WeirException(
                    ErrorCode.LAKE_CONFLICT, "'%s' of the lake's snapshot is no map of offsets".formatted(OFFSETS), e);
        }
    }

    /** Writes it into the summary of the snapshot that {@code update} will make. */
    static void write(SnapshotUpdate<?> update, long tableId, long epoch, Map<String, Long> offsets, String commitId) {
        try {
            update.set(TABLE_ID, Long.toString(tableId));
            update.set(EPOCH, Long.toString(epoch));
            update.set(OFFSETS, JSON.writeValueAsString(new TreeMap<>(offsets)));
            update.set(COMMIT_ID, commitId);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether the commit of that id is among what the current snapshot was built on. */
    static boolean holds(TableMetadata table, String commitId) {
        @Nullable Snapshot current = table.currentSnapshot();
        if (current == null) {
            return false;
        }
        for (Snapshot snapshot : SnapshotUtil.ancestorsOf(current.snapshotId(), table::snapshot)) {
            if (commitId.equals(snapshot.summary().get(COMMIT_ID))) {
                return true;
            }
        }
        return false;
    }
}
