package io.weir.sharding;

import io.weir.actors.bucket.Bucket;
import io.weir.codec.batch.EncodedRows;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The parts that bulk messages are made of. What is read is checked against the bytes that are there before anything is allocated. */
final class BulkBytes {
    private BulkBytes() {}

    /** With its length. */
    static long sizeOf(@Nullable ByteBuffer bytes) {
        return 4L + (bytes == null ? 0 : bytes.remaining());
    }

    static void put(ByteBuffer out, byte @Nullable [] bytes) {
        put(out, bytes == null ? null : ByteBuffer.wrap(bytes));
    }

    /** A copy, or null. */
    static byte @Nullable [] array(ByteBuffer in) {
        ByteBuffer view = bytes(in);
        if (view == null) {
            return null;
        }
        byte[] copy = new byte[view.remaining()];
        view.get(copy);
        return copy;
    }

    static byte[] requiredArray(ByteBuffer in) {
        byte[] bytes = array(in);
        if (bytes == null) {
            throw new IllegalArgumentException("a required part is missing");
        }
        return bytes;
    }

    /** text writer id (null: none), i64 sequence. */
    static void put(ByteBuffer out, Bucket.@Nullable WriterSequence writer) {
        put(out, writer == null ? null : utf8(writer.writerId()));
        out.putLong(writer == null ? 0 : writer.sequence());
    }

    static Bucket.@Nullable WriterSequence writer(ByteBuffer in) {
        ByteBuffer id = bytes(in);
        long sequence = in.getLong();
        return id == null ? null : new Bucket.WriterSequence(text(id), sequence);
    }

    static long sizeOf(Bucket.@Nullable WriterSequence writer) {
        return 12L + (writer == null ? 0 : utf8(writer.writerId()).remaining());
    }

    static long sizeOf(EncodedRows rows) {
        return 16L + rows.sizeInBytes();
    }

    static void put(ByteBuffer out, EncodedRows rows) {
        out.putInt(rows.schemaId()).putInt(rows.rowCount());
        put(out, rows.metadata());
        put(out, rows.body());
    }

    static EncodedRows rows(ByteBuffer in) {
        return new EncodedRows(in.getInt(), in.getInt(), required(bytes(in)), required(bytes(in)));
    }

    static void put(ByteBuffer out, @Nullable ByteBuffer bytes) {
        if (bytes == null) {
            out.putInt(-1);
        } else {
            out.putInt(bytes.remaining()).put(bytes.duplicate());
        }
    }

    /** A view of the message's own array. */
    static @Nullable ByteBuffer bytes(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0) {
            return null;
        }
        if (length > in.remaining()) {
            throw new IllegalArgumentException("length " + length + " of " + in.remaining() + " bytes");
        }
        ByteBuffer view = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + length);
        return view;
    }

    static ByteBuffer required(@Nullable ByteBuffer bytes) {
        if (bytes == null) {
            throw new IllegalArgumentException("a required part is missing");
        }
        return bytes;
    }

    static int count(ByteBuffer in, int leastBytesEach) {
        int count = in.getInt();
        if (count < 0 || count > in.remaining() / leastBytesEach) {
            throw new IllegalArgumentException(count + " items in " + in.remaining() + " bytes");
        }
        return count;
    }

    static ByteBuffer allocate(long size) {
        return ByteBuffer.allocate(Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
    }

    static ByteBuffer utf8(String text) {
        return StandardCharsets.UTF_8.encode(text);
    }

    static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes).toString();
    }
}
