package io.weir.http;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.ArrowStreams;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.json.JsonRowWriter;
import io.weir.codec.schema.Column;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.util.ByteString;

/** Answers of rows that are whole before they are sent. */
final class Answers {
    /** The forms of an answer that is not a stream. */
    static final List<Media> WHOLE = List.of(Media.JSON, Media.ARROW_STREAM);

    private static final byte[] ROWS = {'{', '"', 'r', 'o', 'w', 's', '"', ':', '['};

    private Answers() {}

    /** @throws WeirException NOT_ACCEPTABLE naming what is served */
    static Media wanted(Exchange exchange, List<Media> served) {
        return Media.wanted(exchange.request(), served)
                .orElseThrow(() -> new WeirException(
                        ErrorCode.NOT_ACCEPTABLE,
                        "This call serves "
                                + String.join(
                                        ", ", served.stream().map(Media::text).toList())));
    }

    static HttpResponse of(Media media, ByteString bytes) {
        return HttpResponse.create().withEntity(HttpEntities.create(media.contentType(), bytes));
    }

    /** {@code {"rows":[...]}}, or the stream of one batch. */
    static ByteString rows(Media media, List<Column> columns, EncodedRows rows, BufferAllocator allocator) {
        return media == Media.ARROW_STREAM ? arrow(columns, rows) : json(columns, rows, allocator);
    }

    static ByteString arrow(List<Column> columns, EncodedRows rows) {
        return ArrowRows.bytes(ArrowStreams.schemaMessage(columns))
                .concat(ArrowRows.message(rows))
                .concat(ArrowRows.bytes(ArrowStreams.endOfStream()));
    }

    static ByteString json(List<Column> columns, EncodedRows rows, BufferAllocator allocator) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(8 << 10);
        out.writeBytes(ROWS);
        RecordBatches.load(columns, rows, allocator, root -> {
            try (var json = Json.generator(out)) {
                json.setRootValueSeparator(null);
                for (int row = 0; row < rows.rowCount(); row++) {
                    if (row > 0) {
                        json.writeRaw(',');
                    }
                    JsonRowWriter.write(json, columns, root, row);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        out.write(']');
        out.write('}');
        return ByteString.fromArrayUnsafe(out.toByteArray());
    }
}
