package io.weir.http;

import io.weir.actors.bucket.BucketId;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a read of the log covers: each of its buckets from an offset on, and the high watermark it had when the read began. */
record Span(SortedMap<BucketId, Bounds> bounds) {
    boolean isEmpty() {
        return bounds.values().stream().allMatch(b -> b.from() >= b.to());
    }

    SortedMap<BucketId, Long> from() {
        SortedMap<BucketId, Long> from = new TreeMap<>();
        bounds.forEach((id, b) -> from.put(id, b.from()));
        return from;
    }

    /** Where a bounded read stands when it has read all of it. */
    SortedMap<BucketId, Long> end() {
        SortedMap<BucketId, Long> end = new TreeMap<>();
        bounds.forEach((id, b) -> end.put(id, Math.max(b.from(), b.to())));
        return end;
    }

    /** The same with one row more before each bucket's first, where the log has one. */
    Span lookingBack() {
        SortedMap<BucketId, Bounds> back = new TreeMap<>();
        bounds.forEach((id, b) -> back.put(id, b.lookingBack()));
        return new Span(back);
    }
}
