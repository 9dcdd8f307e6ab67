package io.weir.persistence.log;

/**
 * A segment on this disk that will not grow any more.
 *
 * @param bytes of its file that are its own
 * @param lastTimestampMs commit timestamp of its last batch
 */
public record SealedSegment(long baseOffset, long endOffset, long bytes, long lastTimestampMs) {}
