package io.weir.codec.batch;

import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Projection on Arrow metadata alone: which byte ranges of a stored body hold the wanted columns, and the record-batch metadata
 * that names them in the wanted order. Nothing of the body is read to plan.
 *
 * @param metadata new record-batch metadata, as in {@link EncodedRows#metadata()}
 * @param pieces what the new body is made of, in order; lengths add up to a multiple of 8
 * @param columns the columns as the pieces hold them; differs from the wanted in type where a column was widened since
 */
public record Projection(ByteBuffer metadata, int rowCount, List<Piece> pieces, List<Column> columns) {
    /** A part of the new body. */
    public sealed interface Piece {
        int length();
    }

    /** Bytes of the stored body, counted from the body's start. Neighbouring ranges are already joined. */
    public record Range(int offset, int length) implements Piece {}

    /** Bytes that no stored batch holds: the buffers of a column of nulls. */
    public record Literal(ByteBuffer bytes) implements Piece {
        @Override
        public int length() {
            return bytes.remaining();
        }
    }

    /**
     * @param written the schema version that the batch was written with
     * @param wanted the reader's columns in the reader's order, matched by id; those that {@code written} lacks become nulls
     * @param metadata the batch's metadata section
     * @param bodyBytes length of the batch's body, to check the metadata against
     * @throws io.weir.codec.WeirException CORRUPT_DATA where the metadata does not fit the schema or the body
     */
    public static Projection plan(TableSchema written, List<Column> wanted, ByteBuffer metadata, int bodyBytes) {
        throw new UnsupportedOperationException("spine: " + written + wanted + metadata + bodyBytes);
    }
}
