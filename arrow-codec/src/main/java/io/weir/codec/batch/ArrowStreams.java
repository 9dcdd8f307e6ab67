package io.weir.codec.batch;

import io.weir.codec.schema.Column;
import java.nio.ByteBuffer;
import java.util.List;

/** The framing of an Arrow IPC stream that is sent: schema message, record-batch messages, end of stream. */
public final class ArrowStreams {
    private ArrowStreams() {}

    /** The encapsulated schema message. */
    public static ByteBuffer schemaMessage(List<Column> columns) {
        throw new UnsupportedOperationException("spine: " + columns);
    }

    /** The encapsulated record-batch message as buffers to be sent in order; the body is not copied. */
    public static List<ByteBuffer> batchMessage(EncodedRows rows) {
        throw new UnsupportedOperationException("spine: " + rows);
    }

    /** The eight bytes that end a stream; sent only when all went well. */
    public static ByteBuffer endOfStream() {
        throw new UnsupportedOperationException("spine");
    }
}
