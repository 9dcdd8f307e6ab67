package io.weir.codec.batch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;

/**
 * Reads one LZ4 frame into an array. Arrow's C++ library links the blocks of a frame (each may repeat bytes of the ones before),
 * which the LZ4 library's own frame reader refuses; here linked blocks are decoded where the former ones already lie. As strict as
 * the format: a client's frames are stored as they came, so what is taken here must be readable by every other reader.
 */
final class Lz4Frames {
    private static final int MAGIC = 0x184D2204;
    private static final int BLOCK_INDEPENDENT = 0x20;
    private static final int BLOCK_CHECKSUM = 0x10;
    private static final int CONTENT_SIZE = 0x08;
    private static final int DICTIONARY = 0x01;
    private static final int CONTENT_CHECKSUM = 0x04;
    private static final XXHash32 HASH = XXHashFactory.fastestJavaInstance().hash32();
    private static final int STORED_PLAIN = 0x80000000;

    private Lz4Frames() {}

    /**
     * Decodes the frame into {@code out} from {@code start} on; never writes at or past {@code end}.
     *
     * @return how many bytes the frame holds
     * @throws IllegalArgumentException where it is damaged or holds more
     * @throws IndexOutOfBoundsException where it ends too early
     */
    static int decode(byte[] frame, byte[] out, int start, int end) {
        ByteBuffer in = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN);
        int flags = in.get(4);
        int blockMax = 1 << (8 + 2 * (in.get(5) >> 4 & 7));
        if (in.getInt(0) != MAGIC
                || (flags & 0xC2) != 0x40
                || (flags & DICTIONARY) != 0
                || (in.get(5) & 0x8F) != 0
                || blockMax < 64 << 10) {
            throw new IllegalArgumentException("not an LZ4 frame, or one that needs a dictionary");
        }
        int at = 6 + ((flags & CONTENT_SIZE) != 0 ? 8 : 0);
        check(in.get(at) == (byte) (HASH.hash(frame, 4, at - 4, 0) >> 8), "header");
        at++;
        int written = start;
        for (int size = in.getInt(at); size != 0; size = in.getInt(at)) {
            int length = size & ~STORED_PLAIN;
            at += 4;
            if (length > frame.length - at) {
                throw new IllegalArgumentException(
                        "an LZ4 block of %d bytes where %d are left".formatted(length, frame.length - at));
            }
            int blockEnd = (int) Math.min(end, (long) written + blockMax);
            written = (size & STORED_PLAIN) != 0
                    ? plain(frame, at, length, out, written, blockEnd)
                    : block(
                            frame,
                            at,
                            at + length,
                            out,
                            (flags & BLOCK_INDEPENDENT) != 0 ? written : start,
                            written,
                            blockEnd);
            at += length;
            if ((flags & BLOCK_CHECKSUM) != 0) {
                check(in.getInt(at) == HASH.hash(frame, at - length, length, 0), "block");
                at += 4;
            }
        }
        at += 4;
        if ((flags & CONTENT_CHECKSUM) != 0) {
            check(in.getInt(at) == HASH.hash(out, start, written - start, 0), "content");
            at += 4;
        }
        check((flags & CONTENT_SIZE) == 0 || in.getLong(6) == written - start, "size");
        check(at == frame.length, "end");
        return written - start;
    }

    private static void check(boolean right, String what) {
        if (!right) {
            throw new IllegalArgumentException("the %s of an LZ4 frame is not right".formatted(what));
        }
    }

    private static int plain(byte[] frame, int at, int length, byte[] out, int written, int end) {
        if (length > end - written) {
            throw tooLong();
        }
        System.arraycopy(frame, at, out, written, length);
        return written + length;
    }

    private static IllegalArgumentException tooLong() {
        return new IllegalArgumentException("the LZ4 frame holds more than it declares");
    }

    /**
     * One block: sequences of literals and a match, the last one without a match. Returns where its output ends.
     *
     * @param start where the bytes begin that matches may reach back to
     */
    private static int block(byte[] in, int from, int to, byte[] out, int start, int written, int end) {
        int at = from;
        int done = written;
        int lastMatch = -1;
        while (at < to) {
            int token = in[at++] & 0xFF;
            int literals = token >>> 4;
            if (literals == 15) {
                int more;
                do {
                    more = in[at++] & 0xFF;
                    literals = Math.addExact(literals, more);
                } while (more == 255);
            }
            if (literals > to - at || literals > end - done) {
                throw tooLong();
            }
            System.arraycopy(in, at, out, done, literals);
            at += literals;
            done += literals;
            if (at == to) {
                // What encoders promise, and fast decoders count on.
                boolean ends = lastMatch < 0 || (literals >= 5 && done - lastMatch >= 12);
                check(ends && (token & 15) == 0, "block's end");
                return done;
            }
            lastMatch = done;
            int distance = (in[at] & 0xFF) | (in[at + 1] & 0xFF) << 8;
            at += 2;
            int match = token & 15;
            if (match == 15) {
                int more;
                do {
                    more = in[at++] & 0xFF;
                    match = Math.addExact(match, more);
                } while (more == 255);
            }
            match += 4;
            if (distance == 0 || distance > done - start) {
                throw new IllegalArgumentException("an LZ4 match reaches %d bytes back".formatted(distance));
            }
            if (match < 0 || match > end - done) {
                throw tooLong();
            }
            copyMatch(out, done - distance, done, match);
            done += match;
        }
        throw new IllegalArgumentException("an LZ4 block ends within a sequence");
    }

    /** Source and target may overlap; then the bytes repeat. */
    private static void copyMatch(byte[] out, int source, int target, int length) {
        if (target - source >= length) {
            System.arraycopy(out, source, out, target, length);
            return;
        }
        for (int i = 0; i < length; i++) {
            out[target + i] = out[source + i];
        }
    }
}
