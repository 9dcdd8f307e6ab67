package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.actors.bucket.BucketId;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.pekko.util.ByteString;

/**
 * Builds {@code {"rows":[...],"next":"..."}} until the rows or a bound on its bytes are reached; {@code next} is the place after the
 * last row that went in. Used by one thread at a time.
 */
final class JsonAnswer {
    private final JsonRows rows;
    private final Positions positions;
    private final int bytesMax;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(8 << 10);
    private long count;

    JsonAnswer(JsonRows rows, Positions positions, int bytesMax) {
        this.rows = rows;
        this.positions = positions;
        this.bytesMax = bytesMax;
        out.writeBytes(ascii("{\"rows\":["));
    }

    /** @return false when the answer is full */
    boolean add(Slice slice) {
        slice.orThrow();
        for (Bucket.FetchedRows batch : slice.batches()) {
            if (!rows.write(out, slice, batch, new Bounded(slice.bucket()))) {
                return false;
            }
        }
        positions.moved(slice.bucket(), slice.nextOffset());
        return true;
    }

    /** Holds back the first row that no longer fits; the answer has at least one row, however large. */
    private final class Bounded implements JsonRows.Frame {
        private final BucketId bucket;

        Bounded(BucketId bucket) {
            this.bucket = bucket;
        }

        @Override
        public boolean before(ByteArrayOutputStream text, long offset) {
            if (count > 0 && text.size() >= bytesMax) {
                return false;
            }
            if (count > 0) {
                text.write(',');
            }
            return true;
        }

        @Override
        public void after(ByteArrayOutputStream text, long offset) {
            count++;
            positions.moved(bucket, offset + 1);
        }
    }

    long rows() {
        return count;
    }

    ByteString bytes() {
        out.writeBytes(ascii("],\"next\":\"" + positions.cursor() + "\"}"));
        return ByteString.fromArrayUnsafe(out.toByteArray());
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
