package io.weir.codec.batch;

import com.google.flatbuffers.FlatBufferBuilder;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.apache.arrow.flatbuf.BodyCompression;
import org.apache.arrow.flatbuf.BodyCompressionMethod;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.CompressionType;
import org.apache.arrow.flatbuf.FieldNode;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.MetadataVersion;
import org.apache.arrow.flatbuf.RecordBatch;
import org.jspecify.annotations.Nullable;

/**
 * What the metadata of a record batch says about its body: rows, field nodes and buffers, flattened depth first. Reading checks
 * that every number is usable (nothing negative, every buffer inside the body), so that users need no overflow checks; whether the
 * numbers fit the columns is asked with {@link #problemWith}. Immutable.
 */
public final class BatchLayout {
    /** Size of the flatbuffer structs FieldNode and Buffer. */
    private static final int STRUCT_BYTES = 16;

    private final int rowCount;
    private final int bodyBytes;
    private final Compression compression;
    private final int[] nodes; // length, null count
    private final int[] buffers; // offset, length
    private final int[] variadicCounts;

    private BatchLayout(
            int rowCount, int bodyBytes, Compression compression, int[] nodes, int[] buffers, int[] variadicCounts) {
        this.rowCount = rowCount;
        this.bodyBytes = bodyBytes;
        this.compression = compression;
        this.nodes = nodes;
        this.buffers = buffers;
        this.variadicCounts = variadicCounts;
    }

    /**
     * Reads a stored batch's metadata section.
     *
     * @throws WeirException CORRUPT_DATA where it is not record-batch metadata for a body of this length and these columns
     */
    static BatchLayout read(List<Column> columns, ByteBuffer metadata, int bodyBytes) {
        BatchLayout layout = read(metadata, bodyBytes);
        String problem = layout.problemWith(columns);
        if (problem != null) {
            throw damaged(problem, null);
        }
        return layout;
    }

    /** As above, whatever the columns. */
    static BatchLayout read(ByteBuffer metadata, int bodyBytes) {
        try {
            Message message = Message.getRootAsMessage(metadata.slice().order(ByteOrder.LITTLE_ENDIAN));
            RecordBatch batch = message.headerType() == MessageHeader.RecordBatch
                    ? (RecordBatch) message.header(new RecordBatch())
                    : null;
            if (batch == null || message.bodyLength() != bodyBytes) {
                throw damaged(
                        "header type %d, body of %d bytes where %d are stored"
                                .formatted(message.headerType(), message.bodyLength(), bodyBytes),
                        null);
            }
            return of(batch, bodyBytes);
        } catch (IllegalArgumentException | IndexOutOfBoundsException | AssertionError e) {
            throw damaged(String.valueOf(e.getMessage()), e);
        }
    }

    private static WeirException damaged(String detail, @Nullable Throwable cause) {
        return new WeirException(
                ErrorCode.CORRUPT_DATA, "the metadata of a record batch does not fit: " + detail, cause);
    }

    /**
     * The layout that a flatbuffer table holds. The table may be hostile.
     *
     * @throws IllegalArgumentException saying which number is wrong
     * @throws IndexOutOfBoundsException where the flatbuffer points outside itself
     */
    public static BatchLayout of(RecordBatch batch, int bodyBytes) {
        int metadataBytes = batch.getByteBuffer().remaining();
        int nodeCount = count("field nodes", batch.nodesLength(), STRUCT_BYTES, metadataBytes);
        int bufferCount = count("buffers", batch.buffersLength(), STRUCT_BYTES, metadataBytes);
        int variadicCount = count("variadic counts", batch.variadicBufferCountsLength(), Long.BYTES, metadataBytes);
        int rows = number("row count", batch.length(), Integer.MAX_VALUE - 8);
        int[] nodes = new int[nodeCount * 2];
        FieldNode node = new FieldNode();
        for (int i = 0; i < nodeCount; i++) {
            batch.nodes(node, i);
            nodes[2 * i] = number("length of field node " + i, node.length(), Integer.MAX_VALUE - 8);
            nodes[2 * i + 1] = number("null count of field node " + i, node.nullCount(), nodes[2 * i]);
        }
        int[] buffers = new int[bufferCount * 2];
        Buffer buffer = new Buffer();
        for (int i = 0; i < bufferCount; i++) {
            batch.buffers(buffer, i);
            buffers[2 * i] = number("offset of buffer " + i, buffer.offset(), bodyBytes);
            buffers[2 * i + 1] = number("length of buffer " + i, buffer.length(), bodyBytes - buffers[2 * i]);
        }
        int[] variadic = new int[variadicCount];
        for (int i = 0; i < variadicCount; i++) {
            variadic[i] = number("variadic count " + i, batch.variadicBufferCounts(i), bufferCount);
        }
        return new BatchLayout(rows, bodyBytes, compressionOf(batch.compression()), nodes, buffers, variadic);
    }

    private static int count(String what, int count, int bytesEach, int metadataBytes) {
        if (count < 0 || count > metadataBytes / bytesEach) {
            throw new IllegalArgumentException(
                    "%d %s do not fit into %d bytes of metadata".formatted(count, what, metadataBytes));
        }
        return count;
    }

    private static int number(String what, long value, int max) {
        if (value < 0 || value > max) {
            throw new IllegalArgumentException("%s is %d, expected 0 to %d".formatted(what, value, max));
        }
        return (int) value;
    }

    private static Compression compressionOf(@Nullable BodyCompression compression) {
        if (compression == null) {
            return Compression.NONE;
        }
        if (compression.method() == BodyCompressionMethod.BUFFER) {
            if (compression.codec() == CompressionType.LZ4_FRAME) {
                return Compression.LZ4;
            }
            if (compression.codec() == CompressionType.ZSTD) {
                return Compression.ZSTD;
            }
        }
        throw new IllegalArgumentException(
                "unknown compression: method %d, codec %d".formatted(compression.method(), compression.codec()));
    }

    /** Null where nodes and buffers are as many as these columns need and the row counts agree; else what is wrong. */
    @Nullable
    String problemWith(List<Column> columns) {
        int node = 0;
        int buffer = 0;
        for (Column column : columns) {
            if (node < nodeCount() && nodeLength(node) != rowCount) {
                return "column %s has %d rows, the batch has %d".formatted(column.name(), nodeLength(node), rowCount);
            }
            node += TypeShape.nodes(column.type());
            buffer += TypeShape.buffers(column.type());
        }
        if (node != nodeCount() || buffer != bufferCount() || variadicCounts.length != 0) {
            return "%d field nodes and %d buffers (%d variadic) where the columns need %d and %d"
                    .formatted(nodeCount(), bufferCount(), variadicCounts.length, node, buffer);
        }
        return null;
    }

    /** True where the buffers stand in order, do not overlap, begin at multiples of 8, and the body's length is one. */
    public boolean isOrderly() {
        int end = 0;
        for (int i = 0; i < bufferCount(); i++) {
            if (bufferLength(i) > 0) {
                if (bufferOffset(i) < end || (bufferOffset(i) & 7) != 0) {
                    return false;
                }
                end = bufferOffset(i) + bufferLength(i);
            }
        }
        return (bodyBytes & 7) == 0;
    }

    public int rowCount() {
        return rowCount;
    }

    public int bodyBytes() {
        return bodyBytes;
    }

    public Compression compression() {
        return compression;
    }

    public int nodeCount() {
        return nodes.length / 2;
    }

    public int nodeLength(int node) {
        return nodes[2 * node];
    }

    public int nullCount(int node) {
        return nodes[2 * node + 1];
    }

    public int bufferCount() {
        return buffers.length / 2;
    }

    public int bufferOffset(int buffer) {
        return buffers[2 * buffer];
    }

    public int bufferLength(int buffer) {
        return buffers[2 * buffer + 1];
    }

    public int variadicCountCount() {
        return variadicCounts.length;
    }

    public int variadicCount(int index) {
        return variadicCounts[index];
    }

    /** The flatbuffer {@code Message}, metadata version 5, padded to 8: what {@link EncodedRows#metadata()} holds. */
    public ByteBuffer toMetadata() {
        FlatBufferBuilder out = new FlatBufferBuilder(256 + 8 * (nodes.length + buffers.length));
        RecordBatch.startBuffersVector(out, bufferCount());
        for (int i = bufferCount() - 1; i >= 0; i--) {
            Buffer.createBuffer(out, bufferOffset(i), bufferLength(i));
        }
        int bufferVector = out.endVector();
        RecordBatch.startNodesVector(out, nodeCount());
        for (int i = nodeCount() - 1; i >= 0; i--) {
            FieldNode.createFieldNode(out, nodeLength(i), nullCount(i));
        }
        int nodeVector = out.endVector();
        int variadicVector = variadicCounts.length == 0 ? 0 : writeVariadicCounts(out);
        int codec = compression == Compression.NONE
                ? 0
                : BodyCompression.createBodyCompression(
                        out,
                        compression == Compression.LZ4 ? CompressionType.LZ4_FRAME : CompressionType.ZSTD,
                        BodyCompressionMethod.BUFFER);
        RecordBatch.startRecordBatch(out);
        RecordBatch.addLength(out, rowCount);
        RecordBatch.addNodes(out, nodeVector);
        RecordBatch.addBuffers(out, bufferVector);
        if (codec != 0) {
            RecordBatch.addCompression(out, codec);
        }
        if (variadicVector != 0) {
            RecordBatch.addVariadicBufferCounts(out, variadicVector);
        }
        int batch = RecordBatch.endRecordBatch(out);
        Message.startMessage(out);
        Message.addVersion(out, MetadataVersion.V5);
        Message.addHeaderType(out, MessageHeader.RecordBatch);
        Message.addHeader(out, batch);
        Message.addBodyLength(out, bodyBytes);
        Message.finishMessageBuffer(out, Message.endMessage(out));
        ByteBuffer written = out.dataBuffer();
        byte[] metadata = new byte[BatchHeader.padded(written.remaining())];
        written.get(metadata, 0, written.remaining());
        return ByteBuffer.wrap(metadata).order(ByteOrder.LITTLE_ENDIAN);
    }

    private int writeVariadicCounts(FlatBufferBuilder out) {
        RecordBatch.startVariadicBufferCountsVector(out, variadicCounts.length);
        for (int i = variadicCounts.length - 1; i >= 0; i--) {
            out.addLong(variadicCounts[i]);
        }
        return out.endVector();
    }

    /** Collects nodes and buffers in flattened order; buffer offsets follow from the lengths, each padded to 8. */
    public static final class Builder {
        private int[] nodes = new int[32];
        private int[] buffers = new int[64];
        private int nodeInts;
        private int bufferInts;
        private long end;

        public Builder node(int length, int nullCount) {
            if (nodeInts == nodes.length) {
                nodes = Arrays.copyOf(nodes, nodeInts * 2);
            }
            nodes[nodeInts++] = length;
            nodes[nodeInts++] = nullCount;
            return this;
        }

        /** Adds a buffer behind the former one and returns its offset. */
        public int buffer(int length) {
            int offset = end();
            bufferAt(offset, length);
            end += (length + 7L) & ~7L;
            return offset;
        }

        void bufferAt(int offset, int length) {
            if (bufferInts == buffers.length) {
                buffers = Arrays.copyOf(buffers, bufferInts * 2);
            }
            buffers[bufferInts++] = offset;
            buffers[bufferInts++] = length;
        }

        /** Reserves body bytes, a multiple of 8, whose buffers are named with {@link #bufferAt}. */
        void skip(int bytes) {
            end += bytes;
        }

        /** Where the next buffer begins, a multiple of 8; the body's length at last. */
        public int end() {
            if (end > Integer.MAX_VALUE - 64) {
                throw new WeirException(
                        ErrorCode.BODY_TOO_LARGE, "a record batch of more than 2 GiB; send fewer rows in one batch");
            }
            return (int) end;
        }

        public BatchLayout build(int rowCount, Compression compression) {
            return new BatchLayout(
                    rowCount,
                    end(),
                    compression,
                    Arrays.copyOf(nodes, nodeInts),
                    Arrays.copyOf(buffers, bufferInts),
                    new int[0]);
        }
    }

    /** The same nodes over other buffers. */
    BatchLayout withBuffers(Builder other, Compression newCompression) {
        return new BatchLayout(
                rowCount,
                other.end(),
                newCompression,
                nodes,
                Arrays.copyOf(other.buffers, other.bufferInts),
                variadicCounts);
    }
}
