package io.weir.http;

import io.weir.actors.bucket.BucketId;
import java.util.SortedMap;
import java.util.TreeMap;

/** The offsets where a read stands; starts where the read does and moves as rows are sent. Confined to the answer's stream. */
final class Positions {
    private final long tableId;
    private final SortedMap<BucketId, Long> next;
    private final boolean fixed;

    private Positions(long tableId, SortedMap<BucketId, Long> next, boolean fixed) {
        this.tableId = tableId;
        this.next = new TreeMap<>(next);
        this.fixed = fixed;
    }

    static Positions from(long tableId, SortedMap<BucketId, Long> from) {
        return new Positions(tableId, from, false);
    }

    /** Of a snapshot, which is at one place from its first row to its last. */
    static Positions at(long tableId, SortedMap<BucketId, Long> offsets) {
        return new Positions(tableId, offsets, true);
    }

    void moved(BucketId bucket, long nextOffset) {
        if (!fixed) {
            next.put(bucket, nextOffset);
        }
    }

    int size() {
        return next.size();
    }

    String cursor() {
        return new Cursor(tableId, next).text();
    }
}
