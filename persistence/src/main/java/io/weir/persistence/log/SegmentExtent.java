package io.weir.persistence.log;

/**
 * How far a segment goes, as of one moment.
 *
 * @param endOffset offset past the segment's last row; the base offset when it is empty
 * @param endPosition position past its last batch
 * @param firstTimestampMs commit timestamp of its first batch; {@link Long#MAX_VALUE} when it is empty
 * @param lastTimestampMs commit timestamp of its last batch; {@link Long#MIN_VALUE} when it is empty
 * @param leaderEpoch highest leader epoch in it, 0 when empty
 */
record SegmentExtent(long endOffset, long endPosition, long firstTimestampMs, long lastTimestampMs, int leaderEpoch) {
    static SegmentExtent empty(long baseOffset) {
        return new SegmentExtent(baseOffset, 0, Long.MAX_VALUE, Long.MIN_VALUE, 0);
    }

    boolean isEmpty() {
        return lastTimestampMs == Long.MIN_VALUE;
    }

    /** With one batch more that ends at these places. */
    SegmentExtent with(long newEndOffset, long newEndPosition, long timestampMs, int batchLeaderEpoch) {
        return new SegmentExtent(
                newEndOffset,
                newEndPosition,
                Math.min(firstTimestampMs, timestampMs),
                Math.max(lastTimestampMs, timestampMs),
                Math.max(leaderEpoch, batchLeaderEpoch));
    }

    /** With rows at the end that are lost: the offsets count on, the file does not. */
    SegmentExtent endingAt(long newEndOffset) {
        return new SegmentExtent(newEndOffset, endPosition, firstTimestampMs, lastTimestampMs, leaderEpoch);
    }
}
