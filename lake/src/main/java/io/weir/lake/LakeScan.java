package io.weir.lake;

import io.weir.codec.batch.EncodedRows;
import org.jspecify.annotations.Nullable;

/** A scan under way. Not thread-safe. Blocking. Holds one file open and one batch in memory, and the deletes that apply to that file. */
public interface LakeScan extends AutoCloseable {
    /**
     * The next rows, in the wanted columns, uncompressed; null at the end. Perhaps an empty batch though it is not the end.
     *
     * @throws io.weir.codec.WeirException SCAN_EXPIRED where the snapshot's files are gone since it is older than the table's retention
     */
    @Nullable
    EncodedRows next();

    @Override
    void close();
}
