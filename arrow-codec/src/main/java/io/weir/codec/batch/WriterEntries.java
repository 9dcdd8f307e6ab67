package io.weir.codec.batch;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The writer-entries section of a stored batch, version 1; entries follow each other up to the section's end:
 *
 * <pre>
 *  0  i64  sequence            16  u16  n, length of the writer id in bytes
 *  8  i32  end row             18  n bytes of UTF-8
 * 12  i32  rows
 * </pre>
 */
final class WriterEntries {
    private static final int FIXED_BYTES = 18;

    private WriterEntries() {}

    static ByteBuffer encode(List<WriterEntry> entries) {
        List<byte[]> ids = entries.stream()
                .map(entry -> entry.writerId().getBytes(StandardCharsets.UTF_8))
                .toList();
        int bytes = ids.stream().mapToInt(id -> id.length + FIXED_BYTES).sum();
        ByteBuffer out = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < ids.size(); i++) {
            WriterEntry entry = entries.get(i);
            out.putLong(entry.sequence()).putInt(entry.endRow()).putInt(entry.rows());
            out.putShort((short) ids.get(i).length).put(ids.get(i));
        }
        return out.flip();
    }

    static List<WriterEntry> decode(ByteBuffer section) {
        ByteBuffer in = section.slice().order(ByteOrder.LITTLE_ENDIAN);
        List<WriterEntry> entries = new ArrayList<>();
        try {
            while (in.hasRemaining()) {
                long sequence = in.getLong();
                int endRow = in.getInt();
                int rows = in.getInt();
                byte[] id = new byte[Short.toUnsignedInt(in.getShort())];
                in.get(id);
                entries.add(new WriterEntry(new String(id, StandardCharsets.UTF_8), sequence, endRow, rows));
            }
        } catch (BufferUnderflowException e) {
            throw new WeirException(
                    ErrorCode.CORRUPT_DATA, "the writer entries of a batch end within entry " + entries.size(), e);
        }
        return entries;
    }
}
