package io.weir.lake.iceberg;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.RowVectors;
import io.weir.codec.batch.BatchRows;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.lake.LakeMaintenance;
import io.weir.lake.LakeRound;
import io.weir.lake.LakeRows;
import io.weir.lake.LakeScan;
import io.weir.lake.LakeSnapshot;
import io.weir.lake.LakeState;
import io.weir.lake.LakeTable;
import io.weir.lake.LakeTableSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.CatalogUtil;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.Catalog;
import org.jspecify.annotations.Nullable;

/** A lake in a directory with a clock of its own, and what tests do with its tables: rounds of rows, and all rows of a scan. */
final class ReadFixture implements AutoCloseable {
    static final LakeMaintenance MAINTENANCE = new LakeMaintenance(1 << 20, 4, Duration.ofHours(1), Duration.ofDays(1));

    final Path directory;
    final MovedClock clock = new MovedClock();
    final IcebergLake lake;
    private @Nullable Catalog catalog;
    private long offset;

    ReadFixture(Path directory) {
        this.directory = directory;
        this.lake = new IcebergLake(IcebergSettings.embedded(directory), clock);
    }

    /** Files and snapshots have the machine's time, so this is ahead of it by what was added. */
    static final class MovedClock extends Clock {
        private Duration ahead = Duration.ZERO;

        void set(Duration later) {
            ahead = later;
        }

        void add(Duration more) {
            ahead = ahead.plus(more);
        }

        @Override
        public Instant instant() {
            return Clock.systemUTC().instant().plus(ahead);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    static LakeTableSpec log(TableSchema schema) {
        return new LakeTableSpec(7, "db", "t", schema, List.of(), List.of(), List.of(), 2, MAINTENANCE);
    }

    static LakeTableSpec keyed(TableSchema schema, String... partitionBy) {
        List<String> key = new ArrayList<>(List.of("k"));
        key.addAll(List.of(partitionBy));
        return new LakeTableSpec(7, "db", "t", schema, key, List.of("k"), List.of(partitionBy), 2, MAINTENANCE);
    }

    static EncodedRows encode(TableSchema schema, List<List<Object>> rows) {
        return BatchRows.withAllocator(allocator -> {
            try (VectorSchemaRoot root = RowVectors.fill(schema, rows, allocator)) {
                return RecordBatches.encode(schema.schemaId(), root);
            }
        });
    }

    LakeRows rows(TableSchema schema, List<List<Object>> rows) {
        long first = offset;
        offset += rows.size();
        return new LakeRows(0, schema.columns(), encode(schema, rows), null, row -> first + row, 1_700_000_000_000L);
    }

    /** Commits a round after the lake's state. */
    LakeState commit(LakeTableSpec spec, long epoch, List<List<Object>> appended, List<List<Object>> deleted) {
        LakeTable table = lake.open(spec);
        try (LakeRound round = table.begin(table.state(), epoch)) {
            if (!appended.isEmpty()) {
                round.append(rows(spec.schema(), appended));
            }
            if (!deleted.isEmpty()) {
                round.delete(rows(spec.schema(), deleted));
            }
            LakeRound.Outcome outcome = round.commit(Map.of("b0", offset + epoch));
            assertThat(outcome).isInstanceOf(LakeRound.Committed.class);
            return ((LakeRound.Committed) outcome).state();
        }
    }

    LakeSnapshot snapshot(LakeTableSpec spec) {
        return lake.snapshot(spec).orElseThrow();
    }

    List<List<Object>> scan(LakeTableSpec spec) {
        return scan(snapshot(spec), spec.schema().columns(), null, Optional.empty());
    }

    static List<List<Object>> scan(
            LakeSnapshot snapshot, List<Column> columns, @Nullable Predicate where, Optional<List<String>> partition) {
        List<List<Object>> rows = new ArrayList<>();
        try (LakeScan scan = snapshot.scan(columns, where, partition, 2000)) {
            for (EncodedRows batch = scan.next(); batch != null; batch = scan.next()) {
                rows.addAll(BatchRows.read(columns, batch));
            }
        }
        return rows;
    }

    static Map<List<Object>, Integer> counted(List<List<Object>> rows) {
        Map<List<Object>, Integer> counts = new HashMap<>();
        rows.forEach(row -> counts.merge(row, 1, Integer::sum));
        return counts;
    }

    /** Operations of their own, as another process has them. */
    TableOperations operations() {
        return table().operations();
    }

    BaseTable table() {
        return (BaseTable) catalog().loadTable(org.apache.iceberg.catalog.TableIdentifier.of("db", "t"));
    }

    Catalog catalog() {
        if (catalog == null) {
            catalog = CatalogUtil.buildIcebergCatalog(
                    IcebergSettings.CATALOG_NAME,
                    IcebergSettings.embedded(directory).catalogProperties(),
                    null);
        }
        return catalog;
    }

    TableMetadata metadata() {
        return operations().refresh();
    }

    /** What a round leaves whose process dies before it commits. */
    void leaveFile(long epoch) {
        Path data = LocalFileIO.path(metadata().location()).resolve("data");
        try {
            Files.createFile(data.resolve(FileNames.ofRound(epoch).nextData()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Names of the files in a folder of the table. */
    TreeSet<String> files(String folder) {
        Path root = LocalFileIO.path(metadata().location()).resolve(folder);
        try (Stream<Path> paths = Files.walk(root)) {
            return paths.filter(Files::isRegularFile)
                    .map(path -> path.getFileName().toString())
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        lake.close();
        if (catalog instanceof java.io.Closeable closeable) {
            try {
                closeable.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
