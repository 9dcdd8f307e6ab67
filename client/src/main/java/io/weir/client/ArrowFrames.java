package io.weir.client;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the bytes of an Arrow IPC stream into its messages as they arrive. Holds at most one unfinished message, whose size is checked
 * before it is waited for. Only the framing and the row count are read here; the rows are checked by who decodes them. Confined to one
 * stream.
 */
final class ArrowFrames {
    private static final int CONTINUATION = -1;
    private static final int PREFIX_BYTES = 8;
    private static final int METADATA_BYTES_MAX = 16 << 20;

    /**
     * One encapsulated message, prefix included.
     *
     * @param rows rows of a record batch; -1 for the schema
     */
    record Frame(ByteString bytes, long rows) {
        boolean isSchema() {
            return rows < 0;
        }
    }

    private final int frameBytesMax;
    private ByteString pending = ByteString.emptyByteString();
    private @Nullable Head head;
    private boolean begun;
    private boolean ended;

    private record Head(int bytes, long rows) {}

    ArrowFrames(int frameBytesMax) {
        this.frameBytesMax = frameBytesMax;
    }

    /**
     * The messages that are whole with these bytes.
     *
     * @throws WeirException INVALID_ARROW, BODY_TOO_LARGE
     */
    List<Frame> push(ByteString bytes) {
        pending = pending.isEmpty() ? bytes : pending.concat(bytes);
        List<Frame> frames = new ArrayList<>();
        for (Frame frame = next(); frame != null; frame = next()) {
            frames.add(frame);
        }
        return frames;
    }

    /** True once the mark that ends a stream has come; without it the stream broke off. */
    boolean isEnded() {
        return ended;
    }

    private @Nullable Frame next() {
        if (ended && !pending.isEmpty()) {
            throw invalid(pending.size() + " bytes behind the end of the stream");
        }
        if (head == null) {
            head = readHead();
        }
        Head current = head;
        if (current == null || pending.size() < current.bytes()) {
            return null;
        }
        Frame frame = new Frame(pending.take(current.bytes()), current.rows());
        pending = pending.drop(current.bytes());
        head = null;
        return frame;
    }

    /** Null where not enough is here yet, or where the stream ends. */
    private @Nullable Head readHead() {
        if (pending.size() < PREFIX_BYTES) {
            return null;
        }
        ByteBuffer prefix = little(pending.take(PREFIX_BYTES));
        if (prefix.getInt() != CONTINUATION) {
            throw invalid("a message does not begin with the mark of one");
        }
        int length = prefix.getInt();
        if (length == 0) {
            ended = true;
            pending = pending.drop(PREFIX_BYTES);
            if (!pending.isEmpty()) {
                throw invalid(pending.size() + " bytes behind the end of the stream");
            }
            return null;
        }
        if (length < 8 || length > METADATA_BYTES_MAX) {
            throw invalid("metadata of " + length + " bytes");
        }
        return pending.size() < PREFIX_BYTES + length
                ? null
                : readMetadata(little(pending.slice(PREFIX_BYTES, PREFIX_BYTES + length)), PREFIX_BYTES + length);
    }

    private static ByteBuffer little(ByteString bytes) {
        return bytes.toByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    private Head readMetadata(ByteBuffer metadata, int bodyStart) {
        long rows;
        long body;
        try {
            Message message = Message.getRootAsMessage(metadata);
            body = message.bodyLength();
            rows = rows(message);
        } catch (WeirException e) {
            throw e;
        } catch (RuntimeException | AssertionError e) {
            // Generated flatbuffer accessors throw whatever the damage leads them into.
            throw new WeirException(ErrorCode.INVALID_ARROW, "the answer's Arrow metadata is damaged: " + e, e);
        }
        if (body < 0 || body > frameBytesMax - bodyStart) {
            throw new WeirException(
                    ErrorCode.BODY_TOO_LARGE,
                    "the store sends a record batch of %d bytes; this client takes %d (ClientSettings)"
                            .formatted(body, frameBytesMax));
        }
        return new Head((int) (bodyStart + body), rows);
    }

    private long rows(Message message) {
        byte type = message.headerType();
        if (type != (begun ? MessageHeader.RecordBatch : MessageHeader.Schema)) {
            throw invalid(
                    "a message of type " + type + (begun ? ", expected a record batch" : ", expected the schema"));
        }
        if (!begun) {
            begun = true;
            return -1;
        }
        RecordBatch batch = (RecordBatch) message.header(new RecordBatch());
        if (batch == null || batch.length() < 0) {
            throw invalid("a record batch without rows or length");
        }
        return batch.length();
    }

    private static WeirException invalid(String detail) {
        return new WeirException(ErrorCode.INVALID_ARROW, "the answer is no Arrow stream: " + detail);
    }
}
