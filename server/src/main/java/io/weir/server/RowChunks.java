package io.weir.server;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** A file of rows, cut into request bodies of a few megabytes. The kind of file is told by its first bytes. */
interface RowChunks extends AutoCloseable {
    int CHUNK_BYTES = 4 << 20;

    /** No store takes a longer row, and a file that is no text at all may have no line's end. */
    int LINE_BYTES_MAX = 32 << 20;

    /** The next request body, or null at the end. */
    byte @Nullable [] next() throws IOException;

    String contentType();

    /** Bytes of the file, as it lies on the disk, that were read so far. */
    long bytesRead();

    @Override
    void close() throws IOException;

    static RowChunks open(Path path) throws IOException {
        Counted file = new Counted(Files.newInputStream(path));
        boolean zipped = false;
        try {
            InputStream in = new BufferedInputStream(file, 1 << 16);
            byte[] head = peek(in);
            if (head.length >= 2 && (head[0] & 0xff) == 0x1f && (head[1] & 0xff) == 0x8b) {
                in = new BufferedInputStream(new GZIPInputStream(in, 1 << 16), 1 << 16);
                head = peek(in);
                zipped = true;
            }
            if (zipped && startsWith(head, "ARROW1".getBytes(StandardCharsets.US_ASCII))) {
                throw new IOException("an Arrow file must be unzipped first: it is read from its end");
            }
            if (startsWith(head, "ARROW1".getBytes(StandardCharsets.US_ASCII))) {
                return new ArrowChunks(ArrowChunks.fileReader(path), file);
            }
            if (startsWith(head, new byte[] {-1, -1, -1, -1})) {
                return new ArrowChunks(ArrowChunks.streamReader(in), file);
            }
            return new NdjsonChunks(in, file);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static byte[] peek(InputStream in) throws IOException {
        in.mark(8);
        byte[] head = in.readNBytes(6);
        in.reset();
        return head;
    }

    private static boolean startsWith(byte[] head, byte[] prefix) {
        return head.length >= prefix.length && Arrays.equals(head, 0, prefix.length, prefix, 0, prefix.length);
    }

    /** Counts what is read from the file itself, below any decompression. */
    final class Counted extends FilterInputStream {
        private long count;

        Counted(InputStream in) {
            super(in);
        }

        long count() {
            return count;
        }

        @Override
        public int read() throws IOException {
            int b = in.read();
            count += b < 0 ? 0 : 1;
            return b;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int n = in.read(target, offset, length);
            count += Math.max(n, 0);
            return n;
        }
    }

    /** Whole lines, as many as fit in a chunk; a longer line goes alone. */
    final class NdjsonChunks implements RowChunks {
        private final InputStream in;
        private final Counted file;
        private byte[] rest = new byte[0];

        NdjsonChunks(InputStream in, Counted file) {
            this.in = in;
            this.file = file;
        }

        @Override
        public byte @Nullable [] next() throws IOException {
            byte[] buffer = rest;
            while (true) {
                byte[] more = in.readNBytes(CHUNK_BYTES);
                int from = buffer.length;
                buffer = Arrays.copyOf(buffer, from + more.length);
                System.arraycopy(more, 0, buffer, from, more.length);
                if (more.length < CHUNK_BYTES) {
                    rest = new byte[0];
                    return buffer.length == 0 ? null : buffer;
                }
                int end = lastNewline(buffer) + 1;
                if (end == 0 && buffer.length > LINE_BYTES_MAX) {
                    throw new IOException("a line is longer than " + LINE_BYTES_MAX + " bytes; is the file NDJSON?");
                }
                if (end > 0) {
                    rest = Arrays.copyOfRange(buffer, end, buffer.length);
                    return Arrays.copyOf(buffer, end);
                }
            }
        }

        private static int lastNewline(byte[] buffer) {
            int i = buffer.length - 1;
            while (i >= 0 && buffer[i] != '\n') {
                i--;
            }
            return i;
        }

        @Override
        public String contentType() {
            return "application/x-ndjson";
        }

        @Override
        public long bytesRead() {
            return file.count();
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
