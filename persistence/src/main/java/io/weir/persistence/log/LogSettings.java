package io.weir.persistence.log;

import java.time.Duration;

/**
 * How one bucket's log is kept; from the table's properties.
 *
 * @param segmentBytes a segment is rolled before an append that would take it past this
 * @param segmentAge a segment is rolled when its first batch is older than this
 * @param ttl sealed segments whose newest batch is older are deleted; {@link Duration#ZERO} keeps them for ever
 * @param retainedBytes oldest sealed segments are deleted while the log is larger; 0 keeps them
 * @param indexIntervalBytes one sparse index entry for about so many bytes
 */
public record LogSettings(
        long segmentBytes, Duration segmentAge, Duration ttl, long retainedBytes, int indexIntervalBytes) {
    public static final LogSettings DEFAULT =
            new LogSettings(1L << 30, Duration.ofDays(7), Duration.ofDays(7), 0, 64 << 10);
}
