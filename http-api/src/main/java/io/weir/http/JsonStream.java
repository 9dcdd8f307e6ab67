package io.weir.http;

import io.weir.actors.bucket.Bucket;
import java.io.ByteArrayOutputStream;
import org.apache.pekko.util.ByteString;

/** Rows as one JSON document that is sent as it is made. One that fails on the way is not closed, and so is no JSON. */
final class JsonStream implements RowsFormat {
    private static final ByteString BEGIN = ByteString.fromString("{\"rows\":[");
    private static final ByteString SPACE = ByteString.fromString(" ");

    private final JsonRows rows;
    private final Positions positions;
    private boolean any;

    /** @param positions whose cursor the document ends with */
    JsonStream(JsonRows rows, Positions positions) {
        this.rows = rows;
        this.positions = positions;
    }

    @Override
    public ByteString begin() {
        return BEGIN;
    }

    @Override
    public ByteString rows(Slice slice, Positions at) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(8 << 10);
        for (Bucket.FetchedRows batch : slice.batches()) {
            rows.write(out, slice, batch, new JsonRows.Frame() {
                @Override
                public boolean before(ByteArrayOutputStream text, long offset) {
                    if (any) {
                        text.write(',');
                    }
                    any = true;
                    return true;
                }

                @Override
                public void after(ByteArrayOutputStream text, long offset) {}
            });
        }
        at.moved(slice.bucket(), slice.nextOffset());
        return ByteString.fromArrayUnsafe(out.toByteArray());
    }

    @Override
    public ByteString heartbeat() {
        return SPACE;
    }

    @Override
    public ByteString end() {
        return ByteString.fromString("],\"next\":\"" + positions.cursor() + "\"}");
    }

    /** Nothing: what was begun is no JSON without its end, and the connection breaks. */
    @Override
    public ByteString failure(Problem problem, String requestId) {
        return ByteString.emptyByteString();
    }

    @Override
    public boolean takesCpu() {
        return true;
    }
}
