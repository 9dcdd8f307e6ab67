package io.weir.actors.bucket;

import io.weir.codec.batch.BatchStatistics;
import io.weir.codec.batch.ChangeType;
import io.weir.codec.batch.Compression;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.batch.StoredBatch;
import io.weir.codec.batch.WriterEntry;
import io.weir.codec.row.RowBatchBuilder;
import io.weir.codec.schema.TableSchema;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes stored batches of changelog rows, request after request. A batch is cut at about {@value #BATCH_BYTES_MAX} bytes, never between
 * a row before and the row after; a request may go on in the next batch. Used by one thread, once.
 */
final class ChangelogBatches {
    static final int BATCH_BYTES_MAX = 4 << 20;

    private final TableSchema schema;
    private final Compression compression;
    private final int compressAbove;
    private final int batchBytesMax;
    private final RowBatchBuilder rows;
    private final ByteArrayOutputStream types = new ByteArrayOutputStream();
    private final List<WriterEntry> writers = new ArrayList<>();
    private final List<StoredBatch> batches = new ArrayList<>();
    private long batchBytes;
    private boolean onlyInserts = true;

    /** @param compressAbove smaller bodies are stored as they are */
    ChangelogBatches(TableSchema schema, Compression compression, int compressAbove, int batchBytesMax) {
        this.schema = schema;
        this.compression = compression;
        this.compressAbove = compressAbove;
        this.batchBytesMax = batchBytesMax;
        this.rows = new RowBatchBuilder(schema, schema.columns());
    }

    /** @param changes of one request, perhaps none */
    void add(List<Change> changes, Bucket.@Nullable WriterSequence writer) {
        for (int i = 0; i < changes.size(); i++) {
            Change change = changes.get(i);
            boolean pair = change.type() == ChangeType.UPDATE_BEFORE;
            boolean second = i > 0 && changes.get(i - 1).type() == ChangeType.UPDATE_BEFORE;
            long bytes = change.row().length;
            bytes += pair ? changes.get(i + 1).row().length : 0;
            if (!second && rows.rowCount() > 0 && batchBytes + bytes > batchBytesMax) {
                cut(i > 0);
            }
            rows.add(change.row());
            batchBytes += change.row().length;
            types.write(change.type().code());
            onlyInserts &= change.type() == ChangeType.INSERT;
        }
        if (writer != null) {
            writers.add(new WriterEntry(writer.writerId(), writer.sequence(), rows.rowCount(), changes.size()));
        }
    }

    /** All of them, unstamped; the last one is there for its writers alone where it has no rows. */
    List<StoredBatch> finish() {
        if (rows.rowCount() > 0 || !writers.isEmpty()) {
            cut(false);
        }
        return batches;
    }

    private void cut(boolean continues) {
        int count = rows.rowCount();
        EncodedRows built = rows.build(schema.schemaId());
        ByteBuffer statistics = ByteBuffer.allocate(0);
        if (count > 0) {
            if (compression != Compression.NONE && built.body().remaining() > compressAbove) {
                built = RecordBatches.compress(built, compression);
            }
            statistics = BatchStatistics.measure(schema, built).encode();
        }
        ByteBuffer changeTypes = onlyInserts ? null : ByteBuffer.wrap(types.toByteArray());
        batches.add(StoredBatch.assemble(built, List.copyOf(writers), statistics, changeTypes, continues));
        types.reset();
        writers.clear();
        batchBytes = 0;
        onlyInserts = true;
    }
}
