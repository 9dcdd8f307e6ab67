package io.weir.bench;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;

/** Reads an Arrow stream to its end-of-stream marker, message by message, and counts. Bodies are received, not looked into. */
record ArrowCounter(long rows, long bytes) {
    static ArrowCounter drain(InputStream source) throws IOException {
        DataInputStream in = new DataInputStream(source);
        byte[] sink = new byte[1 << 18];
        long rows = 0;
        long bytes = 0;
        while (true) {
            in.readInt();
            int metadataLength = Integer.reverseBytes(in.readInt());
            bytes += 8 + metadataLength;
            if (metadataLength == 0) {
                return new ArrowCounter(rows, bytes);
            }
            byte[] metadata = in.readNBytes(metadataLength);
            Message message = Message.getRootAsMessage(ByteBuffer.wrap(metadata).order(ByteOrder.LITTLE_ENDIAN));
            if (message.headerType() == MessageHeader.RecordBatch) {
                rows += ((RecordBatch) message.header(new RecordBatch())).length();
            }
            for (long left = message.bodyLength(); left > 0; ) {
                int n = in.read(sink, 0, (int) Math.min(sink.length, left));
                if (n < 0) {
                    throw new IOException("stream cut off");
                }
                left -= n;
            }
            bytes += message.bodyLength();
        }
    }
}
