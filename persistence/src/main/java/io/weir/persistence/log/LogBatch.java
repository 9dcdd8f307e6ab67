package io.weir.persistence.log;

import io.weir.codec.batch.BatchHeader;
import io.weir.codec.batch.BatchStatistics;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.Projection;
import io.weir.codec.batch.StoredBatch;
import io.weir.codec.schema.TableSchema;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A batch in the log that has not been read yet, but for its head. Valid while the {@link LogCursor} that gave it is open. */
public interface LogBatch {
    BatchHeader header();

    /** The column statistics; reads the sections before the body, and not the body. */
    BatchStatistics statistics() throws IOException;

    /** One byte a row, or null when all are inserts. */
    @Nullable
    ByteBuffer changeTypes() throws IOException;

    /** The Arrow metadata section, for {@link Projection#plan}. */
    ByteBuffer metadata() throws IOException;

    /**
     * Reads the whole batch and checks its checksum.
     *
     * @throws io.weir.codec.WeirException CORRUPT_DATA naming the segment, position and offsets
     */
    StoredBatch readAll() throws IOException;

    /** Reads only the byte ranges that the projection names, unchecked: for metadata and bytes that are checked elsewhere. */
    EncodedRows read(Projection projection) throws IOException;

    /**
     * Reads only the byte ranges that the projection names, and checks each column against its own checksum.
     *
     * @param written the schema version that the batch was written with
     * @throws io.weir.codec.WeirException CORRUPT_DATA naming the column, segment, position and offsets
     */
    EncodedRows read(TableSchema written, Projection projection) throws IOException;
}
