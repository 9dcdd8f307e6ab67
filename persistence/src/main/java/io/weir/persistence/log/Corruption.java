package io.weir.persistence.log;

/**
 * Bytes before the log's tail that do not match their checksum.
 *
 * @param segment base offset of the segment
 * @param position where in the segment's file the bad bytes begin
 * @param fromOffset first offset that cannot be read
 * @param toOffset first offset after it that can be read again; equal to the segment's end where the rest of it is lost
 */
public record Corruption(long segment, long position, long fromOffset, long toOffset, String detail) {}
