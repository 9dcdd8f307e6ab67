package io.weir.actors.tiering;

import io.weir.codec.batch.ChangeType;
import io.weir.codec.row.Key;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * What a part of a changelog does to each of its keys: gathered change by change, in the order of offsets, and then given as what to do
 * at which offset.
 *
 * <p>Buckets write {@code +I} exactly where the key had no row, whatever the merge engine, and a row's change to another one is {@code +U},
 * perhaps after {@code -U}. So a key whose first change is {@code +I} had no row before this part.
 */
final class KeyChanges {
    /** What an entry takes beside its key's bytes: its place in the map, the key, the array's head, and the change. */
    static final int ENTRY_BYTES = 152;

    private final Map<Key, Change> changes = new HashMap<>();
    private long bytes;

    private static final class Change {
        private final boolean isNew;
        private long last = -1;
        private boolean deleted;

        private Change(boolean isNew) {
            this.isNew = isNew;
        }
    }

    /** @param offset above all before it */
    void add(Key key, ChangeType type, long offset) {
        Change change = changes.get(key);
        if (change == null) {
            change = new Change(type == ChangeType.INSERT);
            changes.put(key, change);
            bytes += ENTRY_BYTES + key.bytes().length;
        }
        // A row before a change is followed by the one after it, here or in the next part: it decides nothing.
        if (type != ChangeType.UPDATE_BEFORE) {
            change.last = offset;
            change.deleted = type == ChangeType.DELETE;
        }
    }

    void addAll(List<Key> keys, IntFunction<ChangeType> types, java.util.function.IntToLongFunction offsets) {
        for (int row = 0; row < keys.size(); row++) {
            add(keys.get(row), types.apply(row), offsets.applyAsLong(row));
        }
    }

    /** About the memory that it takes. */
    long sizeInBytes() {
        return bytes;
    }

    /** @param mayBeThere whether a row with a new key may be in the lake all the same */
    LastChanges lastChanges(boolean mayBeThere) {
        long[] actions = new long[changes.size()];
        int count = 0;
        for (Change change : changes.values()) {
            boolean deletes = mayBeThere || !change.isNew;
            if (change.last >= 0 && (deletes || !change.deleted)) {
                actions[count++] = LastChanges.action(change.last, !change.deleted, deletes);
            }
        }
        long[] sorted = Arrays.copyOf(actions, count);
        Arrays.sort(sorted);
        return new LastChanges(sorted);
    }
}
