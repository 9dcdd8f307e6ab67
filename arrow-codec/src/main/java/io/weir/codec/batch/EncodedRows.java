package io.weir.codec.batch;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Rows as one Arrow IPC record batch: the currency of the write path (checked, not yet stored) and of the read path (projected and
 * filtered). All buffers are views of heap memory, position 0 to limit, so there is nothing to release and an access out of range
 * throws instead of reading foreign memory. Nobody writes to them once they are here; they are not read-only views because those hide
 * the array, which would have to be copied on its way to a socket.
 *
 * @param schemaId schema version of the table that the columns are laid out by (write path); where they are a reader's projection, the
 *     version whose types they have, or 0
 * @param rowCount rows, at least 1 on the write path
 * @param metadata the flatbuffer {@code Message} holding the {@code RecordBatch} (without the IPC continuation and length prefix),
 *     padded to a multiple of 8
 * @param body the record batch's body: the buffers at the offsets that the metadata names, each padded to 8
 */
public record EncodedRows(int schemaId, int rowCount, ByteBuffer metadata, ByteBuffer body) {
    /** A fresh view, so that callers may move its position. */
    @Override
    public ByteBuffer metadata() {
        return metadata.duplicate().order(java.nio.ByteOrder.LITTLE_ENDIAN);
    }

    /** A fresh view, so that callers may move its position. */
    @Override
    public ByteBuffer body() {
        return body.duplicate().order(java.nio.ByteOrder.LITTLE_ENDIAN);
    }

    public int sizeInBytes() {
        return metadata.remaining() + body.remaining();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof EncodedRows that
                && schemaId == that.schemaId
                && rowCount == that.rowCount
                && metadata.equals(that.metadata)
                && body.equals(that.body);
    }

    @Override
    public int hashCode() {
        return 31 * metadata.hashCode() + rowCount;
    }

    @Override
    public String toString() {
        return "EncodedRows[schemaId=%d, rowCount=%d, bytes=%d]".formatted(schemaId, rowCount, sizeInBytes());
    }
}
