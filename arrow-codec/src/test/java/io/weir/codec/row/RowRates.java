package io.weir.codec.row;

import io.weir.codec.RowVectors;
import io.weir.codec.batch.BatchRows;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.ingest.TextKey;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.codec.schema.TypeParser;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Prints how many rows a second are encoded, put into batches and so on; run by hand. */
final class RowRates {
    private static final String[] TYPES = {
        "BIGINT", "STRING", "STRING", "INT", "DOUBLE", "TIMESTAMP(3)", "DECIMAL(12,2)", "BOOLEAN", "INT", "STRING"
    };
    private static final int ROWS = 1000;

    private RowRates() {}

    public static void main(String[] arguments) {
        TableSchema schema = schema();
        EncodedRows rows = rows(schema);
        byte[][] encoded = RowEncoder.encode(schema, rows);
        RowBatchBuilder builder = new RowBatchBuilder(schema, schema.columns());
        RowView view = new RowView(schema);
        RowWriter writer = new RowWriter(schema);
        TableSchema younger = new TableSchema(2, schema.columns());
        RowVersions versions = new RowVersions(List.of(schema, younger));
        KeyEncoder keys = KeyEncoder.of(schema.columns(), List.of("c0"));
        System.out.printf("%d bytes a row%n", encoded[0].length);
        for (int round = 0; round < 3; round++) {
            measure("encode rows", () -> RowEncoder.encode(schema, rows).length);
            measure("encode keys", () -> keys.encode(rows).size());
            measure("build batches", () -> {
                for (byte[] row : encoded) {
                    builder.add(row);
                }
                return builder.build(1).rowCount();
            });
            measure("view and copy", () -> {
                int bytes = 0;
                for (byte[] row : encoded) {
                    view.on(row);
                    writer.begin();
                    for (int i = 0; i < TYPES.length; i++) {
                        writer.copy(view);
                    }
                    bytes += writer.end().length;
                }
                return bytes;
            });
            measure("upgrade", () -> {
                int bytes = 0;
                for (byte[] row : encoded) {
                    bytes += versions.upgrade(row).length;
                }
                return bytes;
            });
            measure("batches of one", () -> {
                for (byte[] row : encoded) {
                    builder.add(row);
                    builder.build(1);
                }
                return 1;
            });
            measure("text keys", () -> {
                int buckets = 0;
                for (int i = 0; i < ROWS; i++) {
                    buckets +=
                            TextKey.parse(schema.columns().get(0), "123456", 16).bucket();
                }
                return buckets;
            });
        }
    }

    private static void measure(String what, java.util.function.IntSupplier thousand) {
        long end = System.nanoTime() + 1_000_000_000L;
        long start = System.nanoTime();
        long rows = 0;
        long sum = 0;
        while (System.nanoTime() < end) {
            sum += thousand.getAsInt();
            rows += ROWS;
        }
        System.out.printf("%-16s %,12.0f a second (%d)%n", what, rows * 1e9 / (System.nanoTime() - start), sum & 1);
    }

    private static TableSchema schema() {
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < TYPES.length; i++) {
            DataType type = TypeParser.parse(TYPES[i]);
            columns.add(new Column(i + 1, "c" + i, type, i > 0));
        }
        return new TableSchema(1, columns);
    }

    private static EncodedRows rows(TableSchema schema) {
        Random random = new Random(1);
        List<List<Object>> rows = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            rows.add(java.util.Arrays.asList(
                    random.nextLong(),
                    "#en.wikipedia",
                    "user-" + random.nextInt(1_000_000),
                    (long) random.nextInt(),
                    random.nextDouble(),
                    1_442_016_000_000L + i,
                    BigDecimal.valueOf(random.nextInt(1_000_000), 2),
                    random.nextBoolean(),
                    random.nextInt(10) == 0 ? null : (Object) (long) i,
                    "a comment of some words " + i));
        }
        return BatchRows.withAllocator(allocator -> {
            try (VectorSchemaRoot root = RowVectors.fill(schema, rows, allocator)) {
                return RecordBatches.encode(1, root);
            }
        });
    }
}
