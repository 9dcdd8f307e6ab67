package io.weir.persistence.log;

/**
 * A damaged place in a segment's file.
 *
 * @param position where the bad bytes begin
 * @param nextPosition where the next good batch begins; the segment's end position where there is none
 * @param fromOffset first offset that is lost
 * @param toOffset first offset after it that is not
 */
record Gap(long position, long nextPosition, long fromOffset, long toOffset) {
    Corruption in(long segment) {
        String detail =
                "offsets [%d, %d) are lost: segment=%d position=%d".formatted(fromOffset, toOffset, segment, position);
        return new Corruption(segment, position, fromOffset, toOffset, detail);
    }
}
