package io.weir.actors.bucket;

import io.weir.codec.batch.ChangeType;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.row.Key;
import io.weir.persistence.kv.KvBatch;
import io.weir.persistence.log.BucketLog;
import io.weir.persistence.log.LogBatch;
import io.weir.persistence.log.LogCursor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Applies a changelog to a KV store. Its rows are whole, so applying some of them again changes nothing, and each step stores how far
 * it came. Blocks; used by one thread, once.
 */
final class LogReplay {
    static final int STEP_BYTES = 1 << 20;

    private final RowRules rules;
    private final RowStore store;
    private final int stepBytes;
    private KvBatch step = new KvBatch();

    /** @param stepBytes about how much is written at once */
    LogReplay(RowRules rules, RowStore store, int stepBytes) {
        this.rules = rules;
        this.store = store;
        this.stepBytes = stepBytes;
    }

    /**
     * Applies all from the offset to the log's end.
     *
     * @throws io.weir.codec.WeirException CORRUPT_DATA where the log is damaged
     */
    void run(BucketLog log, long fromOffset) throws IOException {
        long end = log.endOffset();
        try (LogCursor cursor = log.read(fromOffset)) {
            LogBatch batch = cursor.next();
            while (batch != null) {
                apply(batch, fromOffset);
                if (step.sizeInBytes() >= stepBytes) {
                    write(batch.header().nextOffset());
                }
                batch = cursor.next();
            }
        }
        write(end);
    }

    private void write(long applied) throws IOException {
        store.ensureRoom(step.sizeInBytes());
        store.write(RowStore.putOffset(step, applied));
        step = new KvBatch();
    }

    private void apply(LogBatch batch, long fromOffset) throws IOException {
        if (batch.header().rowCount() == 0) {
            return;
        }
        ByteBuffer types = batch.changeTypes();
        EncodedRows rows = batch.readAll().rows();
        List<Key> keys = rules.keys(rows);
        byte[][] encoded = rules.encode(rows);
        int first = (int) Math.max(0, fromOffset - batch.header().baseOffset());
        for (int row = first; row < encoded.length; row++) {
            apply(type(types, row), keys.get(row), encoded[row]);
        }
    }

    private static ChangeType type(@Nullable ByteBuffer types, int row) {
        return types == null ? ChangeType.INSERT : ChangeType.of(types.get(types.position() + row));
    }

    private void apply(ChangeType type, Key key, byte[] row) {
        switch (type) {
            case INSERT, UPDATE_AFTER -> step.put(RowStore.place(key), row);
            case DELETE -> step.delete(RowStore.place(key));
            case UPDATE_BEFORE -> {
                // The row after it says all.
            }
        }
    }
}
