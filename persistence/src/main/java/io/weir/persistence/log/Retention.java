package io.weir.persistence.log;

import java.util.List;

/** Which of a log's oldest segments are to go, by age and by the size of all, wherever they are. Decides, and deletes nothing. */
record Retention(LogSettings settings, long nowMs) {
    /**
     * How many of the first segments are to go; never the last one.
     *
     * @param keepFrom segments that hold this offset or later ones stay
     */
    int expired(List<Segment> segments, long keepFrom) {
        long bytes = segments.stream().mapToLong(s -> s.extent().endPosition()).sum();
        int expired = 0;
        while (expired < segments.size() - 1) {
            SegmentExtent extent = segments.get(expired).extent();
            boolean tooMuch = settings.retainedBytes() > 0 && bytes > settings.retainedBytes();
            if (extent.endOffset() > keepFrom || !(isOld(extent) || tooMuch)) {
                break;
            }
            bytes -= extent.endPosition();
            expired++;
        }
        return expired;
    }

    /** Bytes of those that are to go by {@code keepFrom} alone, and not by {@code lakeOffset}. */
    long heldBackBytes(List<Segment> segments, long keepFrom, long lakeOffset) {
        return segments.subList(expired(segments, Math.min(keepFrom, lakeOffset)), expired(segments, keepFrom)).stream()
                .mapToLong(segment -> segment.extent().endPosition())
                .sum();
    }

    private boolean isOld(SegmentExtent extent) {
        long ttlMs = settings.ttl().toMillis();
        return ttlMs > 0 && extent.lastTimestampMs() < nowMs - ttlMs;
    }
}
