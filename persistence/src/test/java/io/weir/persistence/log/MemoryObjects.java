package io.weir.persistence.log;

import io.weir.persistence.file.StoredFile;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.ObjectUnavailableException;
import io.weir.persistence.objects.StoredObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;

/** An object store in memory: puts segments, opens parts of them, counts what is read, and is out of reach when told to be. */
final class MemoryObjects implements RemoteFiles {
    private final Map<ObjectName, byte[]> objects = new ConcurrentHashMap<>();
    private final AtomicLong readBytes = new AtomicLong();
    private long names;
    volatile boolean isDown;

    /** Uploads a sealed segment in parts of this size, as an upload does. */
    RemoteSegment put(BucketLog log, SealedSegment sealed, int partBytes) throws IOException {
        try (SegmentBody body = log.body(sealed)) {
            byte[] bytes = new byte[(int) body.size()];
            for (int at = 0; at < bytes.length; ) {
                ByteBuffer part = ByteBuffer.wrap(bytes, at, Math.min(partBytes, bytes.length - at));
                int wanted = part.remaining();
                if (body.read(part, at) != wanted) {
                    throw new AssertionError("short body at " + at);
                }
                at += wanted;
            }
            if (body.read(ByteBuffer.allocate(1), bytes.length) != 0) {
                throw new AssertionError("the body is longer than it says");
            }
            return body.as(put(bytes));
        }
    }

    StoredObject put(byte[] bytes) {
        ObjectName name = new ObjectName("segment-" + names++);
        objects.put(name, bytes);
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return new StoredObject(name, bytes.length, (int) crc.getValue());
    }

    /** The bytes themselves: to be looked at, or damaged. */
    byte[] bytes(StoredObject object) {
        return Objects.requireNonNull(objects.get(object.name()), object.toString());
    }

    void delete(StoredObject object) {
        objects.remove(object.name());
    }

    int count() {
        return objects.size();
    }

    long readBytes() {
        return readBytes.get();
    }

    @Override
    public StoredFile open(StoredObject object, long start, long length) throws IOException {
        if (start < 0 || length < 0 || start + length > object.size()) {
            throw new AssertionError("outside of the object: %s start=%d length=%d".formatted(object, start, length));
        }
        return new Part(object, start, length);
    }

    private final class Part implements StoredFile {
        private final StoredObject object;
        private final long start;
        private final long length;

        Part(StoredObject object, long start, long length) {
            this.object = object;
            this.start = start;
            this.length = length;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            if (isDown) {
                throw new ObjectUnavailableException("out of reach: " + object, new IOException("down"));
            }
            byte[] bytes = objects.get(object.name());
            if (bytes == null) {
                throw new NoSuchFileException(object.name().value());
            }
            int n = (int) Math.max(0, Math.min(target.remaining(), length - position));
            if (n > 0) {
                target.put(bytes, Math.toIntExact(start + position), n);
            }
            readBytes.addAndGet(n);
            return n;
        }

        @Override
        public long size() {
            return length;
        }

        @Override
        public void write(List<ByteBuffer> sources, long position) {
            throw new UnsupportedOperationException("read-only");
        }

        @Override
        public void truncate(long size) {
            throw new UnsupportedOperationException("read-only");
        }

        @Override
        public void sync() {
            throw new UnsupportedOperationException("read-only");
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
