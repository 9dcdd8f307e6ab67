package io.weir.persistence.log;

import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The {@code .writers} file, version 1, little-endian: the {@link WriterHistory} as it was before the first row of the segment of
 * the same name, and what else only older segments would tell.
 *
 * <pre>
 *  0  u32  magic "WWRT"                 40       then for each writer, longest idle first:
 *  4  u32  version (1)                           u16 length of the id, the id in UTF-8,
 *  8  u32  total length                          u16 number of sequences (at most 256), ascending, each
 * 12  u32  CRC-32C of bytes 16..total                i64 sequence, i64 first offset, i64 next offset
 * 16  i64  base offset of the segment
 * 24  i64  last commit timestamp before it, ms (smallest i64 when there was none)
 * 32  i32  highest leader epoch before it
 * 36  i32  number of writers
 * </pre>
 */
record WritersFile(long baseOffset, long lastTimestampMs, int leaderEpoch, WriterHistory writers) {
    static final int HEAD_BYTES = 40;

    /** Larger than any file that {@link #encode} makes. */
    static final int BYTES_MAX = HEAD_BYTES + WriterHistory.WRITERS_MAX * (4 + 1024 + 256 * 24);

    private static final int MAGIC = 0x54525757; // "WWRT" read little-endian
    private static final int VERSION = 1;
    private static final int CRC_START = 16;

    ByteBuffer encode() {
        int[] bytes = {HEAD_BYTES};
        writers.forEach((id, memory) -> bytes[0] += 4 + utf8(id).length + memory.size() * 24);
        ByteBuffer out = ByteBuffer.allocate(bytes[0]).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(MAGIC).putInt(VERSION).putInt(out.capacity()).putInt(0);
        out.putLong(baseOffset).putLong(lastTimestampMs).putInt(leaderEpoch).putInt(writers.size());
        writers.forEach((id, memory) -> {
            byte[] name = utf8(id);
            out.putShort((short) name.length).put(name).putShort((short) memory.size());
            for (int i = 0; i < memory.size(); i++) {
                out.putLong(memory.sequenceAt(i))
                        .putLong(memory.baseOffsetAt(i))
                        .putLong(memory.nextOffsetAt(i));
            }
        });
        out.putInt(12, SegmentIndexFile.crc(out, CRC_START, out.capacity()));
        return out.flip();
    }

    /** @return null where the file is not a right one for the segment */
    static @Nullable WritersFile read(StoredFile in, long baseOffset) throws IOException {
        if (in.size() > BYTES_MAX) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) in.size());
        in.read(bytes, 0);
        return decode(bytes.flip(), baseOffset);
    }

    /** @return null where the bytes are not a right file for the segment */
    static @Nullable WritersFile decode(ByteBuffer bytes, long baseOffset) {
        ByteBuffer in = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        if (in.limit() < HEAD_BYTES
                || in.getInt(0) != MAGIC
                || in.getInt(4) != VERSION
                || in.getInt(8) != in.limit()
                || in.getInt(12) != SegmentIndexFile.crc(in, CRC_START, in.limit())
                || in.getLong(16) != baseOffset) {
            return null;
        }
        WriterHistory writers = new WriterHistory();
        in.position(HEAD_BYTES);
        try {
            for (int i = in.getInt(36); i > 0; i--) {
                byte[] name = new byte[Short.toUnsignedInt(in.getShort())];
                in.get(name);
                String id = new String(name, StandardCharsets.UTF_8);
                for (int n = Short.toUnsignedInt(in.getShort()); n > 0; n--) {
                    writers.remember(id, in.getLong(), in.getLong(), in.getLong());
                }
            }
        } catch (BufferUnderflowException e) {
            return null;
        }
        return new WritersFile(baseOffset, in.getLong(24), in.getInt(32), writers);
    }

    private static byte[] utf8(String id) {
        return id.getBytes(StandardCharsets.UTF_8);
    }
}
