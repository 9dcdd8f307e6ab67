package io.weir.sharding;

import io.weir.actors.bucket.BucketId;
import io.weir.actors.catalog.CatalogState;
import io.weir.actors.catalog.TableInfo;
import io.weir.actors.catalog.TableProperties;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.log.BucketLog;
import io.weir.persistence.log.LogBatch;
import io.weir.persistence.log.LogCursor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BaseIntVector;
import org.apache.arrow.vector.FieldVector;

/** The logs that are left on a disk whose journal was lost: which there are, and which numbers were given in them. */
final class KeptLogs {
    private final NodeSettings settings;
    private final CatalogState catalog;

    KeptLogs(NodeSettings settings, CatalogState catalog) {
        this.settings = settings;
        this.catalog = catalog;
    }

    /** Those of tables and partitions that exist. */
    List<BucketId> buckets() throws IOException {
        if (!Files.isDirectory(settings.logs())) {
            return List.of();
        }
        try (Stream<Path> directories = Files.list(settings.logs())) {
            return directories
                    .map(directory -> String.valueOf(directory.getFileName()))
                    .filter(DroppedTables::isBucket)
                    .map(BucketId::parse)
                    .filter(bucket -> StoreSurvey.isThere(catalog, bucket))
                    .sorted()
                    .toList();
        }
    }

    /**
     * Every number of the auto-increment column in the log from the offset on is below this; 0 where the table has no such column. Reads
     * the log, and cuts a torn tail, as a start of the bucket does.
     *
     * @throws io.weir.codec.WeirException CORRUPT_DATA where the log is damaged
     */
    long numbersBelow(BucketId bucket, long fromOffset) throws IOException {
        TableInfo table = catalog.table(bucket.tableId()).orElseThrow();
        TableProperties properties = TableProperties.from(table.properties());
        if (properties.autoIncrement().isEmpty()) {
            return 0;
        }
        int column = table.schema()
                .column(properties.autoIncrement().get().column())
                .orElseThrow()
                .id();
        Path directory = settings.logs().resolve(bucket.entityId());
        try (BufferAllocator allocator = new RootAllocator(settings.arrowMemory());
                BucketLog log =
                        BucketLog.open(new DiskFileStore(), directory, properties.logSettings(), Clock.systemUTC())) {
            if (log.endOffset() <= fromOffset) {
                return 0;
            }
            long below = 0;
            try (LogCursor cursor = log.read(Math.max(fromOffset, log.localStartOffset()))) {
                for (LogBatch batch = cursor.next(); batch != null; batch = cursor.next()) {
                    if (batch.header().rowCount() > 0) {
                        EncodedRows rows = batch.readAll().rows();
                        below = Math.max(below, below(table, column, rows, allocator));
                    }
                }
            }
            return below;
        }
    }

    private static long below(TableInfo table, int column, EncodedRows rows, BufferAllocator allocator) {
        TableSchema schema = table.schema(rows.schemaId()).orElseThrow();
        List<Integer> ids = schema.columns().stream().map(Column::id).toList();
        int index = ids.indexOf(column);
        long[] below = {0};
        if (index >= 0) {
            RecordBatches.load(schema.columns(), rows, allocator, root -> {
                FieldVector vector = root.getVector(index);
                for (int i = 0; i < root.getRowCount(); i++) {
                    if (!vector.isNull(i)) {
                        below[0] = Math.max(below[0], ((BaseIntVector) vector).getValueAsLong(i) + 1);
                    }
                }
            });
        }
        return below[0];
    }
}
