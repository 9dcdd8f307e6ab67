package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.ingest.ChangeKind;
import io.weir.codec.ingest.RowFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a write asks for, apart from its rows.
 *
 * @param kind what becomes of the rows; a log table takes upserts, which it appends
 * @param infer whether a table that is not there is created from the rows
 * @param waits whether the answer waits for durability
 * @param writer identity and sequence of an idempotent request, or null
 */
record WriteRequest(
        String database,
        String table,
        ChangeKind kind,
        RowFormat format,
        boolean infer,
        boolean waits,
        Bucket.@Nullable WriterSequence writer) {
    static final Set<String> PARAMETERS = Set.of("create", "wait");

    /** Of writes that need a table. */
    static final Set<String> CHANGE_PARAMETERS = Set.of("wait");

    static final String WRITER_ID = "Weir-Writer-Id";
    static final String WRITER_SEQUENCE = "Weir-Writer-Sequence";
    private static final int WRITER_ID_LENGTH_MAX = 128;

    static WriteRequest of(Exchange exchange, ChangeKind kind) {
        Media media = BodyReader.mediaType(
                exchange.request(), List.of(Media.JSON, Media.NDJSON, Media.ARROW_STREAM, Media.ARROW_FILE));
        RowFormat format =
                switch (media) {
                    case NDJSON -> RowFormat.NDJSON;
                    case ARROW_STREAM -> RowFormat.ARROW_STREAM;
                    case ARROW_FILE -> RowFormat.ARROW_FILE;
                    default -> RowFormat.JSON;
                };
        return of(exchange, kind, format);
    }

    /** A write whose rows are not the request's body. */
    static WriteRequest of(Exchange exchange, ChangeKind kind, RowFormat format) {
        return new WriteRequest(
                exchange.database(),
                exchange.table(),
                kind,
                format,
                only(exchange, "create", "infer"),
                !only(exchange, "wait", "none"),
                writer(exchange));
    }

    /** True where the parameter is given; it has one value. */
    private static boolean only(Exchange exchange, String parameter, String value) {
        Optional<String> given = exchange.parameter(parameter);
        if (given.isPresent() && !given.get().equals(value)) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "The parameter '" + parameter + "' is '" + value + "' or left out, not '" + given.get() + "'");
        }
        return given.isPresent();
    }

    private static Bucket.@Nullable WriterSequence writer(Exchange exchange) {
        Optional<String> id = exchange.header(WRITER_ID);
        Optional<String> sequence = exchange.header(WRITER_SEQUENCE);
        if (id.isEmpty() && sequence.isEmpty()) {
            return null;
        }
        if (id.isEmpty() || sequence.isEmpty()) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "The headers " + WRITER_ID + " and " + WRITER_SEQUENCE + " go together; one of them is missing");
        }
        String writer = id.get();
        if (writer.isEmpty()
                || writer.length() > WRITER_ID_LENGTH_MAX
                || !writer.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new WeirException(
                    ErrorCode.INVALID_REQUEST,
                    "The header " + WRITER_ID + " is 1 to " + WRITER_ID_LENGTH_MAX
                            + " printable ASCII characters without spaces");
        }
        return new Bucket.WriterSequence(
                writer, Exchange.number("header " + WRITER_SEQUENCE, sequence.get(), 0, Long.MAX_VALUE));
    }
}
