package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;

/** Counts what a conversion makes; dictionaries, runs and views let a short message stand for very much. */
final class CopyBudget {
    private final long bytesMax;
    private long bytes;

    CopyBudget(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    void count(long more) {
        bytes += more;
        if (bytes > bytesMax) {
            throw new WeirException(
                    ErrorCode.BODY_TOO_LARGE,
                    "the rows take more than %d bytes; send them in several requests".formatted(bytesMax));
        }
    }
}
