package io.weir.http;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * A request body that grows as it arrives, in one heap array. Its bytes count as in flight from before they are allocated until
 * {@link #close}. Confined to one thread at a time, except for close.
 */
final class RequestBody implements AutoCloseable {
    private static final int FIRST_BYTES = 64 << 10;

    /** How many times the bound is read and dropped after a refusal before the connection is cut. */
    static final int DROPPED_FACTOR = 4;

    private final InFlightBytes inFlight;
    private final int bytesMax;
    private byte[] bytes = new byte[0];
    private int length;
    private long dropped;
    private @Nullable WeirException refusal;
    private final AtomicLong held = new AtomicLong();

    RequestBody(InFlightBytes inFlight, int bytesMax) {
        this.inFlight = inFlight;
        this.bytesMax = bytesMax;
    }

    /** Makes room for a body of a known length, so that a full node refuses it before it is sent. */
    void expect(long contentLength) {
        if (contentLength > bytesMax) {
            throw tooLarge();
        }
        grow((int) contentLength);
    }

    /**
     * Takes the next part. A part that goes past a bound is remembered as a refusal and dropped, and so is what follows: the client
     * is to read why it was refused, which it does only after it has sent what it has to send.
     *
     * @throws WeirException when even more came than is worth dropping
     */
    RequestBody append(ByteString part) {
        if (refusal == null) {
            try {
                add(part);
            } catch (WeirException e) {
                refusal = e;
                bytes = new byte[0];
                close();
            }
        }
        dropped += refusal == null ? 0 : part.size();
        if (refusal != null && dropped > (long) bytesMax * DROPPED_FACTOR) {
            throw refusal;
        }
        return this;
    }

    private void add(ByteString part) {
        int size = part.size();
        if (size > bytesMax - length) {
            throw tooLarge();
        }
        ensure(length + size);
        part.copyToArray(bytes, length, size);
        length += size;
    }

    /** This body, now that all of it came. */
    RequestBody whole() {
        if (refusal != null) {
            throw refusal;
        }
        return this;
    }

    private void ensure(int capacity) {
        if (capacity > bytes.length) {
            int doubled = (int) Math.min(bytesMax, Math.max(FIRST_BYTES, 2L * bytes.length));
            grow(Math.max(capacity, doubled));
        }
    }

    private void grow(int capacity) {
        inFlight.acquire(capacity - bytes.length);
        held.addAndGet(capacity - bytes.length);
        bytes = Arrays.copyOf(bytes, capacity);
    }

    /** Replaces gzip bytes by what they hold; blocks on CPU. */
    RequestBody gunzip() {
        RequestBody plain = new RequestBody(inFlight, bytesMax);
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes, 0, length), 1 << 16)) {
            plain.readFrom(in);
        } catch (IOException e) {
            plain.close();
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "The body is not valid gzip, as Content-Encoding says it is: " + e.getMessage(),
                    e);
        } catch (WeirException e) {
            plain.close();
            throw e;
        } finally {
            close();
        }
        return plain;
    }

    private void readFrom(GZIPInputStream in) throws IOException {
        while (true) {
            ensure(length + 1);
            int count = in.read(bytes, length, bytes.length - length);
            if (count < 0) {
                return;
            }
            length += count;
            if (length == bytesMax && in.read() >= 0) {
                throw tooLarge();
            }
            if (length == bytesMax) {
                return;
            }
        }
    }

    /** Counts what was made of the body as well, until {@link #close}; refused where the node has no room for it. */
    void holdAlso(long more) {
        inFlight.acquire(more);
        held.addAndGet(more);
    }

    ByteBuffer buffer() {
        return ByteBuffer.wrap(bytes, 0, length).slice();
    }

    int length() {
        return length;
    }

    private WeirException tooLarge() {
        return new WeirException(
                ErrorCode.BODY_TOO_LARGE,
                "The body is larger than " + bytesMax
                        + " bytes (weir.http.max-request-size, counted after decompression); send it in parts");
    }

    /** Gives the bytes back to the node's budget; further calls do nothing. */
    @Override
    public void close() {
        inFlight.release(held.getAndSet(0));
    }
}
