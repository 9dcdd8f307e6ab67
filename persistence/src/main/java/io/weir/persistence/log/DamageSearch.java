package io.weir.persistence.log;

import io.weir.codec.batch.BatchHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Looks behind bad bytes for the next batch that is whole: magic, plausible head, offset in range, right checksum. */
final class DamageSearch {
    /** Checksums read at most so much, so that bytes made to look like heads cannot hold up a start for long. */
    private static final long CHECKED_BYTES_MAX = 1L << 30;

    private static final int CHUNK_BYTES = 64 << 10;

    /** A whole batch and where it stands. */
    record Found(long position, BatchHeader header) {
        long nextPosition() {
            return position + header.totalBytes();
        }
    }

    private final FileWindow window;
    private final long endOffset;
    private long checkedBytes;

    /** @param endOffset batches that reach past this offset are not looked for */
    DamageSearch(FileWindow window, long endOffset) {
        this.window = window;
        this.endOffset = endOffset;
    }

    /** The first whole batch at or after the position whose rows begin at or after the offset, or null. */
    @Nullable
    Found next(long fromPosition, long fromOffset) throws IOException {
        long at = fromPosition;
        while (window.limit() - at >= BatchHeader.SIZE) {
            int length = (int) Math.min(CHUNK_BYTES, window.limit() - at);
            ByteBuffer chunk = window.bytes(at, length);
            if (chunk == null) {
                return null;
            }
            for (int i = 0; i + Integer.BYTES <= length; i++) {
                if (chunk.get(i) == (byte) BatchHeader.MAGIC && chunk.getInt(i) == BatchHeader.MAGIC) {
                    BatchHeader header = whole(at + i, fromOffset);
                    if (header != null) {
                        return new Found(at + i, header);
                    }
                }
            }
            at += length - Integer.BYTES + 1;
        }
        return null;
    }

    private @Nullable BatchHeader whole(long position, long fromOffset) throws IOException {
        BatchHeader header = window.anyHead(position);
        if (header == null
                || header.baseOffset() < fromOffset
                || header.nextOffset() > endOffset
                || checkedBytes > CHECKED_BYTES_MAX) {
            return null;
        }
        checkedBytes += header.totalBytes();
        return window.checksumMatches(position, header) ? header : null;
    }
}
