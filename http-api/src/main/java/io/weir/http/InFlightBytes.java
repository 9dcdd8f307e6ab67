package io.weir.http;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.util.concurrent.atomic.AtomicLong;

/** Counts the bytes of request bodies that the node holds, and refuses more than its bound. Thread-safe, never blocks. */
final class InFlightBytes {
    private final long max;
    private final AtomicLong held = new AtomicLong();

    InFlightBytes(long max) {
        this.max = max;
    }

    long held() {
        return held.get();
    }

    /** @throws WeirException OVERLOADED, and nothing is held more than before */
    void acquire(long bytes) {
        long now = held.addAndGet(bytes);
        if (now > max) {
            held.addAndGet(-bytes);
            throw new WeirException(
                    ErrorCode.OVERLOADED,
                    "This node holds " + (now - bytes) + " of at most " + max
                            + " bytes of requests in flight; send again after the time in Retry-After");
        }
    }

    void release(long bytes) {
        held.addAndGet(-bytes);
    }
}
