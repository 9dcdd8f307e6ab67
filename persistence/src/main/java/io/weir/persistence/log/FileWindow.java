package io.weir.persistence.log;

import io.weir.codec.batch.BatchHeader;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Reads a segment's file ahead in chunks, so that walking from head to head costs few system calls. One thread. */
final class FileWindow {
    private final StoredFile file;
    private final long limit;
    private final int chunkBytes;
    private ByteBuffer buffer = ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);
    private long start;

    /** @param limit nothing at or past this position is read */
    FileWindow(StoredFile file, long limit, int chunkBytes) {
        this.file = file;
        this.limit = limit;
        this.chunkBytes = chunkBytes;
    }

    long limit() {
        return limit;
    }

    /**
     * A view of the bytes, little-endian, its position at the first of them.
     *
     * @return null where the limit or the end of the file comes before {@code position + length}
     */
    @Nullable
    ByteBuffer bytes(long position, int length) throws IOException {
        if (position < 0 || length > limit - position) {
            return null;
        }
        if (position < start || position + length > start + buffer.limit()) {
            fill(position, length);
            if (length > buffer.limit()) {
                return null;
            }
        }
        int at = Math.toIntExact(position - start);
        return buffer.slice(at, length).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** What is already here of the bytes from {@code position} on; may be empty. */
    ByteBuffer available(long position, int lengthMax) {
        long at = position - start;
        if (at < 0 || at >= buffer.limit()) {
            return ByteBuffer.allocate(0);
        }
        return buffer.slice((int) at, (int) Math.min(lengthMax, buffer.limit() - at));
    }

    /** A new buffer each time: views of the former one are still in use by batches that were handed out. */
    private void fill(long position, int length) throws IOException {
        int size = (int) Math.min(Math.max(chunkBytes, length), limit - position);
        ByteBuffer fresh = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        file.read(fresh, position);
        buffer = fresh.flip();
        start = position;
    }

    /** The head at the position if it can be that of the batch which begins with this offset and ends before the limit, else null. */
    @Nullable
    BatchHeader head(long position, long baseOffset) throws IOException {
        BatchHeader header = anyHead(position);
        return header != null && header.baseOffset() == baseOffset ? header : null;
    }

    /** The head at the position if it is plausible and its batch ends before the limit, else null. */
    @Nullable
    BatchHeader anyHead(long position) throws IOException {
        ByteBuffer bytes = bytes(position, BatchHeader.SIZE);
        BatchHeader header = bytes == null ? null : BatchHeader.read(bytes);
        return header != null && header.totalBytes() <= limit - position ? header : null;
    }

    /** Reads the whole batch and compares its checksum. */
    boolean checksumMatches(long position, BatchHeader header) throws IOException {
        CRC32C crc = new CRC32C();
        long at = position + BatchHeader.CRC_START;
        long end = position + header.totalBytes();
        while (at < end) {
            int n = (int) Math.min(chunkBytes, end - at);
            ByteBuffer bytes = bytes(at, n);
            if (bytes == null) {
                return false;
            }
            crc.update(bytes);
            at += n;
        }
        return BatchHeader.checksum((int) crc.getValue(), header.flags()) == header.crc();
    }
}
