package io.weir.codec.batch;

import com.google.flatbuffers.FlatBufferBuilder;
import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.Column;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.MetadataVersion;

/** The framing of an Arrow IPC stream that is sent: schema message, record-batch messages, end of stream. */
public final class ArrowStreams {
    static final int CONTINUATION = -1;
    private static final int PREFIX_BYTES = 8;

    private ArrowStreams() {}

    /** The encapsulated schema message. */
    public static ByteBuffer schemaMessage(List<Column> columns) {
        FlatBufferBuilder out = new FlatBufferBuilder(1024);
        int schema = ArrowSchemas.toArrow(columns).getSchema(out);
        Message.startMessage(out);
        Message.addVersion(out, MetadataVersion.V5);
        Message.addHeaderType(out, MessageHeader.Schema);
        Message.addHeader(out, schema);
        Message.addBodyLength(out, 0);
        Message.finishMessageBuffer(out, Message.endMessage(out));
        ByteBuffer metadata = out.dataBuffer();
        int length = BatchHeader.padded(metadata.remaining());
        ByteBuffer message = ByteBuffer.allocate(PREFIX_BYTES + length).order(ByteOrder.LITTLE_ENDIAN);
        message.putInt(CONTINUATION).putInt(length).put(metadata);
        return message.rewind().asReadOnlyBuffer();
    }

    /** The encapsulated record-batch message as buffers to be sent in order; the body is not copied. */
    public static List<ByteBuffer> batchMessage(EncodedRows rows) {
        ByteBuffer metadata = rows.metadata();
        ByteBuffer head =
                ByteBuffer.allocate(PREFIX_BYTES + metadata.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        head.putInt(CONTINUATION).putInt(metadata.remaining()).put(metadata).flip();
        return List.of(head.asReadOnlyBuffer(), rows.body());
    }

    /** The eight bytes that end a stream; sent only when all went well. */
    public static ByteBuffer endOfStream() {
        ByteBuffer end = ByteBuffer.allocate(PREFIX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return end.putInt(CONTINUATION).putInt(0).flip().asReadOnlyBuffer();
    }
}
