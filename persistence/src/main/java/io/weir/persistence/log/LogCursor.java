package io.weir.persistence.log;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Walks the durable batches of a log from an offset on. One thread at a time. Segments deleted meanwhile stay readable to it. */
public interface LogCursor extends AutoCloseable {
    /**
     * The next batch, the first one being that which holds the asked offset; null at the end offset that the log had when the
     * cursor was opened.
     *
     * @throws io.weir.codec.WeirException CORRUPT_DATA naming the offsets that are lost
     */
    @Nullable
    LogBatch next() throws IOException;

    @Override
    void close();
}
