package io.weir.persistence.kv;

import io.weir.persistence.file.DiskFullException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sorted byte keys and their values. Keys are in unsigned order. One writer at a time, any number of readers beside it; {@link #close}
 * only when nobody uses the store or a view of it any more. A write that failed may have been applied or not; where writes go on
 * failing, the store is to be closed and opened again. Failures are IOExceptions; damage that is found is WeirException
 * CORRUPT_DATA.
 */
public interface KvStore extends AutoCloseable {
    byte @Nullable [] get(byte[] key) throws IOException;

    /**
     * All of the batch or none of it. Survives the end of the process, but not certainly a power loss: after one, any part of what
     * was written since the last {@link #sync} may be missing.
     */
    void write(KvBatch batch) throws IOException;

    /**
     * To be asked before the log is appended to: a write that LevelDB has no room for can leave the store broken or, because it writes
     * through memory maps, end the process.
     *
     * @param bytes of the batch that is to be written, {@link KvBatch#sizeInBytes} or an upper bound
     * @throws DiskFullException where the disk would not keep its reserve
     */
    void ensureRoom(long bytes) throws DiskFullException;

    /** The store as it is now, whatever is written later. To be closed soon: it keeps old values from being cleaned up. */
    KvView view() throws IOException;

    /** Returns when all that was written before is on the disk for certain. */
    void sync() throws IOException;

    /**
     * Copies the store as it is into a new directory; files that never change are linked where the file system can. Nobody may write
     * meanwhile. Compactions stand still for that moment, after one that runs has ended. The copy is not synced. A failure leaves a
     * part of it, which is to be deleted.
     *
     * @param directory does not exist; its parent does
     * @return names of the files that never change: another copy of the open store that has a file of this name has the same one
     */
    List<String> copyTo(Path directory) throws IOException;

    /** About how much it takes on the disk. */
    long sizeInBytes() throws IOException;

    @Override
    void close() throws IOException;
}
