package io.weir.codec.predicate;

import org.jspecify.annotations.Nullable;

/**
 * A run of values, as column statistics hold values: Long (integers, dates, times and timestamps in the column's unit, BOOLEAN as 0
 * and 1), Double (never NaN; zeros are positive and stand for both), BigDecimal (of the column's scale) or ByteBuffer (strings as UTF-8
 * and bytes, unsigned order).
 *
 * @param low inclusive; null for no bound
 * @param high null for no bound
 * @param closed whether {@code high} itself is in it
 */
public record Interval(@Nullable Object low, @Nullable Object high, boolean closed) {
    public boolean isPoint() {
        return closed && low != null && low.equals(high);
    }
}
