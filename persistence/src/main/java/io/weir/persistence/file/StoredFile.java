package io.weir.persistence.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** An open file. Positions are bytes from the start. Reads may run in several threads; writes in one at a time. */
public interface StoredFile extends AutoCloseable {
    /** Reads until {@code target} is full or the file ends. @return bytes read, 0 at or past the end */
    int read(ByteBuffer target, long position) throws IOException;

    /** Writes all remaining bytes of all buffers, in order, starting at {@code position}. */
    void write(List<ByteBuffer> sources, long position) throws IOException;

    long size() throws IOException;

    void truncate(long size) throws IOException;

    /** Returns only when everything written so far is on the disk. After a failure nothing written since the last success may be. */
    void sync() throws IOException;

    @Override
    void close() throws IOException;
}
