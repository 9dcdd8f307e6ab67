package io.weir.persistence.log;

import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The {@code .index} file of a sealed segment, version 1, little-endian: what is known of the segment without reading it. It can
 * always be rebuilt from the segment.
 *
 * <pre>
 *  0  u32  magic "WIDX"                 44  i32  number of entries
 *  4  u32  version (1)                  48  i64  last commit timestamp, ms
 *  8  i64  base offset                  56  u32  CRC-32C of the entries
 * 16  i64  end offset                   60  u32  CRC-32C of bytes 0..60
 * 24  i64  end position in the .log     64       entries of 24 bytes, ascending:
 * 32  i64  first commit timestamp, ms            i64 offset, i64 position, i64 commit timestamp
 * 40  i32  highest leader epoch
 * </pre>
 *
 * @param endPosition bytes of the segment's file that are its own; what follows is left over from a failed write
 */
record SegmentIndexFile(
        long baseOffset,
        long endOffset,
        long endPosition,
        long firstTimestampMs,
        int leaderEpoch,
        int entries,
        long lastTimestampMs,
        int entriesCrc) {
    static final int HEAD_BYTES = 64;
    private static final int MAGIC = 0x58444957; // "WIDX" read little-endian
    private static final int VERSION = 1;
    private static final int HEAD_CRC_AT = 60;

    static ByteBuffer encode(long baseOffset, SegmentExtent extent, SparseIndex index) {
        int entries = index.size();
        ByteBuffer out = ByteBuffer.allocate(HEAD_BYTES + entries * SparseIndex.ENTRY_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        out.position(HEAD_BYTES);
        index.encode(out);
        out.putInt(0, MAGIC).putInt(4, VERSION).putLong(8, baseOffset).putLong(16, extent.endOffset());
        out.putLong(24, extent.endPosition()).putLong(32, extent.firstTimestampMs());
        out.putInt(40, extent.leaderEpoch()).putInt(44, entries).putLong(48, extent.lastTimestampMs());
        out.putInt(56, crc(out, HEAD_BYTES, out.capacity()));
        out.putInt(HEAD_CRC_AT, crc(out, 0, HEAD_CRC_AT));
        return out.flip();
    }

    /** @return null where the bytes are not a right head */
    static @Nullable SegmentIndexFile decodeHead(ByteBuffer head) {
        ByteBuffer in = head.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        if (in.limit() < HEAD_BYTES
                || in.getInt(0) != MAGIC
                || in.getInt(4) != VERSION
                || in.getInt(HEAD_CRC_AT) != crc(in, 0, HEAD_CRC_AT)) {
            return null;
        }
        return new SegmentIndexFile(
                in.getLong(8),
                in.getLong(16),
                in.getLong(24),
                in.getLong(32),
                in.getInt(40),
                in.getInt(44),
                in.getLong(48),
                in.getInt(56));
    }

    /** @return null where the head is wrong or the file's length does not fit it */
    static @Nullable SegmentIndexFile readHead(StoredFile in) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(HEAD_BYTES);
        in.read(bytes, 0);
        SegmentIndexFile head = decodeHead(bytes.flip());
        boolean fits = head != null
                && head.entries() >= 0
                && in.size() == HEAD_BYTES + (long) head.entries() * SparseIndex.ENTRY_BYTES
                && in.size() <= Integer.MAX_VALUE - 8;
        return fits ? head : null;
    }

    /** @return null where the file is not a right index of the segment */
    static @Nullable SparseIndex readEntries(StoredFile in, long baseOffset, int intervalBytes) throws IOException {
        SegmentIndexFile head = readHead(in);
        if (head == null || head.baseOffset() != baseOffset) {
            return null;
        }
        ByteBuffer entries = ByteBuffer.allocate(head.entries() * SparseIndex.ENTRY_BYTES);
        in.read(entries, HEAD_BYTES);
        return head.decodeEntries(entries.flip(), intervalBytes);
    }

    SegmentExtent extent() {
        return new SegmentExtent(endOffset, endPosition, firstTimestampMs, lastTimestampMs, leaderEpoch);
    }

    /** @return null where the entries' bytes are wrong */
    @Nullable
    SparseIndex decodeEntries(ByteBuffer bytes, int intervalBytes) {
        ByteBuffer in = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        boolean right = in.limit() == entries * SparseIndex.ENTRY_BYTES && crc(in, 0, in.limit()) == entriesCrc;
        return right ? SparseIndex.decode(in, entries, intervalBytes) : null;
    }

    static int crc(ByteBuffer bytes, int from, int to) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().clear().position(from).limit(to));
        return (int) crc.getValue();
    }
}
