package io.weir.client;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Where a reader of a changelog goes on: the next offset of each bucket. A bucket that is not in it is read from offset 0.
 *
 * @param tableId the table it was made for
 */
public record ChangelogCursor(long tableId, SortedMap<Integer, Long> offsets) {
    public ChangelogCursor {
        offsets = Collections.unmodifiableSortedMap(new TreeMap<>(offsets));
    }

    /** The beginning of a table's changelog. */
    public static ChangelogCursor start(TableDescription table) {
        return new ChangelogCursor(table.tableId(), new TreeMap<>());
    }

    public long offset(int bucket) {
        return offsets.getOrDefault(bucket, 0L);
    }

    /** The same but for one bucket. */
    public ChangelogCursor moved(int bucket, long nextOffset) {
        TreeMap<Integer, Long> moved = new TreeMap<>(offsets);
        moved.put(bucket, nextOffset);
        return new ChangelogCursor(tableId, moved);
    }
}
