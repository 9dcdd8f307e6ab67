package io.weir.client.join;

import io.weir.client.ChangeBatch;
import io.weir.client.Rows;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.schema.Column;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;

/**
 * The join keys that are to be looked at, each once, and how far the changelogs were read for it. Grows by {@link #and} while the keys
 * before it are worked on; confined to one stream.
 */
final class ChangedKeys {
    private final Map<Key, EncodedRows> keys = new LinkedHashMap<>();
    private final Map<Followed, Map<Integer, Long>> read = new EnumMap<>(Followed.class);

    /** @param batch whose columns are the join key's, in the order of the plan */
    static ChangedKeys of(Followed table, ChangeBatch batch, BufferAllocator allocator) {
        ChangedKeys changed = new ChangedKeys();
        changed.read.put(table, new HashMap<>(Map.of(batch.bucket(), batch.nextOffset())));
        changed.add(batch.columns(), batch.rows(), allocator);
        return changed;
    }

    /** @param rows of a scan; their columns are the join key's, in the order of the plan */
    static ChangedKeys of(Rows rows, BufferAllocator allocator) {
        ChangedKeys found = new ChangedKeys();
        rows.batches().forEach(batch -> found.add(rows.columns(), batch, allocator));
        return found;
    }

    /** No keys: everything before these places is dealt with when what was read before this is. */
    static ChangedKeys upTo(JoinCursors cursors) {
        ChangedKeys none = new ChangedKeys();
        none.read.put(Followed.LEFT, new HashMap<>(cursors.left().offsets()));
        none.read.put(Followed.RIGHT, new HashMap<>(cursors.right().offsets()));
        none.read.put(Followed.OUTPUT, new HashMap<>(cursors.output().offsets()));
        return none;
    }

    private void add(List<Column> columns, EncodedRows rows, BufferAllocator allocator) {
        EncodedRows plain = RecordBatches.decompress(columns, rows);
        List<Key> encoded = KeyEncoder.of(columns, JoinPlan.names(columns)).encode(plain);
        for (int row = 0; row < encoded.size(); row++) {
            if (!keys.containsKey(encoded.get(row))) {
                keys.put(encoded.get(row), RecordBatches.select(columns, plain, new int[] {row}, allocator));
            }
        }
    }

    ChangedKeys and(ChangedKeys more) {
        keys.putAll(more.keys);
        more.read.forEach((table, offsets) ->
                read.computeIfAbsent(table, none -> new HashMap<>()).putAll(offsets));
        return this;
    }

    int count() {
        return keys.size();
    }

    Iterable<EncodedRows> keys() {
        return keys.values();
    }

    /** False for keys of a scan alone, which may stand before more of it. */
    boolean hasRead() {
        return !read.isEmpty();
    }

    JoinCursors behind(JoinCursors before) {
        JoinCursors moved = before;
        for (Map.Entry<Followed, Map<Integer, Long>> table : read.entrySet()) {
            moved = moved.moved(table.getKey(), table.getValue());
        }
        return moved;
    }
}
