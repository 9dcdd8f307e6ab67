package io.weir.persistence.log;

import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.StoredBatch;
import io.weir.codec.batch.WriterEntry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Batches whose body names its rows, so that a reader can tell which rows it got. The log does not look into bodies. */
final class TestBatches {
    private TestBatches() {}

    /** @param rows one number a row, from which the row's bytes are made */
    static StoredBatch batch(List<Long> rows, List<WriterEntry> writers, boolean continues, int bytesPerRow) {
        ByteBuffer body =
                ByteBuffer.allocate(Math.max(8, bytesPerRow) * rows.size()).order(ByteOrder.LITTLE_ENDIAN);
        for (long row : rows) {
            int end = body.position() + Math.max(8, bytesPerRow);
            body.putLong(row);
            while (body.position() < end) {
                body.put((byte) (row * 31 + body.position()));
            }
        }
        ByteBuffer metadata =
                ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putInt(0, bytesPerRow);
        EncodedRows encoded = new EncodedRows(1, rows.size(), metadata, body.flip());
        return StoredBatch.assemble(encoded, writers, ByteBuffer.allocate(0), null, continues);
    }

    static StoredBatch batch(long... rows) {
        return batch(java.util.Arrays.stream(rows).boxed().toList(), List.of(), false, 8);
    }

    static List<Long> rows(StoredBatch batch) {
        ByteBuffer body = batch.rows().body();
        int rows = batch.header().rowCount();
        int bytesPerRow = body.remaining() / Math.max(1, rows);
        List<Long> found = new java.util.ArrayList<>();
        for (int i = 0; i < rows; i++) {
            found.add(body.getLong(i * bytesPerRow));
        }
        return found;
    }

    /** All rows from an offset on. */
    static List<Long> readAll(BucketLog log, long from) throws java.io.IOException {
        List<Long> all = new java.util.ArrayList<>();
        try (LogCursor cursor = log.read(from)) {
            for (LogBatch batch = cursor.next(); batch != null; batch = cursor.next()) {
                List<Long> rows = rows(batch.readAll());
                int skip = (int) Math.max(0, from - batch.header().baseOffset());
                all.addAll(rows.subList(skip, rows.size()));
            }
        }
        return all;
    }
}
