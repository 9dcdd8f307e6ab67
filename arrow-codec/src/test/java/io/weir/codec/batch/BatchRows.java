package io.weir.codec.batch;

import io.weir.codec.RandomRows;
import io.weir.codec.RowVectors;
import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.arrow.compression.CommonsCompressionFactory;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.validate.ValidateUtil;
import org.apache.arrow.vector.validate.ValidateVectorBufferVisitor;

/** What the tests of this package and of ingest do with encoded rows: make them at random, and read them back with Arrow alone. */
public final class BatchRows {
    private BatchRows() {}

    public static EncodedRows encoded(TableSchema schema, long seed, int count) {
        return withAllocator(allocator -> {
            try (VectorSchemaRoot root = RandomRows.root(schema, seed, count, allocator)) {
                return RecordBatches.encode(schema.schemaId(), root);
            }
        });
    }

    /** The rows as a whole Arrow stream would give them to a strict client: no code of ours reads the batch. */
    public static List<List<Object>> read(List<Column> columns, EncodedRows rows) {
        return withAllocator(allocator -> {
            byte[] stream = stream(columns, List.of(rows));
            try (ArrowStreamReader reader = new ArrowStreamReader(
                    new ByteArrayInputStream(stream), allocator, CommonsCompressionFactory.INSTANCE)) {
                VectorSchemaRoot root = reader.getVectorSchemaRoot();
                ValidateUtil.validateOrThrow(
                        root.getSchema().equals(ArrowSchemas.toArrow(columns)), "the schema changed on its way");
                ValidateUtil.validateOrThrow(reader.loadNextBatch(), "no batch");
                validate(root);
                List<List<Object>> values = RowVectors.read(columns, root);
                ValidateUtil.validateOrThrow(!reader.loadNextBatch(), "more than one batch");
                return values;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static void validate(VectorSchemaRoot root) {
        // Buffers only: Arrow's checks of types refuse every map, and those of values fail on vectors and negative
        // decimals.
        root.getFieldVectors().forEach(vector -> vector.accept(new ValidateVectorBufferVisitor(), null));
    }

    public static byte[] stream(List<Column> columns, List<EncodedRows> batches) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        append(out, ArrowStreams.schemaMessage(columns));
        for (EncodedRows batch : batches) {
            ArrowStreams.batchMessage(batch).forEach(buffer -> append(out, buffer));
        }
        append(out, ArrowStreams.endOfStream());
        return out.toByteArray();
    }

    private static void append(ByteArrayOutputStream out, ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        out.writeBytes(bytes);
    }

    /** Runs with an allocator that must be empty at the end. */
    public static <T> T withAllocator(Function<BufferAllocator, T> use) {
        try (BufferAllocator allocator = new RootAllocator()) {
            return use.apply(allocator);
        }
    }

    /** Each row cut to the columns at these positions. */
    public static List<List<Object>> pick(List<List<Object>> rows, List<Integer> positions) {
        List<List<Object>> picked = new ArrayList<>();
        for (List<Object> row : rows) {
            List<Object> values = new ArrayList<>();
            positions.forEach(position -> values.add(position < 0 ? null : row.get(position)));
            picked.add(values);
        }
        return picked;
    }
}
