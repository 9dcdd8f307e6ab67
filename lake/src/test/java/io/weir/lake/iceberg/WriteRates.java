package io.weir.lake.iceberg;

import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.LakeRound;
import io.weir.lake.LakeRows;
import io.weir.lake.LakeTable;
import io.weir.lake.LakeTableSpec;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** How fast rounds are written to a directory; by hand, {@code main}. */
public final class WriteRates {
    private static final int BATCH = 10_000;

    private WriteRates() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Files.createTempDirectory("weir-rates");
        measure(directory, "narrow, 5 columns", narrow(), 1_000_000);
        measure(directory, "narrow, 5 columns", narrow(), 1_000_000);
        measure(directory, "wide, 20 columns", wide(), 200_000);
        measure(directory, "wide, 20 columns", wide(), 200_000);
    }

    private static TableSchema narrow() {
        return LakeFixture.schema(
                1,
                new Column(1, "id", DataType.Simple.BIGINT, false),
                new Column(2, "name", DataType.Simple.STRING, true),
                new Column(3, "value", DataType.Simple.DOUBLE, true),
                new Column(4, "at", new DataType.Timestamp(6), true),
                new Column(5, "kind", DataType.Simple.INT, true));
    }

    private static TableSchema wide() {
        List<Column> columns = new ArrayList<>(narrow().columns());
        for (int i = 6; i <= 20; i++) {
            DataType type = i % 3 == 0 ? DataType.Simple.BIGINT : DataType.Simple.STRING;
            columns.add(new Column(i, "c" + i, type, true));
        }
        return new TableSchema(1, columns);
    }

    private static void measure(Path directory, String what, TableSchema schema, int rows) throws Exception {
        for (boolean keyed : new boolean[] {false, true}) {
            LakeTableSpec spec = keyed ? LakeFixture.keyed(schema, List.of("id"), List.of()) : LakeFixture.log(schema);
            List<LakeRows> batches = new ArrayList<>();
            SplittableRandom random = new SplittableRandom(1);
            for (int batch = 0; batch < 10; batch++) {
                batches.add(LakeFixture.rows(schema, 0, batch * BATCH, values(schema, random)));
            }
            try (LakeFixture fixture = new LakeFixture(Files.createTempDirectory(directory, "lake"))) {
                LakeTable table = fixture.lake.open(spec);
                long start = System.nanoTime();
                long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                try (LakeRound round = table.begin(table.state(), 1)) {
                    for (int i = 0; i < rows / BATCH; i++) {
                        round.append(batches.get(i % batches.size()));
                        if (keyed) {
                            round.delete(batches.get(i % batches.size()));
                        }
                    }
                    round.commit(Map.of("b", (long) rows));
                    double seconds = (System.nanoTime() - start) / 1e9;
                    double cpuSeconds = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu) / 1e9;
                    System.out.printf(
                            "%s, %s: %d rows in %.1f s, %.0f k rows/s (%.0f k a CPU second), %.1f MB of Parquet%n",
                            what,
                            keyed ? "primary key, a delete a row" : "log",
                            rows,
                            seconds,
                            rows / seconds / 1000,
                            rows / cpuSeconds / 1000,
                            round.bytes() / 1e6);
                }
            }
        }
    }

    private static List<List<Object>> values(TableSchema schema, SplittableRandom random) {
        List<List<Object>> values = new ArrayList<>();
        for (int i = 0; i < BATCH; i++) {
            List<Object> row = new ArrayList<>();
            for (Column column : schema.columns()) {
                if (column.type() == DataType.Simple.STRING) {
                    row.add(Long.toHexString(random.nextLong()) + column.name() + Long.toHexString(random.nextLong()));
                } else if (column.type() == DataType.Simple.DOUBLE) {
                    row.add(random.nextDouble());
                } else {
                    row.add(column.type() == DataType.Simple.INT ? random.nextLong(100) : random.nextLong(1L << 50));
                }
            }
            values.add(row);
        }
        return values;
    }
}
