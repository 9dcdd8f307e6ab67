package io.weir.codec.batch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The fixed head of a stored batch, version 1, little-endian, {@value #SIZE} bytes:
 *
 * <pre>
 *  0  u32  magic "WBAT"                       36  i32  rows in the batch
 *  4  u8   format version (1)                 40  i32  leader epoch
 *  5  u8   0                                  44  i32  schema id
 *  6  u16  flags (bit 0: CONTINUES)           48  i32  length of writer entries
 *  8  u32  total length, this head included   52  i32  length of column statistics
 * 12  u32  CRC-32C of bytes 0..12, 16..total  56  i32  length of change types (0: all inserts)
 * 16  i64  base offset                        60  i32  length of the Arrow metadata
 * 24  i64  commit timestamp, ms since epoch   64       sections in that order, each padded with zeros to 8,
 * 32  i32  rows of the same group before these          then u32 CRC-32C of all before it but bytes 12..16,
 *                                                        u32 0, and the Arrow body up to the total length
 * </pre>
 *
 * A batch of no rows holds writer entries and no statistics: it remembers requests that changed nothing, and readers never see it.
 *
 * <p>Section lengths are without padding. CONTINUES says that the request which this batch belongs to goes on in the next one;
 * recovery drops a tail that ends in such a batch, so a request is stored whole or not at all. The batches of a group were written
 * and synced together: all that stands before the group's first row was durable when a batch of the group was written, which lets
 * recovery tell a torn group from damage to acknowledged rows.
 */
public record BatchHeader(
        int flags,
        int totalBytes,
        int crc,
        long baseOffset,
        long commitTimestampMs,
        int rowCount,
        int leaderEpoch,
        int schemaId,
        int writersBytes,
        int statisticsBytes,
        int changeTypesBytes,
        int metadataBytes,
        int groupRowsBefore) {
    public static final int SIZE = 64;
    public static final int MAGIC = 0x54414257; // "WBAT" read little-endian
    public static final int VERSION = 1;
    /** Where the checksum stands; it covers what is before it and what is from {@link #CRC_START} on. */
    public static final int CRC_POSITION = 12;

    public static final int CRC_START = 16;

    /** A u32 checksum and four zero bytes, between the sections and the body. */
    public static final int FRONT_CHECKSUM_BYTES = 8;

    public static final int FLAG_CONTINUES = 1;

    /** Largest stored batch; a larger length in a head is corruption. */
    public static final int TOTAL_BYTES_MAX = 64 << 20;

    /** A head that is the first of its group, as a batch has it until it is stamped. */
    public BatchHeader(
            int flags,
            int totalBytes,
            int crc,
            long baseOffset,
            long commitTimestampMs,
            int rowCount,
            int leaderEpoch,
            int schemaId,
            int writersBytes,
            int statisticsBytes,
            int changeTypesBytes,
            int metadataBytes) {
        this(
                flags,
                totalBytes,
                crc,
                baseOffset,
                commitTimestampMs,
                rowCount,
                leaderEpoch,
                schemaId,
                writersBytes,
                statisticsBytes,
                changeTypesBytes,
                metadataBytes,
                0);
    }

    /** Offset of the first row of the group that the batch was written in. */
    public long groupBaseOffset() {
        return baseOffset - groupRowsBefore;
    }

    /** Offset past the last row. */
    public long nextOffset() {
        return baseOffset + rowCount;
    }

    public boolean continues() {
        return (flags & FLAG_CONTINUES) != 0;
    }

    public int writersStart() {
        return SIZE;
    }

    public int statisticsStart() {
        return writersStart() + padded(writersBytes);
    }

    public int changeTypesStart() {
        return statisticsStart() + padded(statisticsBytes);
    }

    public int metadataStart() {
        return changeTypesStart() + padded(changeTypesBytes);
    }

    /** Where the checksum of all that is before the body stands; it covers what is before it but for the other checksum. */
    public int frontChecksumPosition() {
        return metadataStart() + padded(metadataBytes);
    }

    public int bodyStart() {
        return frontChecksumPosition() + FRONT_CHECKSUM_BYTES;
    }

    public int bodyBytes() {
        return totalBytes - bodyStart();
    }

    public static int padded(int length) {
        return (length + 7) & ~7;
    }

    /** True when the lengths can be those of a batch: not negative, within the total, total within {@link #TOTAL_BYTES_MAX}. */
    public boolean isPlausible() {
        return (flags & ~FLAG_CONTINUES) == 0
                && totalBytes >= SIZE
                && totalBytes <= TOTAL_BYTES_MAX
                && (rowCount > 0 || isPlausibleWithoutRows())
                && baseOffset >= 0
                && baseOffset <= Long.MAX_VALUE - rowCount
                && groupRowsBefore >= 0
                && groupRowsBefore <= baseOffset
                && writersBytes >= 0
                && statisticsBytes >= 0
                && (changeTypesBytes == 0 || changeTypesBytes == rowCount)
                && metadataBytes >= 0
                && (long) padded(writersBytes)
                                + padded(statisticsBytes)
                                + padded(changeTypesBytes)
                                + padded(metadataBytes)
                                + SIZE
                                + FRONT_CHECKSUM_BYTES
                        <= totalBytes
                && writersBytes < totalBytes
                && statisticsBytes < totalBytes
                && metadataBytes < totalBytes;
    }

    /** A request that changed nothing is remembered by a batch of no rows. */
    private boolean isPlausibleWithoutRows() {
        return rowCount == 0 && writersBytes > 0 && statisticsBytes == 0;
    }

    /**
     * Reads the head at the buffer's position, which does not move.
     *
     * @return null where the magic or the version is not ours or the lengths are not plausible
     */
    public static @org.jspecify.annotations.Nullable BatchHeader read(ByteBuffer buffer) {
        ByteBuffer in = buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int p = in.position();
        if (in.remaining() < SIZE || in.getInt(p) != MAGIC || in.get(p + 4) != VERSION || in.get(p + 5) != 0) {
            return null;
        }
        BatchHeader header = new BatchHeader(
                Short.toUnsignedInt(in.getShort(p + 6)),
                in.getInt(p + 8),
                in.getInt(p + 12),
                in.getLong(p + 16),
                in.getLong(p + 24),
                in.getInt(p + 36),
                in.getInt(p + 40),
                in.getInt(p + 44),
                in.getInt(p + 48),
                in.getInt(p + 52),
                in.getInt(p + 56),
                in.getInt(p + 60),
                in.getInt(p + 32));
        return header.isPlausible() ? header : null;
    }

    /** Writes the head at the buffer's position and moves it by {@link #SIZE}. */
    public void write(ByteBuffer out) {
        ByteOrder order = out.order();
        out.order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(MAGIC).put((byte) VERSION).put((byte) 0).putShort((short) flags);
        out.putInt(totalBytes)
                .putInt(crc)
                .putLong(baseOffset)
                .putLong(commitTimestampMs)
                .putInt(groupRowsBefore);
        out.putInt(rowCount).putInt(leaderEpoch).putInt(schemaId);
        out.putInt(writersBytes)
                .putInt(statisticsBytes)
                .putInt(changeTypesBytes)
                .putInt(metadataBytes);
        out.order(order);
    }
}
