package io.weir.codec.ingest;

import io.weir.codec.batch.EncodedRows;
import java.nio.ByteBuffer;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Checked rows for a primary-key table, of one kind.
 *
 * @param rows laid out by a whole schema version; columns that a PATCH does not set and a DELETE does not need are null
 * @param present of a PATCH: for each row, {@code ceil(columns / 8)} bytes with a bit (from the lowest) for each column that it sets, key
 *     columns included; else null
 */
public record ChangedRows(
        ChangeKind kind, EncodedRows rows, @Nullable ByteBuffer present) {
    /** Columns that the row sets, or null for all. */
    public @Nullable BitSet present(int row) {
        if (present == null) {
            return null;
        }
        int bytesEach = present.remaining() / rows.rowCount();
        return BitSet.valueOf(present.slice(present.position() + row * bytesEach, bytesEach));
    }

    public long sizeInBytes() {
        return (long) rows.sizeInBytes() + (present == null ? 0 : present.remaining());
    }
}
