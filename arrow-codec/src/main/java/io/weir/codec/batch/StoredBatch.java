package io.weir.codec.batch;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;
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
        ByteBuffer writerSection = WriterEntries.encode(writers);
        ByteBuffer metadata = rows.metadata();
        ByteBuffer body = rows.body();
        int changeTypesBytes = changeTypes == null ? 0 : changeTypes.remaining();
        if (changeTypes != null && changeTypesBytes != rows.rowCount()) {
            throw new IllegalArgumentException("changeTypes=%d rows=%d".formatted(changeTypesBytes, rows.rowCount()));
        }
        long total = (long) BatchHeader.SIZE
                + BatchHeader.padded(writerSection.remaining())
                + BatchHeader.padded(statistics.remaining())
                + BatchHeader.padded(changeTypesBytes)
                + BatchHeader.padded(metadata.remaining())
                + BatchHeader.FRONT_CHECKSUM_BYTES
                + body.remaining();
        if (total > BatchHeader.TOTAL_BYTES_MAX) {
            throw new WeirException(
                    ErrorCode.BODY_TOO_LARGE,
                    "a batch of %d rows has %d bytes, the most is %d; send fewer or smaller rows at once"
                            .formatted(rows.rowCount(), total, BatchHeader.TOTAL_BYTES_MAX));
        }
        BatchHeader header = new BatchHeader(
                continues ? BatchHeader.FLAG_CONTINUES : 0,
                (int) total,
                0,
                0,
                0,
                rows.rowCount(),
                0,
                rows.schemaId(),
                writerSection.remaining(),
                statistics.remaining(),
                changeTypesBytes,
                metadata.remaining());
        ByteBuffer bytes = ByteBuffer.allocate((int) total).order(ByteOrder.LITTLE_ENDIAN);
        header.write(bytes);
        bytes.put(writerSection).position(header.statisticsStart());
        bytes.put(statistics.duplicate()).position(header.changeTypesStart());
        if (changeTypes != null) {
            bytes.put(changeTypes.duplicate());
        }
        bytes.position(header.metadataStart()).put(metadata);
        bytes.position(header.bodyStart()).put(body);
        return new StoredBatch(bytes.rewind(), header);
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

    /** Fills in what only the log knows and the checksum, for a batch that is a group of its own. */
    public void stamp(long baseOffset, int leaderEpoch, long commitTimestampMs) {
        stamp(baseOffset, leaderEpoch, commitTimestampMs, 0);
    }

    /**
     * Fills in what only the log knows and the checksum; called by the appending log, again where an append failed.
     *
     * @param groupRowsBefore rows that the same group has before this batch
     */
    public void stamp(long baseOffset, int leaderEpoch, long commitTimestampMs, int groupRowsBefore) {
        bytes.putLong(16, baseOffset).putLong(24, commitTimestampMs).putInt(32, groupRowsBefore);
        bytes.putInt(40, leaderEpoch);
        bytes.putInt(header.frontChecksumPosition(), frontChecksum(bytes, header));
        bytes.putInt(12, checksum());
        header = Objects.requireNonNull(BatchHeader.read(bytes), "a stamped batch has a plausible head");
    }

    /**
     * The checksum of all that is before the body, for readers that do not read all of it.
     *
     * @param bytes the batch, from its first byte at least up to its body
     */
    public static boolean frontMatches(ByteBuffer bytes, BatchHeader header) {
        return bytes.duplicate()
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .getInt(bytes.position() + header.frontChecksumPosition())
                == frontChecksum(bytes, header);
    }

    private static int frontChecksum(ByteBuffer bytes, BatchHeader header) {
        int start = bytes.position();
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().limit(start + BatchHeader.CRC_POSITION));
        crc.update(bytes.duplicate()
                .limit(start + header.frontChecksumPosition())
                .position(start + BatchHeader.CRC_START));
        return (int) crc.getValue();
    }

    public boolean checksumMatches() {
        return checksum() == header.crc();
    }

    private int checksum() {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().position(0).limit(BatchHeader.CRC_POSITION));
        crc.update(bytes.duplicate().position(BatchHeader.CRC_START));
        return (int) crc.getValue();
    }

    public BatchHeader header() {
        return header;
    }

    /** A fresh view of all bytes. */
    public ByteBuffer bytes() {
        return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** @throws WeirException CORRUPT_DATA */
    public List<WriterEntry> writers() {
        return writers(header, bytes);
    }

    /**
     * The writer entries of a batch that is not at hand as a whole.
     *
     * @param front the batch, from its first byte at least up to the end of its writer entries
     * @throws WeirException CORRUPT_DATA
     */
    public static List<WriterEntry> writers(BatchHeader header, ByteBuffer front) {
        return WriterEntries.decode(front.slice(front.position() + header.writersStart(), header.writersBytes()));
    }

    /** @throws WeirException CORRUPT_DATA */
    public BatchStatistics statistics() {
        return BatchStatistics.decode(bytes.slice(header.statisticsStart(), header.statisticsBytes()));
    }

    /** One byte a row, or null when all rows are inserts. */
    public @Nullable ByteBuffer changeTypes() {
        return header.changeTypesBytes() == 0
                ? null
                : bytes.slice(header.changeTypesStart(), header.changeTypesBytes());
    }

    /** Views of the batch's own bytes. */
    public EncodedRows rows() {
        return new EncodedRows(
                header.schemaId(),
                header.rowCount(),
                bytes.slice(header.metadataStart(), header.metadataBytes()),
                bytes.slice(header.bodyStart(), header.bodyBytes()));
    }
}
