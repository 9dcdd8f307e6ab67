package io.weir.codec.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.weir.codec.ErrorCode;
import io.weir.codec.RowError;
import io.weir.codec.WeirException;
import io.weir.codec.schema.DataType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One request body of JSON rows, read once from start to end: a row is either one of the array or object of {@code application/json}
 * or one of NDJSON. Collects the row errors. Confined to one thread; holds no memory outside the heap.
 */
final class JsonInput implements AutoCloseable {
    /** A row that takes more would not fit a stored batch next to others. */
    static final int ROW_BYTES_MAX = 32 << 20;

    private static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .configure(JsonFactory.Feature.INTERN_FIELD_NAMES, false)
            .configure(JsonFactory.Feature.CHARSET_DETECTION, false)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(
                            2 * DataType.DEPTH_MAX + 4) // a map's entry may take two levels, an array and an object
                    .maxNumberLength(1000)
                    .maxStringLength(ROW_BYTES_MAX)
                    .maxNameLength(64 << 10)
                    .build())
            .build();

    final JsonParser parser;
    private final boolean ndjson;
    private final List<RowError> errors = new ArrayList<>();
    private boolean started;
    private boolean inArray;
    private int row = -1;
    private long rowBytes;
    private byte[] scratch = new byte[3 * 1024];

    JsonInput(boolean ndjson, ByteBuffer body) throws IOException {
        int invalid = Utf8.firstInvalid(body);
        if (invalid >= 0) {
            throw new WeirException(
                    ErrorCode.INVALID_JSON, "the body is not UTF-8 at byte " + invalid + "; JSON must be");
        }
        this.ndjson = ndjson;
        this.parser = body.hasArray()
                ? FACTORY.createParser(body.array(), body.arrayOffset() + body.position(), body.remaining())
                : FACTORY.createParser(new BufferStream(body.duplicate()));
    }

    /** Moves to the next row's first token, an object's start; what is no object is reported and skipped. False at the end. */
    boolean nextRow() throws IOException {
        while (true) {
            JsonToken token = parser.nextToken();
            if (!started) {
                started = true;
                if (!ndjson && token == JsonToken.START_ARRAY) {
                    inArray = true;
                    continue;
                }
            } else if (!ndjson && !inArray && token != null) {
                throw invalidJson("more stands after the row; send an array of rows, or application/x-ndjson");
            }
            if (token == null) {
                return false;
            }
            if (inArray && token == JsonToken.END_ARRAY) {
                inArray = false;
                continue;
            }
            row++;
            rowBytes = 0;
            if (token == JsonToken.START_OBJECT) {
                return true;
            }
            refuse("expected a row as an object, found " + found(token)
                    + (ndjson && token == JsonToken.START_ARRAY ? "; send an array of rows as application/json" : ""));
            parser.skipChildren();
        }
    }

    /** Index of the row that is read, from 0. */
    int row() {
        return row;
    }

    /** What the row takes in vectors so far, null slots included. */
    long rowBytes() {
        return rowBytes;
    }

    /** Adds to what the row takes; called before the memory is taken, since a short body may ask for much of it. */
    void count(long bytes) {
        rowBytes += bytes;
        if (rowBytes > ROW_BYTES_MAX) {
            throw new WeirException(
                    ErrorCode.BODY_TOO_LARGE, "row %d takes more than %d bytes".formatted(row, ROW_BYTES_MAX));
        }
    }

    boolean hasErrors() {
        return !errors.isEmpty();
    }

    /** Reports that the current token does not fit; ends the reading when enough is known. */
    void refuse(String detail) {
        JsonStreamContext context = parser.getParsingContext();
        boolean starts =
                parser.currentToken() == JsonToken.START_OBJECT || parser.currentToken() == JsonToken.START_ARRAY;
        refuse(starts && context.getParent() != null ? context.getParent() : context, "", detail);
    }

    /** Reports a member that is absent from the object whose end is the current token. */
    void refuseAbsent(String pointerToObject, String member, String detail) {
        add(new RowError(row, pointerToObject + "/" + escaped(member), detail));
    }

    private void refuse(JsonStreamContext context, String suffix, String detail) {
        add(new RowError(row, pointer(context) + suffix, detail));
    }

    private void add(RowError error) {
        errors.add(error);
        if (errors.size() == WeirException.ROW_ERRORS_MAX) {
            throwErrors();
        }
    }

    /** Of the object or array that the parser is in, from the row on; called at its end, the pointer is that of its parent. */
    String pointerHere() {
        return pointer(parser.getParsingContext());
    }

    private String pointer(JsonStreamContext context) {
        StringBuilder pointer = new StringBuilder();
        boolean rowsAreElements = inArray;
        for (JsonStreamContext c = context; c != null && !c.inRoot(); c = c.getParent()) {
            if (rowsAreElements && c.getParent() != null && c.getParent().inRoot()) {
                break; // the index in the array of rows is the row's, not part of it
            }
            if (c.inObject() && c.hasCurrentName()) {
                pointer.insert(0, "/" + escaped(TimeText.cut(c.getCurrentName())));
            } else if (c.inArray() && c.hasCurrentIndex()) {
                pointer.insert(0, "/" + c.getCurrentIndex());
            }
        }
        return pointer.toString();
    }

    private static String escaped(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }

    /** @throws WeirException INVALID_ROWS with all errors, if there are any */
    void throwErrors() {
        if (!errors.isEmpty()) {
            RowError first = errors.get(0);
            throw new WeirException(
                    ErrorCode.INVALID_ROWS,
                    "%d error(s), the first in row %d%s: %s; nothing was stored"
                            .formatted(
                                    errors.size(),
                                    first.row(),
                                    first.pointer().isEmpty() ? "" : " at " + first.pointer(),
                                    first.detail()),
                    errors);
        }
    }

    /** The current token as an error shows it. */
    String found(JsonToken token) throws IOException {
        return switch (token) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_STRING, FIELD_NAME -> "the string '" + TimeText.cut(parser.getText()) + "'";
            default -> TimeText.cut(parser.getText());
        };
    }

    /** Where {@link #encodeText} leaves its bytes. */
    byte[] scratch() {
        return scratch;
    }

    /** The current token's text as UTF-8 in {@link #scratch()}. */
    int encodeText() throws IOException, Refused {
        int length = parser.getTextLength();
        if (length > scratch.length / 3) {
            // Three bytes a character is the most; for a text of megabytes that is worth counting first.
            int needed = Utf8.encodedLength(parser.getTextCharacters(), parser.getTextOffset(), length);
            if (needed > scratch.length) {
                scratch = new byte[Math.max(needed, Math.min(2 * scratch.length, ROW_BYTES_MAX))];
            }
        }
        int bytes = Utf8.encode(parser.getTextCharacters(), parser.getTextOffset(), length, scratch);
        if (bytes < 0) {
            throw new Refused("the string has half of a surrogate pair, which is no character");
        }
        return bytes;
    }

    WeirException invalidJson(String detail) {
        return new WeirException(
                ErrorCode.INVALID_JSON,
                "%s (line %d, column %d)"
                        .formatted(
                                detail,
                                parser.currentTokenLocation().getLineNr(),
                                parser.currentTokenLocation().getColumnNr()));
    }

    static WeirException invalidJson(JsonProcessingException e) {
        String where = e.getLocation() == null
                ? ""
                : " (line %d, column %d)"
                        .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
        return new WeirException(ErrorCode.INVALID_JSON, e.getOriginalMessage() + where, e);
    }

    @Override
    public void close() throws IOException {
        parser.close();
    }

    /** A buffer without an array, as a stream. */
    private static final class BufferStream extends InputStream {
        private final ByteBuffer in;

        BufferStream(ByteBuffer in) {
            this.in = in;
        }

        @Override
        public int read() {
            return in.hasRemaining() ? in.get() & 0xFF : -1;
        }

        @Override
        public int read(byte[] target, int start, int length) {
            if (!in.hasRemaining()) {
                return length == 0 ? 0 : -1;
            }
            int read = Math.min(length, in.remaining());
            in.get(target, start, read);
            return read;
        }
    }
}
