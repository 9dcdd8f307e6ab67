package io.weir.codec.batch;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import net.jpountz.lz4.LZ4FrameOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Arrow's compression of a record batch's body, buffer by buffer: a compressed buffer begins with its plain length (i64), then one
 * ZSTD or LZ4 frame; length -1 says that the rest is the plain bytes; an empty buffer stays empty.
 */
public final class BodyCompression {
    static final int PREFIX_BYTES = Long.BYTES;
    static final long STORED_PLAIN = -1;

    /** Rows are compressed once and read often, but on the write path: the level that costs least and still halves text. */
    private static final int ZSTD_LEVEL = 1;

    private BodyCompression() {}

    /** A record batch whose buffers are plain. */
    public record Plain(BatchLayout layout, ByteBuffer body) {}

    static EncodedRows compress(EncodedRows rows, BatchLayout layout, Compression compression) {
        ByteBuffer body = rows.body();
        byte[][] buffers = new byte[layout.bufferCount()][];
        BatchLayout.Builder compressed = new BatchLayout.Builder();
        for (int i = 0; i < buffers.length; i++) {
            byte[] plain = new byte[layout.bufferLength(i)];
            body.get(body.position() + layout.bufferOffset(i), plain);
            buffers[i] = plain.length == 0 ? plain : compress(plain, compression);
            compressed.buffer(buffers[i].length);
        }
        byte[] out = new byte[compressed.end()];
        int at = 0;
        for (byte[] buffer : buffers) {
            System.arraycopy(buffer, 0, out, at, buffer.length);
            at += BatchHeader.padded(buffer.length);
        }
        return new EncodedRows(
                rows.schemaId(),
                rows.rowCount(),
                layout.withBuffers(compressed, compression).toMetadata(),
                ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN));
    }

    private static byte[] compress(byte[] plain, Compression compression) {
        byte[] frame = compression == Compression.ZSTD ? zstd(plain) : lz4(plain);
        boolean shrank = frame.length < plain.length;
        byte[] content = shrank ? frame : plain;
        return ByteBuffer.allocate(PREFIX_BYTES + content.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(shrank ? plain.length : STORED_PLAIN)
                .put(content)
                .array();
    }

    private static byte[] zstd(byte[] plain) {
        return Zstd.compress(plain, ZSTD_LEVEL);
    }

    private static byte[] lz4(byte[] plain) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream(plain.length / 2 + 64);
        LZ4FrameOutputStream.BLOCKSIZE block = plain.length <= 64 << 10
                ? LZ4FrameOutputStream.BLOCKSIZE.SIZE_64KB
                : LZ4FrameOutputStream.BLOCKSIZE.SIZE_256KB;
        try (LZ4FrameOutputStream out =
                new LZ4FrameOutputStream(frame, block, LZ4FrameOutputStream.FLG.Bits.BLOCK_INDEPENDENCE)) {
            out.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return frame.toByteArray();
    }

    /** The rows with plain buffers; the same rows where they already are. */
    static EncodedRows decompress(List<Column> columns, EncodedRows rows) {
        ByteBuffer body = rows.body();
        BatchLayout layout = BatchLayout.read(columns, rows.metadata(), body.remaining());
        if (layout.compression() == Compression.NONE) {
            return rows;
        }
        return decompress(rows, layout);
    }

    static EncodedRows decompress(EncodedRows rows, BatchLayout layout) {
        try {
            Plain plain = decompress(layout, rows.body(), Integer.MAX_VALUE - 64);
            return new EncodedRows(
                    rows.schemaId(), rows.rowCount(), plain.layout().toMetadata(), plain.body());
        } catch (IllegalArgumentException e) {
            throw new WeirException(ErrorCode.CORRUPT_DATA, "a stored record batch: " + e.getMessage(), e);
        }
    }

    /**
     * Plain buffers of a batch that may be hostile: no more is allocated than the buffers declare, and that only within the limit.
     *
     * @throws IllegalArgumentException where a buffer is not what it declares
     * @throws WeirException BODY_TOO_LARGE where the declared lengths exceed {@code bytesMax}
     */
    public static Plain decompress(BatchLayout layout, ByteBuffer body, long bytesMax) {
        if (layout.compression() == Compression.NONE) {
            return new Plain(layout, body);
        }
        ByteBuffer source = body.slice().order(ByteOrder.LITTLE_ENDIAN);
        BatchLayout.Builder plain = new BatchLayout.Builder();
        long total = 0;
        for (int i = 0; i < layout.bufferCount(); i++) {
            int length = plainLength(layout, source, i, bytesMax);
            total += length;
            if (total > bytesMax) {
                throw tooLarge(bytesMax);
            }
            plain.buffer(length);
        }
        byte[] out = new byte[plain.end()];
        BatchLayout plainLayout = layout.withBuffers(plain, Compression.NONE);
        for (int i = 0; i < layout.bufferCount(); i++) {
            if (layout.bufferLength(i) > PREFIX_BYTES) {
                inflate(layout, source, i, out, plainLayout.bufferOffset(i), plainLayout.bufferLength(i));
            }
        }
        return new Plain(plainLayout, ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN));
    }

    private static int plainLength(BatchLayout layout, ByteBuffer source, int buffer, long bytesMax) {
        int stored = layout.bufferLength(buffer);
        if (stored == 0) {
            return 0;
        }
        if (stored < PREFIX_BYTES) {
            throw new IllegalArgumentException(
                    "compressed buffer %d has %d bytes, too few for its length".formatted(buffer, stored));
        }
        long declared = source.getLong(layout.bufferOffset(buffer));
        if (declared == STORED_PLAIN) {
            return stored - PREFIX_BYTES;
        }
        if (declared < 0 || (declared > 0 && stored == PREFIX_BYTES)) {
            throw new IllegalArgumentException(
                    "compressed buffer %d declares %d bytes, and holds %d".formatted(buffer, declared, stored - 8));
        }
        if (declared > bytesMax) {
            throw tooLarge(bytesMax);
        }
        return (int) declared;
    }

    private static WeirException tooLarge(long bytesMax) {
        return new WeirException(
                ErrorCode.BODY_TOO_LARGE,
                "the buffers decompress to more than the %d bytes that are left for this request; send fewer rows at once"
                        .formatted(bytesMax));
    }

    private static void inflate(BatchLayout layout, ByteBuffer source, int buffer, byte[] out, int at, int length) {
        int start = layout.bufferOffset(buffer) + PREFIX_BYTES;
        int stored = layout.bufferLength(buffer) - PREFIX_BYTES;
        if (source.getLong(start - PREFIX_BYTES) == STORED_PLAIN) {
            source.get(start, out, at, length);
            return;
        }
        byte[] frame = new byte[stored];
        source.get(start, frame);
        String problem = layout.compression() == Compression.ZSTD
                ? inflateZstd(frame, out, at, length)
                : inflateLz4(frame, out, at, length);
        if (problem != null) {
            throw new IllegalArgumentException("compressed buffer %d: %s".formatted(buffer, problem));
        }
    }

    private static @Nullable String inflateZstd(byte[] frame, byte[] out, int at, int length) {
        try {
            long written = Zstd.decompressByteArray(out, at, length, frame, 0, frame.length);
            if (Zstd.isError(written)) {
                return Zstd.getErrorName(written);
            }
            return written == length ? null : "holds %d bytes, declares %d".formatted(written, length);
        } catch (ZstdException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static @Nullable String inflateLz4(byte[] frame, byte[] out, int at, int length) {
        try {
            int written = Lz4Frames.decode(frame, out, at, at + length);
            return written == length ? null : "holds %d bytes, declares %d".formatted(written, length);
        } catch (IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
