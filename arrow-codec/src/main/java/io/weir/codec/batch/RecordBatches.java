package io.weir.codec.batch;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.compression.NoCompressionCodec;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.types.pojo.Schema;

/** Between {@link EncodedRows} and Arrow vectors, and what is done on whole record batches without looking at values. */
public final class RecordBatches {
    private RecordBatches() {}

    /**
     * Lends the rows as vectors to {@code use}; they are released when it returns.
     *
     * @param columns what the rows hold, in order
     * @param rows checked rows, compressed or not
     */
    public static void load(
            List<Column> columns, EncodedRows rows, BufferAllocator allocator, Consumer<VectorSchemaRoot> use) {
        EncodedRows plain = BodyCompression.decompress(columns, rows);
        ByteBuffer body = plain.body();
        BatchLayout layout = BatchLayout.read(columns, plain.metadata(), body.remaining());
        load(ArrowSchemas.toArrow(columns), layout, body, allocator, use);
    }

    /**
     * Lends a record batch of any Arrow schema. Arrow trusts what it loads: the batch must have been validated.
     *
     * @param body plain buffers
     */
    public static void load(
            Schema schema,
            BatchLayout layout,
            ByteBuffer body,
            BufferAllocator allocator,
            Consumer<VectorSchemaRoot> use) {
        try (VectorSchemaRoot root = VectorSchemaRoot.create(schema, allocator)) {
            try (ArrowRecordBatch batch = toArrow(layout, body, allocator)) {
                new VectorLoader(root).load(batch);
            }
            use.accept(root);
        }
    }

    /** Where the parts of the rows lie in their body. */
    public static BatchLayout layout(List<Column> columns, EncodedRows rows) {
        return BatchLayout.read(columns, rows.metadata(), rows.body().remaining());
    }

    /** The rows with plain buffers; the same rows where they already are. */
    public static EncodedRows decompress(List<Column> columns, EncodedRows rows) {
        return BodyCompression.decompress(columns, rows);
    }

    private static ArrowRecordBatch toArrow(BatchLayout layout, ByteBuffer body, BufferAllocator allocator) {
        List<ArrowFieldNode> nodes = new ArrayList<>();
        for (int i = 0; i < layout.nodeCount(); i++) {
            nodes.add(new ArrowFieldNode(layout.nodeLength(i), layout.nullCount(i)));
        }
        try (ArrowBuf memory = allocator.buffer(Math.max(1, layout.bodyBytes()))) {
            memory.setBytes(0, body.slice());
            List<ArrowBuf> buffers = new ArrayList<>();
            for (int i = 0; i < layout.bufferCount(); i++) {
                ArrowBuf buffer = memory.slice(layout.bufferOffset(i), layout.bufferLength(i));
                buffer.writerIndex(layout.bufferLength(i));
                buffers.add(buffer);
            }
            List<Long> variadic = new ArrayList<>();
            for (int i = 0; i < layout.variadicCountCount(); i++) {
                variadic.add((long) layout.variadicCount(i));
            }
            return new ArrowRecordBatch(
                    layout.rowCount(),
                    nodes,
                    buffers,
                    NoCompressionCodec.DEFAULT_BODY_COMPRESSION,
                    variadic,
                    false,
                    true);
        }
    }

    /**
     * Copies vectors into an uncompressed record batch; the root stays the caller's. Validity buffers of vectors without nulls are
     * left out.
     */
    public static EncodedRows encode(int schemaId, VectorSchemaRoot root) {
        BatchLayout.Builder layout = new BatchLayout.Builder();
        List<ArrowBuf> buffers = new ArrayList<>();
        for (FieldVector vector : root.getFieldVectors()) {
            collect(vector, layout, buffers);
        }
        byte[] body = new byte[layout.end()];
        int at = 0;
        for (ArrowBuf buffer : buffers) {
            int length = (int) buffer.readableBytes();
            buffer.getBytes(buffer.readerIndex(), body, at, length);
            at += BatchHeader.padded(length);
        }
        ByteBuffer metadata = layout.build(root.getRowCount(), Compression.NONE).toMetadata();
        return new EncodedRows(
                schemaId, root.getRowCount(), metadata, ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN));
    }

    private static void collect(FieldVector vector, BatchLayout.Builder layout, List<ArrowBuf> buffers) {
        int nullCount = vector.getNullCount();
        layout.node(vector.getValueCount(), nullCount);
        List<ArrowBuf> own = vector.getFieldBuffers();
        for (int i = 0; i < own.size(); i++) {
            ArrowBuf buffer = own.get(i);
            if (i == 0 && nullCount == 0) {
                layout.buffer(0);
                continue;
            }
            if (buffer.readableBytes() > Integer.MAX_VALUE - 64) {
                throw new WeirException(
                        ErrorCode.BODY_TOO_LARGE, "column %s holds more than 2 GiB".formatted(vector.getName()));
            }
            layout.buffer((int) buffer.readableBytes());
            buffers.add(buffer);
        }
        for (FieldVector child : vector.getChildrenFromFields()) {
            collect(child, layout, buffers);
        }
    }

    /** The rows with their buffers compressed by {@code compression}, buffer by buffer; the same rows where they already are. */
    public static EncodedRows compress(EncodedRows rows, Compression compression) {
        BatchLayout layout = BatchLayout.read(rows.metadata(), rows.body().remaining());
        if (layout.compression() == compression) {
            return rows;
        }
        EncodedRows plain = layout.compression() == Compression.NONE ? rows : BodyCompression.decompress(rows, layout);
        if (compression == Compression.NONE) {
            return plain;
        }
        return BodyCompression.compress(
                plain, BatchLayout.read(plain.metadata(), plain.body().remaining()), compression);
    }

    /** One record batch, uncompressed, of several with the same schema version, in order. */
    public static EncodedRows merge(TableSchema schema, List<EncodedRows> parts, BufferAllocator allocator) {
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("no parts to merge");
        }
        if (parts.size() == 1) {
            return BodyCompression.decompress(schema.columns(), parts.get(0));
        }
        RowCopier.Runs runs = new RowCopier.Runs();
        List<List<ColumnView>> sources = new ArrayList<>(parts.size());
        for (int i = 0; i < parts.size(); i++) {
            sources.add(ColumnView.of(schema.columns(), parts.get(i)));
            runs.add(i, 0, parts.get(i).rowCount());
        }
        return RowCopier.copy(parts.get(0).schemaId(), sources, runs);
    }

    /** The rows at these indexes (ascending or not), uncompressed. */
    public static EncodedRows select(List<Column> columns, EncodedRows rows, int[] indexes, BufferAllocator allocator) {
        RowCopier.Runs runs = new RowCopier.Runs();
        for (int index : indexes) {
            runs.add(0, Objects.checkIndex(index, rows.rowCount()), 1);
        }
        return RowCopier.copy(rows.schemaId(), List.of(ColumnView.of(columns, rows)), runs);
    }

    /** Rows {@code [start, end)}, uncompressed. */
    public static EncodedRows slice(List<Column> columns, EncodedRows rows, int start, int end) {
        Objects.checkFromToIndex(start, end, rows.rowCount());
        RowCopier.Runs runs = new RowCopier.Runs();
        runs.add(0, start, end - start);
        return RowCopier.copy(rows.schemaId(), List.of(ColumnView.of(columns, rows)), runs);
    }

    /** The rows with every column of {@code from} widened to its type in {@code to} (INT to BIGINT, FLOAT to DOUBLE and so on). */
    public static EncodedRows widen(List<Column> from, List<Column> to, EncodedRows rows, BufferAllocator allocator) {
        return RowCopier.widen(rows.schemaId(), ColumnView.of(from, rows), from, to, rows.rowCount());
    }
}
