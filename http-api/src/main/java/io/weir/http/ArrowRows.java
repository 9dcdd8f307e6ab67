package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.codec.batch.ArrowStreams;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.UntouchedVectors;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.pekko.util.ByteString;

/** Rows as an Arrow IPC stream. Batches go out as the bucket gave them: neither decoded nor copied. */
final class ArrowRows implements RowsFormat {
    private final List<Column> columns;
    private final boolean metadata;
    private final BufferAllocator allocator;

    ArrowRows(List<Column> columns, boolean metadata, BufferAllocator allocator) {
        this.columns = columns;
        this.metadata = metadata;
        this.allocator = allocator;
    }

    @Override
    public ByteString begin() {
        return bytes(ArrowStreams.schemaMessage(metadata ? MetadataColumns.after(columns) : columns));
    }

    @Override
    public ByteString rows(Slice slice, LogReader.Positions positions) {
        ByteString out = ByteString.emptyByteString();
        for (Bucket.FetchedRows batch : slice.batches()) {
            EncodedRows rows =
                    metadata ? MetadataColumns.append(columns, slice.bucket(), batch, allocator) : batch.rows();
            out = out.concat(message(rows));
        }
        positions.moved(slice.bucket(), slice.nextOffset());
        return out;
    }

    private static ByteString message(EncodedRows rows) {
        ByteString out = ByteString.emptyByteString();
        for (ByteBuffer part : ArrowStreams.batchMessage(rows)) {
            out = out.concat(bytes(part));
        }
        return out;
    }

    /** Shares the memory where the buffer lets its array be seen, as those of rows do. */
    private static ByteString bytes(ByteBuffer buffer) {
        return buffer.hasArray()
                ? ByteString.fromArrayUnsafe(
                        buffer.array(), buffer.arrayOffset() + buffer.position(), buffer.remaining())
                : ByteString.fromByteBuffer(buffer);
    }

    /** A batch of no rows: the stream format has nothing smaller that means nothing. */
    @Override
    public ByteString heartbeat() {
        List<Column> all = metadata ? MetadataColumns.after(columns) : columns;
        try (VectorSchemaRoot none = VectorSchemaRoot.create(ArrowSchemas.toArrow(all), allocator)) {
            UntouchedVectors.allocate(none);
            none.setRowCount(0);
            return message(RecordBatches.encode(0, none));
        }
    }

    @Override
    public ByteString end() {
        return bytes(ArrowStreams.endOfStream());
    }

    /** Nothing: the missing end-of-stream marker and the broken connection say it. */
    @Override
    public ByteString failure(Problem problem, String requestId) {
        return ByteString.emptyByteString();
    }

    @Override
    public boolean takesCpu() {
        return metadata;
    }
}
