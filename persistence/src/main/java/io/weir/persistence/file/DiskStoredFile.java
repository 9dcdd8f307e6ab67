package io.weir.persistence.file;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * A file behind a {@link FileChannel}. Heap buffers go through one direct buffer a thread, so that the native memory that the JDK
 * would cache for big transfers stays bounded, and so that many small buffers become few system calls.
 */
final class DiskStoredFile implements StoredFile {
    private static final int STAGING_BYTES = 1 << 20;

    private static final ThreadLocal<ByteBuffer> STAGING =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(STAGING_BYTES));

    private final Path path;
    /** Not the file itself, which may be moved after it was opened. */
    private final File directory;

    private final FileChannel channel;
    private final long reservedBytes;

    /** @param reservedBytes the file does not grow where the disk would have less than this left */
    DiskStoredFile(Path path, FileChannel channel, long reservedBytes) {
        this.path = path;
        this.directory = new File(String.valueOf(path.toAbsolutePath().getParent()));
        this.reservedBytes = reservedBytes;
        this.channel = channel;
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        ByteBuffer staging = STAGING.get();
        int total = 0;
        while (target.hasRemaining()) {
            staging.clear().limit(Math.min(staging.capacity(), target.remaining()));
            int n = channel.read(staging, position + total);
            if (n <= 0) {
                break;
            }
            target.put(staging.flip());
            total += n;
        }
        return total;
    }

    @Override
    public void write(List<ByteBuffer> sources, long position) throws IOException {
        long bytes = sources.stream().mapToLong(ByteBuffer::remaining).sum();
        if (position + bytes > channel.size() && directory.getUsableSpace() - bytes < reservedBytes) {
            throw new DiskFullException(
                    "less than %d bytes would be left for what is not rows: %s".formatted(reservedBytes, path), null);
        }
        ByteBuffer staging = STAGING.get().clear();
        long at = position;
        for (ByteBuffer source : sources) {
            while (source.hasRemaining()) {
                int n = Math.min(staging.remaining(), source.remaining());
                staging.put(staging.position(), source, source.position(), n);
                staging.position(staging.position() + n);
                source.position(source.position() + n);
                if (!staging.hasRemaining()) {
                    at += drain(staging, at);
                }
            }
        }
        drain(staging, at);
    }

    private int drain(ByteBuffer staging, long position) throws IOException {
        staging.flip();
        int total = 0;
        try {
            while (staging.hasRemaining()) {
                total += channel.write(staging, position + total);
            }
        } catch (IOException e) {
            throw DiskFileStore.known(path, e);
        }
        staging.clear();
        return total;
    }

    @Override
    public long size() throws IOException {
        return channel.size();
    }

    @Override
    public void truncate(long size) throws IOException {
        channel.truncate(size);
    }

    @Override
    public void sync() throws IOException {
        try {
            channel.force(false);
        } catch (IOException e) {
            throw DiskFileStore.known(path, e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
