package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchLayout;
import io.weir.codec.batch.BodyCompression;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Bodies that are Arrow streams or files. A record batch whose columns have the table's layout keeps its body byte for byte (its
 * metadata is written anew, so that nothing unread in it reaches other readers); others are loaded and converted. Either way every
 * byte is validated on the heap before Arrow's own code, which trusts what it loads, or a reader sees it.
 */
final class ArrowRowDecoder {
    private final TableSchema schema;
    private final Set<String> ignored;
    private final DecodeLimits limits;
    private final BufferAllocator allocator;
    private final DecodeBudget budget;
    private final RowProblems problems = new RowProblems();
    private final ArrowColumns source;
    private final BatchCutter cutter;
    private int rowsSeen;

    private ArrowRowDecoder(
            ArrowColumns source,
            TableSchema schema,
            Set<String> ignored,
            DecodeLimits limits,
            BufferAllocator allocator) {
        this.source = source;
        this.schema = schema;
        this.ignored = ignored;
        this.limits = limits;
        this.allocator = allocator;
        this.budget = new DecodeBudget(limits);
        this.cutter = new BatchCutter(schema, limits.batchBytes());
    }

    /** @throws WeirException INVALID_ARROW, INVALID_ROWS (with row errors), BODY_TOO_LARGE */
    static List<EncodedRows> decode(
            boolean isFile, ByteBuffer body, TableSchema schema, DecodeLimits limits, BufferAllocator allocator) {
        return decode(messages(isFile, body), schema, Set.of(), limits, allocator);
    }

    /**
     * @param ignored names of columns that are null in the rows where what was sent for them is of another type; else they are as sent
     * @throws WeirException as above
     */
    static List<EncodedRows> decode(
            ArrowMessages messages,
            TableSchema schema,
            Set<String> ignored,
            DecodeLimits limits,
            BufferAllocator allocator) {
        ArrowColumns source = ArrowColumns.match(messages.fields(), schema);
        return new ArrowRowDecoder(source, schema, ignored, limits, allocator).decode(messages.batches());
    }

    /** @throws WeirException INVALID_ARROW */
    static ArrowMessages messages(boolean isFile, ByteBuffer body) {
        return ArrowMessages.read(isFile, onHeap(body));
    }

    /** @throws WeirException INVALID_ARROW, INVALID_SCHEMA */
    static List<Column> infer(boolean isFile, ByteBuffer body) {
        return SchemaInference.fromArrow(new Schema(messages(isFile, body).fields()));
    }

    /** What is decoded may outlive the request, and an access out of range must throw. */
    private static ByteBuffer onHeap(ByteBuffer body) {
        return body.isDirect()
                ? ByteBuffer.allocate(body.remaining()).put(body.duplicate()).flip()
                : body.slice();
    }

    private List<EncodedRows> decode(List<ArrowMessages.Batch> batches) {
        List<EncodedRows> rows = new ArrayList<>();
        try (ArrowDictionaries dictionaries = new ArrowDictionaries(source.encoded(), allocator, budget)) {
            for (int i = 0; i < batches.size(); i++) {
                ArrowMessages.Batch batch = batches.get(i);
                String where = (batch.dictionary() == null ? "record batch " : "dictionary batch ") + i;
                try {
                    if (batch.dictionary() != null) {
                        dictionaries.accept(batch.dictionary(), batch, where);
                    } else {
                        decode(batch, where, dictionaries, rows);
                    }
                } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                    throw new WeirException(ErrorCode.INVALID_ARROW, where + ": " + e.getMessage(), e);
                } catch (OutOfMemoryException e) {
                    throw new WeirException(
                            ErrorCode.OVERLOADED, "no memory for the rows at the moment; send them again", e);
                }
            }
        }
        problems.throwIfAny();
        if (rows.isEmpty()) {
            throw new WeirException(ErrorCode.INVALID_ROWS, "no rows: every record batch of the body is empty");
        }
        return rows;
    }

    private void decode(
            ArrowMessages.Batch message, String where, ArrowDictionaries dictionaries, List<EncodedRows> rows) {
        BatchLayout layout = BatchLayout.of(message.batch(), message.body().remaining());
        if (layout.rowCount() == 0) {
            return;
        }
        budget.takeRows(layout.rowCount());
        problems.startBatch(rowsSeen);
        BodyCompression.Plain plain = BodyCompression.decompress(layout, message.body(), budget.bytesLeft());
        for (int i = 0; i < plain.layout().bufferCount(); i++) {
            budget.takeBytes(plain.layout().bufferLength(i));
        }
        if (source.keepsLayout()) {
            ArrowValidator.validate(
                    source.fields(), source.columns(), plain.layout(), plain.body(), where, Map.of(), problems, budget);
            cutter.add(
                    source.arrange(layout, message.body(), plain), plain.body().remaining(), rows);
        } else {
            ArrowValidator.validate(
                    source.fields(),
                    null,
                    plain.layout(),
                    plain.body(),
                    where,
                    dictionaries.current(),
                    problems,
                    budget);
            EncodedRows converted = convert(plain, dictionaries);
            checkConverted(converted, where);
            add(converted, plain, rows);
        }
        rowsSeen += layout.rowCount();
    }

    private EncodedRows convert(BodyCompression.Plain plain, ArrowDictionaries dictionaries) {
        DecodeLimits left = new DecodeLimits(budget.bytesLeft(), limits.rows(), limits.batchBytes());
        List<EncodedRows> converted = new ArrayList<>(1);
        RecordBatches.load(new Schema(source.fields()), plain.layout(), plain.body(), allocator, root -> {
            try (VectorSchemaRoot ours = ArrowConversion.convert(
                    root, dictionaries.provider(source.encoded()), schema, ignored, left, rowsSeen, allocator)) {
                converted.add(RecordBatches.encode(schema.schemaId(), ours));
            }
        });
        return converted.get(0);
    }

    /** Counts what rows take more than they came with: nulls of columns that were not sent, values that were shared. */
    private void add(EncodedRows arranged, BodyCompression.Plain plain, List<EncodedRows> rows) {
        budget.takeBytes(Math.max(0, arranged.body().remaining() - plain.body().remaining()));
        cutter.add(arranged, Math.max(arranged.body().remaining(), plain.body().remaining()), rows);
    }

    private void checkConverted(EncodedRows rows, String where) {
        List<Field> fields = ArrowSchemas.toArrow(schema.columns()).getFields();
        ByteBuffer body = rows.body().order(ByteOrder.LITTLE_ENDIAN);
        BatchLayout layout = RecordBatches.layout(schema.columns(), rows);
        ArrowValidator.validate(fields, schema.columns(), layout, body, where, Map.of(), problems, budget);
    }
}
