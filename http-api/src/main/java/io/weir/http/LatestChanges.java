package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.codec.batch.ChangeType;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.row.Key;
import io.weir.codec.row.KeyEncoder;
import io.weir.codec.row.RowEncoder;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The last change of each key in a stretch of one bucket's changelog: the row that it left, or that it left none. Its size counts
 * against what all buckets of the read share. Filled by one slice after the other, then only read.
 */
final class LatestChanges {
    /** About what a key and its row take beside their bytes. */
    private static final int ENTRY_BYTES = 120;

    private static final byte[] DELETED = {};

    private final Form form;
    private final AtomicLong bytesLeft;
    private final Map<Key, byte[]> last = new HashMap<>();
    private long bytes;
    private long next;

    /**
     * What the changes are made of.
     *
     * @param schema of the columns that are read
     * @param keys of such rows
     */
    record Form(TableSchema schema, KeyEncoder keys) {
        static Form of(int schemaId, List<Column> columns, List<String> keyOrder) {
            return new Form(new TableSchema(schemaId, columns), KeyEncoder.of(columns, keyOrder));
        }
    }

    /**
     * @param from offset of the first change that is added
     * @param bytesLeft what the buckets of the read may still take together
     */
    LatestChanges(Form form, long from, AtomicLong bytesLeft) {
        this.form = form;
        this.next = from;
        this.bytesLeft = bytesLeft;
    }

    /** @return whether they have room; where not, {@link #forget} them */
    boolean add(Slice slice) {
        for (Bucket.FetchedRows batch : slice.batches()) {
            long before = bytes;
            add(batch.rows(), batch.changeTypes());
            if (bytesLeft.addAndGet(before - bytes) < 0) {
                return false;
            }
        }
        next = slice.nextOffset();
        return true;
    }

    private void add(EncodedRows rows, @Nullable ByteBuffer types) {
        List<Key> keys = form.keys().encode(rows);
        byte[][] encoded = RowEncoder.encode(form.schema(), rows);
        for (int row = 0; row < encoded.length; row++) {
            ChangeType type = types == null ? ChangeType.INSERT : ChangeType.of(types.get(types.position() + row));
            if (type != ChangeType.UPDATE_BEFORE) {
                put(keys.get(row), type == ChangeType.DELETE ? DELETED : encoded[row]);
            }
        }
    }

    private void put(Key key, byte[] row) {
        byte[] former = last.put(key, row);
        bytes += former == null ? ENTRY_BYTES + key.bytes().length + row.length : row.length - former.length;
    }

    /** Gives back what they take. */
    void forget() {
        last.clear();
        bytesLeft.addAndGet(bytes);
        bytes = 0;
    }

    /** Offset after the last change that was looked at. */
    long next() {
        return next;
    }

    boolean isEmpty() {
        return last.isEmpty();
    }

    boolean changed(Key key) {
        return last.containsKey(key);
    }

    /** The rows that the changes left, in no order. */
    Iterator<byte[]> rows() {
        return last.values().stream().filter(row -> row != DELETED).iterator();
    }
}
