package io.weir.actors.bucket;

import io.weir.actors.catalog.TableInfo;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** A table of a number and a name, and rows for it whose name follows from the number. */
public final class TestRows {
    public static final List<Column> COLUMNS = List.of(
            new Column(1, "id", DataType.Simple.BIGINT, false), new Column(2, "name", DataType.Simple.STRING, true));
    public static final TableSchema SCHEMA = new TableSchema(1, COLUMNS);
    private static final BufferAllocator ALLOCATOR = new RootAllocator();

    private TestRows() {}

    public static TableInfo table(long tableId, Map<String, String> properties) {
        return new TableInfo(
                tableId,
                "db",
                "t" + tableId,
                List.of(SCHEMA),
                List.of(),
                List.of(),
                List.of(),
                4,
                properties,
                Instant.ofEpochMilli(1));
    }

    public static EncodedRows rows(long... ids) {
        try (VectorSchemaRoot root = VectorSchemaRoot.create(ArrowSchemas.toArrow(COLUMNS), ALLOCATOR)) {
            BigIntVector id = (BigIntVector) root.getVector(0);
            VarCharVector name = (VarCharVector) root.getVector(1);
            for (int i = 0; i < ids.length; i++) {
                id.setSafe(i, ids[i]);
                name.setSafe(i, name(ids[i]).getBytes(StandardCharsets.UTF_8));
            }
            root.setRowCount(ids.length);
            return RecordBatches.encode(1, root);
        }
    }

    public static EncodedRows range(long from, int count) {
        return rows(LongStream.range(from, from + count).toArray());
    }

    /** Rows of two numbers, {@code i} and {@code 10 * i}, the second an INT or a BIGINT as the columns say. */
    public static EncodedRows numbers(List<Column> columns, int from, int count) {
        try (VectorSchemaRoot root = VectorSchemaRoot.create(ArrowSchemas.toArrow(columns), ALLOCATOR)) {
            for (int i = 0; i < count; i++) {
                ((BigIntVector) root.getVector(0)).setSafe(i, from + i);
                int value = 10 * (from + i);
                if (root.getVector(1) instanceof IntVector small) {
                    small.setSafe(i, value);
                } else {
                    ((BigIntVector) root.getVector(1)).setSafe(i, value);
                }
            }
            root.setRowCount(count);
            return RecordBatches.encode(1, root);
        }
    }

    public static String name(long id) {
        return "name-" + id;
    }

    /** The numbers in the first of {@code columns}. */
    public static List<Long> ids(List<Column> columns, EncodedRows rows) {
        List<Long> ids = new ArrayList<>();
        RecordBatches.load(columns, rows, ALLOCATOR, root -> {
            for (int i = 0; i < root.getRowCount(); i++) {
                ids.add(((BigIntVector) root.getVector(0)).get(i));
            }
        });
        return ids;
    }

    public static List<Long> ids(Bucket.Fetched fetched) {
        return fetched.batches().stream()
                .flatMap(batch -> ids(COLUMNS, batch.rows()).stream())
                .toList();
    }
}
