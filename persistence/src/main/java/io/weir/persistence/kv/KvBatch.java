package io.weir.persistence.kv;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts and deletes that are applied together, in order. */
public final class KvBatch {
    private final List<byte[]> keys = new ArrayList<>();
    private final List<byte @Nullable []> values = new ArrayList<>();
    private long bytes;

    public KvBatch put(byte[] key, byte[] value) {
        keys.add(key);
        values.add(value);
        bytes += key.length + value.length;
        return this;
    }

    public KvBatch delete(byte[] key) {
        keys.add(key);
        values.add(null);
        bytes += key.length;
        return this;
    }

    public int size() {
        return keys.size();
    }

    public byte[] key(int i) {
        return keys.get(i);
    }

    /** Null where the key is deleted. */
    public byte @Nullable [] value(int i) {
        return values.get(i);
    }

    public long sizeInBytes() {
        return bytes;
    }
}
