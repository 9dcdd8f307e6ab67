package io.weir.persistence.objects;

import java.time.Duration;

/**
 * How a {@link SimObjectStore} misbehaves. Rates are shares of requests, 0 to 1.
 *
 * @param refused fails retryably and had no effect, also for gets, heads and listings
 * @param appliedButFailed was done, but fails retryably (a put-if-absent is answered {@link PutIfAbsent.Unknown})
 * @param late fails like that, and is done only later: at one of the next eight requests, or {@link SimObjectStore#settle}
 * @param brokenOff a get fails somewhere on the way
 * @param cutShort a get ends well somewhere on the way, with too few bytes (worse than the contract for a ranged get)
 * @param delayed waits up to {@code delayMax} before it begins
 * @param listLag share of puts and deletes that the next one to five listings do not know of yet (worse than the contract)
 */
public record SimFaults(
        double refused,
        double appliedButFailed,
        double late,
        double brokenOff,
        double cutShort,
        double delayed,
        Duration delayMax,
        double listLag) {
    public static final SimFaults NONE = new SimFaults(0, 0, 0, 0, 0, 0, Duration.ZERO, 0);

    /** Some of everything that fails; nothing that is slow, and no list lag. */
    public static SimFaults errors(double rate) {
        return new SimFaults(rate, rate / 2, rate / 2, rate, rate / 2, 0, Duration.ZERO, 0);
    }

    public SimFaults withDelays(double rate, Duration max) {
        return new SimFaults(refused, appliedButFailed, late, brokenOff, cutShort, rate, max, listLag);
    }

    public SimFaults withListLag(double rate) {
        return new SimFaults(refused, appliedButFailed, late, brokenOff, cutShort, delayed, delayMax, rate);
    }
}
