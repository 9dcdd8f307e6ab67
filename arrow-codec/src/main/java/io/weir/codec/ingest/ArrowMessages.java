package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.arrow.flatbuf.Block;
import org.apache.arrow.flatbuf.DictionaryBatch;
import org.apache.arrow.flatbuf.Endianness;
import org.apache.arrow.flatbuf.Footer;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.MetadataVersion;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.vector.types.pojo.Field;
import org.jspecify.annotations.Nullable;

/**
 * The messages of an Arrow IPC stream or file that may be hostile: lengths are checked against the body before they are used, and
 * whatever the flatbuffers say is read through bounded buffers. Bodies are views, not copies.
 *
 * @param fields of the schema message
 * @param batches dictionary and record batches in the order in which they are to be read
 */
record ArrowMessages(List<Field> fields, List<Batch> batches) {
    private static final byte[] MAGIC = "ARROW1".getBytes(StandardCharsets.US_ASCII);
    private static final int CONTINUATION = -1;
    private static final int BLOCK_BYTES = 24;

    /** @param dictionary null for a record batch */
    record Batch(@Nullable Dictionary dictionary, RecordBatch batch, ByteBuffer body) {}

    record Dictionary(long id, boolean isDelta) {}

    /** @throws WeirException INVALID_ARROW */
    static ArrowMessages read(boolean isFile, ByteBuffer body) {
        ByteBuffer in = body.slice().order(ByteOrder.LITTLE_ENDIAN);
        try {
            return isFile ? readFile(in) : readStream(in);
        } catch (WeirException e) {
            throw e;
        } catch (RuntimeException | AssertionError e) {
            // Generated flatbuffer accessors throw whatever the damage leads them into; all of it means the same.
            throw new WeirException(
                    ErrorCode.INVALID_ARROW, "the metadata of a message is damaged: " + e.getMessage(), e);
        }
    }

    private static ArrowMessages readStream(ByteBuffer in) {
        List<Field> fields = null;
        List<Batch> batches = new ArrayList<>();
        while (in.hasRemaining()) {
            int start = in.position();
            Message message = nextMessage(in);
            if (message == null) {
                break;
            }
            ByteBuffer body = take(in, message.bodyLength(), start);
            if (message.headerType() == MessageHeader.Schema) {
                if (fields != null) {
                    throw invalid(start, "a second schema");
                }
                fields = schema((org.apache.arrow.flatbuf.Schema)
                        Objects.requireNonNull(message.header(new org.apache.arrow.flatbuf.Schema())));
            } else if (fields == null) {
                throw invalid(start, "the stream does not begin with a schema");
            } else {
                batches.add(batch(message, body, start));
            }
        }
        if (fields == null) {
            throw new WeirException(
                    ErrorCode.INVALID_ARROW, "the stream holds no schema; is the body an Arrow IPC stream?");
        }
        return new ArrowMessages(fields, batches);
    }

    /** The next message's metadata, or null at the end-of-stream mark; the position then is that of the message's body. */
    private static @Nullable Message nextMessage(ByteBuffer in) {
        int start = in.position();
        if (in.remaining() < 4) {
            throw invalid(start, "the stream ends within a length");
        }
        int length = in.getInt();
        if (length == CONTINUATION) {
            if (in.remaining() < 4) {
                throw invalid(start, "the stream ends within a length");
            }
            length = in.getInt();
        }
        return length == 0 ? null : message(take(in, length, start), start);
    }

    private static Message message(ByteBuffer metadata, int at) {
        if (metadata.remaining() < 8) {
            throw invalid(at, "metadata of %d bytes".formatted(metadata.remaining()));
        }
        Message message = Message.getRootAsMessage(metadata);
        if (message.version() < MetadataVersion.V4 || message.version() > MetadataVersion.V5) {
            throw invalid(at, "metadata version %d; versions 4 and 5 are read".formatted(message.version() + 1));
        }
        return message;
    }

    private static ByteBuffer take(ByteBuffer in, long length, int at) {
        if (length < 0 || length > in.remaining()) {
            throw invalid(at, "a part of %d bytes where %d are left".formatted(length, in.remaining()));
        }
        ByteBuffer part = in.slice(in.position(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + (int) length);
        return part;
    }

    private static Batch batch(Message message, ByteBuffer body, int at) {
        if (message.headerType() == MessageHeader.RecordBatch) {
            RecordBatch batch = (RecordBatch) Objects.requireNonNull(message.header(new RecordBatch()));
            return new Batch(null, batch, body);
        }
        if (message.headerType() == MessageHeader.DictionaryBatch) {
            DictionaryBatch batch = (DictionaryBatch) Objects.requireNonNull(message.header(new DictionaryBatch()));
            return new Batch(new Dictionary(batch.id(), batch.isDelta()), Objects.requireNonNull(batch.data()), body);
        }
        throw invalid(at, "a message of unknown type %d".formatted(message.headerType()));
    }

    private static List<Field> schema(org.apache.arrow.flatbuf.Schema schema) {
        if (schema.endianness() != Endianness.Little) {
            throw new WeirException(
                    ErrorCode.INVALID_ARROW, "the schema says big-endian; send the rows in little-endian order");
        }
        return ArrowFields.read(schema);
    }

    private static WeirException invalid(int at, String detail) {
        return new WeirException(ErrorCode.INVALID_ARROW, "at byte %d: %s".formatted(at, detail));
    }

    private static ArrowMessages readFile(ByteBuffer in) {
        int end = in.limit() - MAGIC.length;
        if (in.limit() < 8 + 4 + MAGIC.length || !hasMagic(in, 0) || !hasMagic(in, end)) {
            throw new WeirException(
                    ErrorCode.INVALID_ARROW,
                    "the body does not begin and end with ARROW1; is it an Arrow IPC file, and whole?");
        }
        int footerLength = in.getInt(end - 4);
        if (footerLength <= 0 || footerLength > end - 4 - 8) {
            throw invalid(end - 4, "a footer of %d bytes in a file of %d".formatted(footerLength, in.limit()));
        }
        int footerStart = end - 4 - footerLength;
        Footer footer =
                Footer.getRootAsFooter(in.slice(footerStart, footerLength).order(ByteOrder.LITTLE_ENDIAN));
        List<Field> fields = schema(Objects.requireNonNull(footer.schema(), "schema"));
        int blocks = footer.dictionariesLength() + footer.recordBatchesLength();
        if (blocks < 0 || blocks > footerLength / BLOCK_BYTES) {
            throw invalid(footerStart, "%d blocks in a footer of %d bytes".formatted(blocks, footerLength));
        }
        List<Batch> batches = new ArrayList<>();
        for (int i = 0; i < footer.dictionariesLength(); i++) {
            batches.add(block(in, footer.dictionaries(i), footerStart, true));
        }
        for (int i = 0; i < footer.recordBatchesLength(); i++) {
            batches.add(block(in, footer.recordBatches(i), footerStart, false));
        }
        return new ArrowMessages(fields, batches);
    }

    private static boolean hasMagic(ByteBuffer in, int at) {
        for (int i = 0; i < MAGIC.length; i++) {
            if (in.get(at + i) != MAGIC[i]) {
                return false;
            }
        }
        return true;
    }

    private static Batch block(ByteBuffer in, Block block, int footerStart, boolean isDictionary) {
        if (block.offset() < 8 || block.offset() > footerStart) {
            throw invalid(footerStart, "a block at byte %d".formatted(block.offset()));
        }
        int start = (int) block.offset();
        ByteBuffer part = in.slice(start, footerStart - start).order(ByteOrder.LITTLE_ENDIAN);
        Message message = nextMessage(part);
        if (message == null
                || part.position() != block.metaDataLength()
                || message.bodyLength() != block.bodyLength()) {
            throw invalid(start, "the message does not have the lengths that the footer says");
        }
        Batch batch = batch(message, take(part, message.bodyLength(), start), start);
        if ((batch.dictionary() != null) != isDictionary) {
            throw invalid(start, "the message is not of the type that the footer says");
        }
        return batch;
    }
}
