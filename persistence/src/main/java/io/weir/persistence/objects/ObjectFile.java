package io.weir.persistence.objects;

import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A part of an object that is open. A long read goes piece by piece, with gets for the next pieces under way. */
final class ObjectFile implements StoredFile {
    private final ObjectFiles files;
    private final ObjectBlocks blocks;
    private final StoredObject object;
    private final long start;
    private final long length;
    private final ReadCursors cursors;
    private volatile boolean closed;

    ObjectFile(ObjectFiles files, ObjectBlocks blocks, StoredObject object, long start, long length) {
        this.files = files;
        this.blocks = blocks;
        this.object = object;
        this.start = start;
        this.length = length;
        this.cursors = new ReadCursors(files.readAheadBytes());
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        if (closed) {
            throw new ClosedChannelException();
        }
        int n = (int) Math.min(target.remaining(), Math.max(0, length - position));
        if (position < 0) {
            throw new IllegalArgumentException("position=" + position);
        }
        if (n == 0) {
            return 0;
        }
        long end = start + position + n;
        ReadCursors.Cursor cursor;
        synchronized (cursors) {
            cursor = cursors.read(start + position, end);
        }
        boolean waited = false;
        long asked = 0;
        long at = start + position;
        while (at < end) {
            long to = Math.min(end, (at / ObjectBlocks.GET_BYTES_MAX + 1) * ObjectBlocks.GET_BYTES_MAX);
            ObjectBlocks.Wanted wanted = blocks.want(object, at, to);
            if (to < end) {
                long sure = Math.min(end, to + files.share());
                asked = Math.max(asked, to);
                asked = asked < sure ? blocks.readAhead(object, asked, sure) : asked;
            } else {
                readAhead(cursor, end);
            }
            waited |= await(wanted, at, to);
            copy(wanted, at, to, target);
            blocks.wereRead(wanted, to);
            at = to;
        }
        files.count(waited);
        return n;
    }

    private void readAhead(ReadCursors.Cursor cursor, long end) {
        long from;
        long to;
        synchronized (cursors) {
            long window = Math.min(cursor.window(), files.share());
            to = Math.min(start + length, end + window);
            from = Math.max(end, cursor.aheadEnd());
            // Not for every few bytes that were read.
            boolean worth = to - from >= Math.min(window / 2, ObjectBlocks.GET_BYTES_MAX) || to == start + length;
            if (window == 0 || from >= to || !worth) {
                return;
            }
        }
        files.sharing(cursor);
        long asked = blocks.readAhead(object, from, to);
        synchronized (cursors) {
            cursor.askedUntil(asked);
        }
    }

    /** @return whether it had to wait */
    private boolean await(ObjectBlocks.Wanted wanted, long from, long to) throws IOException {
        List<RangeGet> gets = wanted.gets();
        if (gets.isEmpty()) {
            return false;
        }
        CompletableFuture<Void> all =
                CompletableFuture.allOf(gets.stream().map(get -> get.done).toArray(CompletableFuture[]::new));
        try {
            all.get(files.timeout().toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (ExecutionException e) {
            throw failed(Conditions.unwrapped(e), from, to);
        } catch (TimeoutException e) {
            throw failed(e, from, to);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while reading object " + object.name());
        } finally {
            blocks.leave(gets);
        }
    }

    private IOException failed(Throwable cause, long from, long to) {
        if (cause instanceof ObjectStoreException.NotFound) {
            return new NoSuchFileException(object.name().value());
        }
        String why = cause instanceof TimeoutException
                ? "nothing came within " + files.timeout()
                : String.valueOf(cause.getMessage());
        return new ObjectUnavailableException(
                "object %s, bytes [%d, %d): %s".formatted(object.name(), from, to, why), cause);
    }

    private static void copy(ObjectBlocks.Wanted wanted, long from, long to, ByteBuffer target) {
        long at = from;
        for (int i = 0; i < wanted.count(); i++) {
            long blockStart = (wanted.firstBlock + i) * ObjectFiles.BLOCK_BYTES;
            byte[] block = wanted.block(i);
            int offset = (int) (at - blockStart);
            int n = (int) Math.min(block.length - offset, to - at);
            target.put(block, offset, n);
            at += n;
        }
    }

    @Override
    public void write(List<ByteBuffer> sources, long position) {
        throw readOnly();
    }

    @Override
    public long size() {
        return length;
    }

    @Override
    public void truncate(long size) {
        throw readOnly();
    }

    @Override
    public void sync() {
        throw readOnly();
    }

    private UnsupportedOperationException readOnly() {
        return new UnsupportedOperationException("an object is not written to: " + object.name());
    }

    /** Reads that are under way go on. */
    @Override
    public void close() {
        closed = true;
    }
}
