package io.weir.persistence.kv;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A store at one moment. Used by one thread at a time. */
public interface KvView extends AutoCloseable {
    byte @Nullable [] get(byte[] key) throws IOException;

    /** Entries from the first key at or after this one on, ascending. */
    KvCursor from(byte[] key) throws IOException;

    @Override
    void close() throws IOException;
}
