package io.weir.http;

import io.weir.actors.bucket.Bucket;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.pekko.util.ByteString;

/** Rows as NDJSON, a row a line, or as server-sent events, a row an event whose id is the cursor past it. */
final class TextRows implements RowsFormat {
    private static final ByteString COMMENT = ByteString.fromString(":\n\n");
    private static final ByteString SPACE = ByteString.fromString(" ");

    private static final byte[] DATA = ascii("data: ");

    /** Up to so many buckets, an event's id costs less than a row usually does. */
    private static final int SHORT_CURSOR_BUCKETS = 64;

    private final JsonRows rows;
    private final boolean events;

    TextRows(JsonRows rows, boolean events) {
        this.rows = rows;
        this.events = events;
    }

    @Override
    public ByteString begin() {
        return ByteString.emptyByteString();
    }

    @Override
    public ByteString rows(Slice slice, Positions positions) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(8 << 10);
        // A long cursor is not sent with each row: a client that comes back then may get some rows of a slice again.
        boolean idOfEach = positions.size() <= SHORT_CURSOR_BUCKETS;
        long last = slice.batches().isEmpty()
                ? -1
                : Slice.lastOffset(slice.batches().get(slice.batches().size() - 1));
        for (Bucket.FetchedRows batch : slice.batches()) {
            rows.write(out, slice, batch, new JsonRows.Frame() {
                @Override
                public boolean before(ByteArrayOutputStream line, long offset) {
                    if (events && (idOfEach || offset == last)) {
                        positions.moved(slice.bucket(), offset + 1);
                        line.writeBytes(ascii("id: " + positions.cursor() + "\n"));
                    }
                    if (events) {
                        line.writeBytes(DATA);
                    }
                    return true;
                }

                @Override
                public void after(ByteArrayOutputStream line, long offset) {
                    line.writeBytes(ascii(events ? "\n\n" : "\n"));
                }
            });
        }
        positions.moved(slice.bucket(), slice.nextOffset());
        return ByteString.fromArrayUnsafe(out.toByteArray());
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** A comment; or a space, which JSON allows before the next row. An empty line would be a row that is none. */
    @Override
    public ByteString heartbeat() {
        return events ? COMMENT : SPACE;
    }

    @Override
    public ByteString end() {
        return ByteString.emptyByteString();
    }

    @Override
    public ByteString failure(Problem problem, String requestId) {
        String json = new String(Json.bytes(problem.json(requestId)), StandardCharsets.UTF_8);
        return ByteString.fromString(events ? "event: problem\ndata: " + json + "\n\n" : json + "\n");
    }

    @Override
    public boolean takesCpu() {
        return true;
    }
}
