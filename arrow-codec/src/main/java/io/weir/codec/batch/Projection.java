package io.weir.codec.batch;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
    public Projection {
        pieces = List.copyOf(pieces);
        columns = List.copyOf(columns);
    }

    /** A fresh view, so that callers may move its position. */
    @Override
    public ByteBuffer metadata() {
        return metadata.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

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
        BatchLayout layout = BatchLayout.read(written.columns(), metadata, bodyBytes);
        return new ProjectionPlanner(written, layout).plan(wanted);
    }

    /** The projected rows of a body that is in memory; the pieces are copied together. */
    public EncodedRows apply(int schemaId, ByteBuffer body) {
        ByteBuffer source = body.slice();
        ByteBuffer out =
                ByteBuffer.allocate(pieces.stream().mapToInt(Piece::length).sum());
        for (Piece piece : pieces) {
            if (piece instanceof Range range) {
                out.put(source.slice(range.offset(), range.length()));
            } else if (piece instanceof Literal literal) {
                out.put(literal.bytes().duplicate());
            }
        }
        return new EncodedRows(schemaId, rowCount, metadata, out.flip());
    }

    /**
     * Checks what was read by this projection against the columns' own checksums; literals are not looked at. Statistics without
     * columns check nothing.
     *
     * @param body the pieces put together
     * @throws WeirException CORRUPT_DATA naming the columns
     */
    public void verify(TableSchema written, BatchStatistics statistics, ByteBuffer body) {
        if (statistics.columns().isEmpty()) {
            return;
        }
        BatchLayout layout = BatchLayout.read(columns, metadata, body.remaining());
        int buffer = 0;
        for (Column column : columns) {
            int end = buffer + TypeShape.buffers(column.type());
            int index = written.indexOf(column.id());
            if (index >= 0) {
                if (index >= statistics.columns().size()
                        || statistics.columns().get(index).crc() != ColumnChecksum.of(layout, body, buffer, end)) {
                    throw new WeirException(
                            ErrorCode.CORRUPT_DATA,
                            "column %s of a stored batch does not match its checksum".formatted(column.name()));
                }
            }
            buffer = end;
        }
    }
}
