package io.weir.codec.aggregate;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;

/** How much a query may take on the heap, about. */
final class Budget {
    private final long bytesMax;
    private long taken;
    private long lent;

    Budget(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    long bytesMax() {
        return bytesMax;
    }

    /** @param bytes may be negative */
    void take(long bytes) {
        taken += bytes;
        check();
    }

    /** Takes it until {@link #giveBack}. */
    void lend(long bytes) {
        lent += bytes;
        check();
    }

    void giveBack() {
        lent = 0;
    }

    private void check() {
        if (taken + lent > bytesMax) {
            throw new WeirException(
                    ErrorCode.OVERLOADED,
                    "the query's groups take more than " + bytesMax + " bytes; narrow it by where, group by fewer"
                            + " columns, or ask for fewer aggregates");
        }
    }
}
