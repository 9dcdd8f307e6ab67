package io.weir.codec.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.codec.RowVectors;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.junit.jupiter.api.Test;

class StoredBatchTest {
    private static final TableSchema SCHEMA = new TableSchema(
            7,
            List.of(
                    new Column(1, "id", DataType.Simple.BIGINT, false),
                    new Column(2, "user", DataType.Simple.STRING, true),
                    new Column(3, "price", new DataType.Decimal(9, 2), true),
                    new Column(4, "tags", new DataType.Array(DataType.Simple.INT, true), true)));

    private static final List<List<Object>> ROWS = List.of(
            List.of(1L, "ann", new BigDecimal("1.50"), List.of(1L, 2L)),
            Arrays.asList(2L, null, new BigDecimal("-0.25"), null),
            Arrays.asList(3L, "žofie", null, List.of()));

    private static EncodedRows rows() {
        return BatchRows.withAllocator(allocator -> {
            try (VectorSchemaRoot root = RowVectors.fill(SCHEMA, ROWS, allocator)) {
                return RecordBatches.encode(SCHEMA.schemaId(), root);
            }
        });
    }

    private static StoredBatch batch() {
        StoredBatch batch = StoredBatch.assemble(
                rows(),
                List.of(new WriterEntry("writer-1", 41, 2, 2), new WriterEntry("ž", 1L << 40, 3, 9)),
                BatchStatistics.measure(SCHEMA, rows()).encode(),
                ByteBuffer.wrap(new byte[] {0, 1, 2}),
                true);
        batch.stamp(1_000_000_000_000L, 5, 1_442_016_000_000L);
        return batch;
    }

    /** The format is for ever: these bytes were written by version 1 and must be what is written and read today. */
    @Test
    void theBytesOfABatchAreThoseOfTheGoldenFile() throws IOException {
        byte[] golden = golden();
        byte[] written = new byte[batch().bytes().remaining()];
        batch().bytes().get(written);

        assertThat(HexFormat.of().formatHex(written)).isEqualTo(HexFormat.of().formatHex(golden));
    }

    @Test
    void theGoldenFileIsReadBack() throws IOException {
        StoredBatch read = StoredBatch.of(ByteBuffer.wrap(golden()).asReadOnlyBuffer());

        assertThat(read.checksumMatches()).isTrue();
        assertThat(read.header().baseOffset()).isEqualTo(1_000_000_000_000L);
        assertThat(read.header().nextOffset()).isEqualTo(1_000_000_000_003L);
        assertThat(read.header().leaderEpoch()).isEqualTo(5);
        assertThat(read.header().schemaId()).isEqualTo(7);
        assertThat(read.header().commitTimestampMs()).isEqualTo(1_442_016_000_000L);
        assertThat(read.header().continues()).isTrue();
        assertThat(read.writers())
                .containsExactly(new WriterEntry("writer-1", 41, 2, 2), new WriterEntry("ž", 1L << 40, 3, 9));
        assertThat(read.changeTypes()).isEqualTo(ByteBuffer.wrap(new byte[] {0, 1, 2}));
        assertThat(read.statistics()).isEqualTo(BatchStatistics.measure(SCHEMA, read.rows()));
        assertThat(read.rows()).isEqualTo(rows());
        assertThat(BatchRows.read(SCHEMA.columns(), read.rows())).isEqualTo(ROWS);
    }

    @Test
    void everyFlippedBitIsNoticed() {
        StoredBatch batch = batch();
        for (int i = 0; i < batch.bytes().remaining(); i++) {
            if (i >= BatchHeader.CRC_POSITION && i < BatchHeader.CRC_START) {
                continue;
            }
            ByteBuffer damaged = batch.bytes();
            damaged.put(i, (byte) (damaged.get(i) ^ 1 << (i % 8)));
            assertThat(batch.checksumMatches()).as("byte %d", i).isFalse();
            damaged.put(i, (byte) (damaged.get(i) ^ 1 << (i % 8)));
        }
        assertThat(batch.checksumMatches()).isTrue();
    }

    @Test
    void aBatchOfMoreThanTheMostBytesIsRefused() {
        EncodedRows rows = new EncodedRows(1, 1, rows().metadata(), ByteBuffer.allocate(BatchHeader.TOTAL_BYTES_MAX));

        assertThatThrownBy(() -> StoredBatch.assemble(rows, List.of(), ByteBuffer.allocate(0), null, false))
                .isInstanceOf(WeirException.class)
                .hasMessageContaining("send fewer");
    }

    private static byte[] golden() throws IOException {
        try (InputStream in = StoredBatchTest.class.getResourceAsStream("batch-v1.golden")) {
            return Objects.requireNonNull(in, "golden file").readAllBytes();
        }
    }

    /** Prints the bytes for a new golden file; run by hand when a new format version is added, never to change an old file. */
    public static void main(String[] arguments) {
        byte[] written = new byte[batch().bytes().remaining()];
        batch().bytes().get(written);
        System.out.println(HexFormat.of().formatHex(written));
    }
}
