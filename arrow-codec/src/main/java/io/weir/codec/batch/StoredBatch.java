package io.weir.codec.batch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A whole batch in its stored form (format in {@link BatchHeader}); made unstamped by {@link #assemble}, stamped once by the log
 * that appends it, and read back by {@link #of}. Holds one heap array.
 */
public final class StoredBatch {
    private final ByteBuffer bytes;
    private BatchHeader header;

    private StoredBatch(ByteBuffer bytes, BatchHeader header) {
        this.bytes = bytes;
        this.header = header;
    }

    /**
     * Lays out rows as a batch that still lacks base offset, leader epoch, commit timestamp and checksum.
     *
     * @param statistics an encoded statistics section ({@link BatchStatistics#encode}); may be empty
     * @param changeTypes one byte a row, or null when all rows are inserts
     * @param continues whether the last row's request goes on in the next batch
     */
    public static StoredBatch assemble(
            EncodedRows rows,
            List<WriterEntry> writers,
            ByteBuffer statistics,
            @Nullable ByteBuffer changeTypes,
            boolean continues) {
        throw new UnsupportedOperationException("spine: " + rows + writers + statistics + changeTypes + continues);
    }

    /**
     * A batch as it was read: the buffer's remaining bytes are exactly the batch. The checksum is not checked here.
     *
     * @throws IllegalArgumentException where the head is not plausible or the length differs
     */
    public static StoredBatch of(ByteBuffer bytes) {
        BatchHeader header = BatchHeader.read(bytes);
        if (header == null || header.totalBytes() != bytes.remaining()) {
            throw new IllegalArgumentException("not a batch: remaining=" + bytes.remaining() + " header=" + header);
        }
        return new StoredBatch(bytes.slice().order(ByteOrder.LITTLE_ENDIAN), header);
    }

    /** Fills in what only the log knows and the checksum; called once, by the appending log. */
    public void stamp(long baseOffset, int leaderEpoch, long commitTimestampMs) {
        throw new UnsupportedOperationException(
                "spine: " + bytes + baseOffset + leaderEpoch + commitTimestampMs + header);
    }

    public boolean checksumMatches() {
        throw new UnsupportedOperationException("spine");
    }

    public BatchHeader header() {
        return header;
    }

    /** A fresh view of all bytes. */
    public ByteBuffer bytes() {
        return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    public List<WriterEntry> writers() {
        throw new UnsupportedOperationException("spine");
    }

    public EncodedRows rows() {
        throw new UnsupportedOperationException("spine");
    }
}
