package io.weir.http;

import java.util.concurrent.Executor;
import org.apache.pekko.util.ByteString;

/** How the rows of a streamed answer are written. Each answer has its own; called by its stream alone, one slice at a time. */
interface RowsFormat {
    /** What stands before any row; may be empty. */
    ByteString begin();

    /** The rows of a slice; blocks on CPU where {@link #takesCpu}. Empty where the slice has none. */
    ByteString rows(Slice slice, Positions positions);

    /** What may stand between rows and means nothing: it shows that the connection lives, and finds out when it does not. */
    ByteString heartbeat();

    /** What says that the answer is whole; may be empty. */
    ByteString end();

    /** What is sent last when the answer fails; empty where the format has no place for it. */
    ByteString failure(Problem problem, String requestId);

    /** Whether {@link #rows} is to be called on the {@link Executor} for CPU work. */
    boolean takesCpu();
}
