package io.weir.persistence.log;

import io.weir.persistence.objects.StoredObject;

/**
 * A sealed segment on the object store: one object that holds the segment's bytes, then its {@code .index} file, then, where that was at
 * hand, the {@code .writers} file of the segment that follows (the writers' memory at this one's end).
 *
 * @param endOffset past its last row
 * @param logBytes of the segment itself
 * @param indexBytes of the index behind it
 * @param writersBytes of the writers' memory behind that; 0 where it was not at hand
 * @param firstTimestampMs commit timestamp of its first batch
 * @param lastTimestampMs commit timestamp of its last batch
 * @param leaderEpoch highest leader epoch in it
 */
public record RemoteSegment(
        long baseOffset,
        long endOffset,
        long logBytes,
        int indexBytes,
        int writersBytes,
        long firstTimestampMs,
        long lastTimestampMs,
        int leaderEpoch,
        StoredObject object) {}
