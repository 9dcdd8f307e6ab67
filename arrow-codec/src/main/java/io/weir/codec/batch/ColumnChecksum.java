package io.weir.codec.batch;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * CRC-32C of a column's buffers as they are stored (compressed where they are), in flattened order, without the padding between
 * them: what stands between buffers is not the column's, and a projection may lay it out anew.
 */
final class ColumnChecksum {
    private ColumnChecksum() {}

    /** @param from,to the column's buffers, {@code to} exclusive */
    static int of(BatchLayout layout, ByteBuffer body, int from, int to) {
        CRC32C crc = new CRC32C();
        ByteBuffer view = body.duplicate();
        int start = body.position();
        for (int i = from; i < to; i++) {
            if (layout.bufferLength(i) > 0) {
                int offset = start + layout.bufferOffset(i);
                crc.update(view.limit(offset + layout.bufferLength(i)).position(offset));
            }
        }
        return (int) crc.getValue();
    }
}
