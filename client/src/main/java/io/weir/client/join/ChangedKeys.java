package io.weir.client.join;

import io.weir.client.ChangeBatch;
import io.weir.client.ChangelogCursor;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.schema.Column;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;

/**
 * The join keys that changed, each once, and how far the changelogs were read for it. Grows by {@link #and} while the keys before it are
 * worked on; confined to one stream.
 */
final class ChangedKeys {
    private final Map<Key, EncodedRows> keys = new LinkedHashMap<>();
    private final Map<Integer, Long> left = new HashMap<>();
    private final Map<Integer, Long> right = new HashMap<>();

    /** @param batch whose columns are the join key's, in the order of the plan */
    static ChangedKeys of(JoinSide side, ChangeBatch batch, BufferAllocator allocator) {
        ChangedKeys changed = new ChangedKeys();
        (side == JoinSide.LEFT ? changed.left : changed.right).put(batch.bucket(), batch.nextOffset());
        List<Column> columns = batch.columns();
        List<Key> encoded = KeyEncoder.of(columns, JoinPlan.names(columns)).encode(batch.rows());
        for (int row = 0; row < encoded.size(); row++) {
            if (!changed.keys.containsKey(encoded.get(row))) {
                EncodedRows one = RecordBatches.select(columns, batch.rows(), new int[] {row}, allocator);
                changed.keys.put(encoded.get(row), one);
            }
        }
        return changed;
    }

    ChangedKeys and(ChangedKeys more) {
        keys.putAll(more.keys);
        left.putAll(more.left);
        right.putAll(more.right);
        return this;
    }

    int count() {
        return keys.size();
    }

    Iterable<EncodedRows> keys() {
        return keys.values();
    }

    JoinCursors behind(JoinCursors before) {
        return new JoinCursors(moved(before.left(), left), moved(before.right(), right));
    }

    private static ChangelogCursor moved(ChangelogCursor before, Map<Integer, Long> offsets) {
        ChangelogCursor moved = before;
        for (Map.Entry<Integer, Long> entry : offsets.entrySet()) {
            moved = moved.moved(entry.getKey(), entry.getValue());
        }
        return moved;
    }
}
