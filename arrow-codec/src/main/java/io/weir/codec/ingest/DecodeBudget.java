package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;

/** What is left of {@link DecodeLimits} for the rest of a request. */
final class DecodeBudget {
    private final DecodeLimits limits;
    private long bytes;
    private long rows;

    DecodeBudget(DecodeLimits limits) {
        this.limits = limits;
        this.bytes = limits.decodedBytes();
        this.rows = limits.rows();
    }

    long bytesLeft() {
        return bytes;
    }

    void takeBytes(long count) {
        bytes -= count;
        if (bytes < 0) {
            throw new WeirException(
                    ErrorCode.BODY_TOO_LARGE,
                    "the rows decode to more than %d bytes; send them in several requests"
                            .formatted(limits.decodedBytes()));
        }
    }

    void takeRows(long count) {
        rows -= count;
        if (rows < 0) {
            throw new WeirException(
                    ErrorCode.BODY_TOO_LARGE,
                    "the request has more than %d rows; send them in several requests".formatted(limits.rows()));
        }
    }
}
