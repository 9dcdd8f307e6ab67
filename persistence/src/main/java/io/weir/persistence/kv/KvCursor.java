package io.weir.persistence.kv;

import java.io.IOException;

/** Walks entries in order; before the first {@link #next} it is at none. */
public interface KvCursor extends AutoCloseable {
    /** @return false when there are no more */
    boolean next() throws IOException;

    byte[] key();

    byte[] value();

    @Override
    void close() throws IOException;
}
