package io.weir.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.arrow.compression.CommonsCompressionFactory;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.jspecify.annotations.Nullable;

/** An Arrow file or stream, a stream of about {@link #CHUNK_BYTES} for each request; large record batches are cut by rows. */
final class ArrowChunks implements RowChunks {
    private final ArrowReader reader;
    private final Counted file;
    private int rowsDone;
    private boolean loaded;

    ArrowChunks(ArrowReader reader, Counted file) {
        this.reader = reader;
        this.file = file;
    }

    static ArrowReader streamReader(InputStream in) {
        return new ArrowStreamReader(in, allocator(), CommonsCompressionFactory.INSTANCE);
    }

    static ArrowReader fileReader(Path path) throws IOException {
        return new ArrowFileReader(Files.newByteChannel(path), allocator(), CommonsCompressionFactory.INSTANCE);
    }

    @SuppressWarnings("MustBeClosedChecker")
    private static BufferAllocator allocator() {
        return new RootAllocator(1L << 30);
    }

    @Override
    public byte @Nullable [] next() throws IOException {
        try {
            return nextChunk();
        } catch (RuntimeException e) {
            throw new IOException("not readable as Arrow: " + CommandFailure.explain(e), e);
        }
    }

    private byte @Nullable [] nextChunk() throws IOException {
        VectorSchemaRoot root = reader.getVectorSchemaRoot();
        if (!advance(root)) {
            return null;
        }
        int rows = Math.min(root.getRowCount() - rowsDone, rowsPerChunk(root));
        ByteArrayOutputStream body = new ByteArrayOutputStream(CHUNK_BYTES);
        try (VectorSchemaRoot slice = root.slice(rowsDone, rows);
                ArrowStreamWriter writer = new ArrowStreamWriter(slice, reader, body)) {
            writer.start();
            writer.writeBatch();
            writer.end();
        }
        rowsDone += rows;
        return body.toByteArray();
    }

    /** True when there are rows left in the loaded batch, loading the next ones as needed. */
    private boolean advance(VectorSchemaRoot root) throws IOException {
        while (!loaded || rowsDone == root.getRowCount()) {
            rowsDone = 0;
            loaded = true;
            if (!reader.loadNextBatch()) {
                return false;
            }
        }
        return true;
    }

    private static int rowsPerChunk(VectorSchemaRoot root) {
        long bytes = root.getFieldVectors().stream()
                .mapToLong(vector -> vector.getBufferSize())
                .sum();
        long rowBytes = Math.max(1, bytes / Math.max(1, root.getRowCount()));
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, CHUNK_BYTES / rowBytes));
    }

    @Override
    public String contentType() {
        return "application/vnd.apache.arrow.stream";
    }

    @Override
    public long bytesRead() {
        return Math.max(file.count(), reader.bytesRead());
    }

    @Override
    public void close() throws IOException {
        reader.close();
        file.close();
    }
}
