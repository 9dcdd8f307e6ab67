package io.weir.persistence.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.codec.batch.BatchRows;
import io.weir.codec.batch.BatchStatistics;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.Projection;
import io.weir.codec.batch.StoredBatch;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import io.weir.persistence.file.DiskFileStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How much of an object is read for one column of twenty. */
final class RemoteProjectionTest {
    private static final int BATCHES = 8;

    @TempDir
    Path root;

    @Test
    void oneColumnOfTwentyMovesLittleMoreThanATwentieth() throws IOException {
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            columns.add(new Column(i + 1, "c" + i, DataType.Simple.BIGINT, false));
        }
        TableSchema schema = new TableSchema(1, columns);
        MemoryObjects objects = new MemoryObjects();
        try (BucketLog log =
                BucketLog.open(new DiskFileStore(), root.resolve("7-0"), LogSettings.DEFAULT, Clock.systemUTC())) {
            for (int i = 0; i < BATCHES; i++) {
                EncodedRows rows = BatchRows.encoded(schema, i, 5000);
                log.append(
                        List.of(StoredBatch.assemble(
                                rows,
                                List.of(),
                                BatchStatistics.measure(schema, rows).encode(),
                                null,
                                false)),
                        1);
            }
            log.seal();
            List<EncodedRows> local = project(log, schema, columns.subList(7, 8));
            RemoteSegment segment = objects.put(log, log.toUpload().get(0), 1 << 20);
            log.showRemote(List.of(segment), objects);
            log.trim(0, Long.MAX_VALUE);
            assertThat(log.localStartOffset()).isEqualTo(log.endOffset());

            assertThat(project(log, schema, columns.subList(7, 8))).isEqualTo(local);

            long moved = objects.readBytes();
            assertThat(segment.logBytes()).isGreaterThan(BATCHES * 800_000L);
            assertThat(moved).isBetween(segment.logBytes() / 20, segment.logBytes() / 16);
        }
    }

    private static List<EncodedRows> project(BucketLog log, TableSchema schema, List<Column> columns)
            throws IOException {
        List<EncodedRows> all = new ArrayList<>();
        try (LogCursor cursor = log.read(0)) {
            for (LogBatch batch = cursor.next(); batch != null; batch = cursor.next()) {
                Projection projection = Projection.plan(
                        schema, columns, batch.metadata(), batch.header().bodyBytes());
                all.add(batch.read(schema, projection));
            }
        }
        assertThat(all).hasSize(BATCHES);
        return all;
    }
}
