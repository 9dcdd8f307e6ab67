package io.weir.actors.bucket;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.row.Key;
import io.weir.persistence.file.DiskFullException;
import io.weir.persistence.kv.KvBatch;
import io.weir.persistence.kv.KvCursor;
import io.weir.persistence.kv.KvStore;
import io.weir.persistence.kv.KvView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The layout of a bucket's KV store, version 1. The first byte of a key says what stands there:
 *
 * <pre>
 * 0            version of the layout, of the keys and of the rows, u8; the applied offset, i64 big-endian: the rows are the
 *              changelog up to it, exclusive
 * 1 | key      a row
 * </pre>
 *
 * Damage comes out as {@link DamagedStoreException}, so that it cannot be taken for what is wrong with a request.
 */
final class RowStore {
    private static final byte VERSION = 1;
    private static final byte[] OFFSET = {0};
    private static final byte ROWS = 1;
    private static final int ROOM_FOR_OFFSET = 64;

    /** Before all rows. */
    static final byte[] ROWS_START = {ROWS};

    private final KvStore store;

    RowStore(KvStore store) {
        this.store = store;
    }

    /** The row's place in the store. */
    static byte[] place(Key key) {
        byte[] bytes = key.bytes();
        byte[] place = new byte[bytes.length + 1];
        place[0] = ROWS;
        System.arraycopy(bytes, 0, place, 1, bytes.length);
        return place;
    }

    static Key key(byte[] place) {
        return new Key(Arrays.copyOfRange(place, 1, place.length));
    }

    static KvBatch putOffset(KvBatch batch, long offset) {
        return batch.put(
                OFFSET, ByteBuffer.allocate(9).put(VERSION).putLong(offset).array());
    }

    byte @Nullable [] get(Key key) throws IOException {
        return getBytes(place(key));
    }

    /**
     * The applied offset, or -1 in a store that was never written to.
     *
     * @throws WeirException BUCKET_UNAVAILABLE where it is of a version that is not known here
     */
    long offset() throws IOException {
        byte[] value = getBytes(OFFSET);
        if (value == null) {
            return -1;
        }
        if (value.length > 0 && value[0] != VERSION) {
            throw new WeirException(
                    ErrorCode.BUCKET_UNAVAILABLE,
                    "the KV state is of format version %d, known here is %d; start the version of Weir that wrote it"
                            .formatted(value[0] & 0xff, VERSION));
        }
        if (value.length != 9) {
            throw new DamagedStoreException("the applied offset has " + value.length + " bytes");
        }
        return ByteBuffer.wrap(value).getLong(1);
    }

    private byte @Nullable [] getBytes(byte[] key) throws IOException {
        try {
            return store.get(key);
        } catch (WeirException e) {
            throw damaged(e);
        }
    }

    void write(KvBatch batch) throws IOException {
        try {
            store.write(batch);
        } catch (WeirException e) {
            throw damaged(e);
        }
    }

    /** @throws DiskFullException where the write that is to come would not fit */
    void ensureRoom(long bytes) throws DiskFullException {
        store.ensureRoom(bytes + ROOM_FOR_OFFSET);
    }

    KvView view() throws IOException {
        try {
            return store.view();
        } catch (WeirException e) {
            throw damaged(e);
        }
    }

    /** The first row at or after a place, which may be that of a prefix. */
    static KvCursor from(KvView view, byte[] place) throws IOException {
        try {
            return view.from(place);
        } catch (WeirException e) {
            throw damaged(e);
        }
    }

    /** @return false also where the rows end and something else begins */
    static boolean next(KvCursor cursor) throws IOException {
        try {
            return cursor.next() && cursor.key()[0] == ROWS;
        } catch (WeirException e) {
            throw damaged(e);
        }
    }

    static DamagedStoreException damaged(WeirException e) {
        if (e.code() != ErrorCode.CORRUPT_DATA) {
            throw e;
        }
        return new DamagedStoreException(e.detail(), e);
    }
}
