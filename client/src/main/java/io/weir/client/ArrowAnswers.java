package io.weir.client;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.ArrowStreams;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.ingest.DecodeLimits;
import io.weir.codec.ingest.RowDecoder;
import io.weir.codec.ingest.RowFormat;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.pekko.util.ByteString;

/** Rows as Arrow streams, both ways. What the store sends is checked byte by byte before it is used, as the store does with ours. */
final class ArrowAnswers {
    private ArrowAnswers() {}

    /** An answer that is here whole. @throws WeirException INVALID_ARROW, INVALID_ROWS, TIMEOUT where it broke off */
    static Rows decode(ByteString answer, List<Column> columns, BufferAllocator allocator) {
        ArrowFrames frames = new ArrowFrames(Integer.MAX_VALUE - 64);
        List<EncodedRows> batches = new ArrayList<>();
        Decoder decoder = new Decoder(columns, allocator);
        for (ArrowFrames.Frame frame : frames.push(answer)) {
            batches.addAll(decoder.decode(frame));
        }
        if (!frames.isEnded()) {
            throw new WeirException(ErrorCode.TIMEOUT, "the answer broke off; ask again");
        }
        return new Rows(columns, batches);
    }

    /** Decodes the messages of one stream in turn. Columns are matched by name. Confined to one stream. */
    static final class Decoder {
        private final TableSchema schema;
        private final BufferAllocator allocator;
        private ByteString schemaMessage = ByteString.emptyByteString();

        /** @param columns expected; a row that is missing or deleted may have nulls in any of them */
        Decoder(List<Column> columns, BufferAllocator allocator) {
            this.schema = new TableSchema(0, nullable(columns));
            this.allocator = allocator;
        }

        /** The rows of a message; none of the schema, and of a batch that only shows that the stream lives. */
        List<EncodedRows> decode(ArrowFrames.Frame frame) {
            if (frame.isSchema()) {
                schemaMessage = frame.bytes();
                return List.of();
            }
            if (frame.rows() == 0) {
                return List.of();
            }
            ByteBuffer stream = schemaMessage.concat(frame.bytes()).toByteBuffer();
            return RowDecoder.decode(RowFormat.ARROW_STREAM, stream, schema, DecodeLimits.DEFAULT, allocator);
        }
    }

    static List<Column> nullable(List<Column> columns) {
        return columns.stream()
                .map(c -> new Column(c.id(), c.name(), c.type(), true))
                .toList();
    }

    static ByteString encode(Rows rows) {
        ByteString body = ByteString.fromByteBuffer(ArrowStreams.schemaMessage(rows.columns()));
        for (EncodedRows batch : rows.batches()) {
            for (ByteBuffer part : ArrowStreams.batchMessage(batch)) {
                body = body.concat(ByteString.fromByteBuffer(part));
            }
        }
        return body.concat(ByteString.fromByteBuffer(ArrowStreams.endOfStream()))
                .compact();
    }
}
