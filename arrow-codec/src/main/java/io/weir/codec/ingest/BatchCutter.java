package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.BatchHeader;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.TableSchema;
import java.util.List;

/** Cuts record batches that are much larger than a batch should be. */
final class BatchCutter {
    /** A batch is left as it came up to this many times the wanted size: cutting costs a copy. */
    private static final int TOLERANCE = 4;

    /** What one row may take, so that its batch with head, statistics and metadata can be stored. */
    private static final int ROW_BYTES_MAX = BatchHeader.TOTAL_BYTES_MAX - (4 << 20);

    private final TableSchema schema;
    private final int wantedBytes;
    private final long bytesMax;

    BatchCutter(TableSchema schema, int wantedBytes) {
        this.schema = schema;
        this.wantedBytes = wantedBytes;
        this.bytesMax = Math.min((long) wantedBytes * TOLERANCE, ROW_BYTES_MAX);
    }

    /** @param plainBytes length of the uncompressed body */
    void add(EncodedRows rows, int plainBytes, List<EncodedRows> out) {
        if (Math.max(plainBytes, rows.sizeInBytes()) <= bytesMax) {
            out.add(rows);
            return;
        }
        if (rows.rowCount() == 1) {
            if (Math.max(plainBytes, rows.sizeInBytes()) > ROW_BYTES_MAX) {
                throw new WeirException(
                        ErrorCode.BODY_TOO_LARGE,
                        "a row of %d bytes; the most is %d".formatted(plainBytes, ROW_BYTES_MAX));
            }
            out.add(rows);
            return;
        }
        EncodedRows plain = RecordBatches.decompress(schema.columns(), rows);
        long parts = Math.min(rows.rowCount(), Math.max(2, plainBytes / wantedBytes));
        int start = 0;
        for (long part = 1; part <= parts; part++) {
            int end = (int) (rows.rowCount() * part / parts);
            EncodedRows cut = RecordBatches.slice(schema.columns(), plain, start, end);
            add(cut, cut.body().remaining(), out);
            start = end;
        }
    }
}
