package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.codec.batch.ArrowStreams;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.UntouchedVectors;
import java.nio.ByteBuffer;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.pekko.util.ByteString;

/** Rows as an Arrow IPC stream. Batches go out as the bucket gave them: neither decoded nor copied. */
final class ArrowRows implements RowsFormat {
    private final RowForm form;
    private final BufferAllocator allocator;

    ArrowRows(RowForm form, BufferAllocator allocator) {
        this.form = form;
        this.allocator = allocator;
    }

    @Override
    public ByteString begin() {
        return bytes(ArrowStreams.schemaMessage(form.all()));
    }

    @Override
    public ByteString rows(Slice slice, Positions positions) {
        ByteString out = ByteString.emptyByteString();
        for (Bucket.FetchedRows batch : slice.batches()) {
            out = out.concat(message(form.encode(slice, batch, allocator)));
        }
        positions.moved(slice.bucket(), slice.nextOffset());
        return out;
    }

    static ByteString message(EncodedRows rows) {
        ByteString out = ByteString.emptyByteString();
        for (ByteBuffer part : ArrowStreams.batchMessage(rows)) {
            out = out.concat(bytes(part));
        }
        return out;
    }

    /** Shares the memory where the buffer lets its array be seen, as those of rows do. */
    static ByteString bytes(ByteBuffer buffer) {
        return buffer.hasArray()
                ? ByteString.fromArrayUnsafe(
                        buffer.array(), buffer.arrayOffset() + buffer.position(), buffer.remaining())
                : ByteString.fromByteBuffer(buffer);
    }

    /** A batch of no rows: the stream format has nothing smaller that means nothing. */
    @Override
    public ByteString heartbeat() {
        try (VectorSchemaRoot none = VectorSchemaRoot.create(ArrowSchemas.toArrow(form.all()), allocator)) {
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
        return !form.isPlain();
    }
}
