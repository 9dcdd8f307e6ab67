package io.weir.http;

import io.weir.http.ReadPartitions.Part;

/**
 * Of one bucket in a {@link Span}.
 *
 * @param logStart first offset that the log still has
 * @param from first offset wanted
 * @param to the high watermark when the read began
 */
record Bounds(Part part, long logStart, long from, long to) {
    /** A bucket that came after the read began. */
    static Bounds young(Part part) {
        return new Bounds(part, 0, 0, 0);
    }

    Bounds lookingBack() {
        return from > logStart ? new Bounds(part, logStart, from - 1, to) : this;
    }
}
