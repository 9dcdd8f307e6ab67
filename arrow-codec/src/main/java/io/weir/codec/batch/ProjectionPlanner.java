package io.weir.codec.batch;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Makes one {@link Projection}: goes through the wanted columns and lays out the new body as it goes. */
final class ProjectionPlanner {
    /** Ranges this close are read as one; writers align buffers to 64 bytes, and the gap costs less than another read. */
    private static final int GAP_MAX = 64;

    /** Most bytes of nulls made for one batch. */
    private static final int LITERAL_BYTES_MAX = 256 << 20;

    private final TableSchema written;
    private final BatchLayout source;
    private final int[] firstNode;
    private final int[] firstBuffer;
    private final BatchLayout.Builder target = new BatchLayout.Builder();
    private final List<Projection.Piece> pieces = new ArrayList<>();
    private int literalBytes;

    ProjectionPlanner(TableSchema written, BatchLayout source) {
        this.written = written;
        this.source = source;
        int columns = written.columns().size();
        this.firstNode = new int[columns + 1];
        this.firstBuffer = new int[columns + 1];
        for (int i = 0; i < columns; i++) {
            DataType type = written.columns().get(i).type();
            firstNode[i + 1] = firstNode[i] + TypeShape.nodes(type);
            firstBuffer[i + 1] = firstBuffer[i] + TypeShape.buffers(type);
        }
    }

    Projection plan(List<Column> wanted) {
        List<Column> columns = new ArrayList<>(wanted.size());
        for (Column column : wanted) {
            int index = written.indexOf(column.id());
            if (index < 0) {
                addNulls(column);
                columns.add(column);
            } else {
                addStored(index);
                DataType type = written.columns().get(index).type();
                columns.add(new Column(column.id(), column.name(), type, column.nullable()));
            }
        }
        ByteBuffer metadata =
                target.build(source.rowCount(), source.compression()).toMetadata();
        return new Projection(metadata.asReadOnlyBuffer(), source.rowCount(), pieces, columns);
    }

    private void addStored(int column) {
        for (int i = firstNode[column]; i < firstNode[column + 1]; i++) {
            target.node(source.nodeLength(i), source.nullCount(i));
        }
        int start = Integer.MAX_VALUE;
        int end = 0;
        for (int i = firstBuffer[column]; i < firstBuffer[column + 1]; i++) {
            if (source.bufferLength(i) > 0) {
                start = Math.min(start, source.bufferOffset(i));
                end = Math.max(end, source.bufferOffset(i) + source.bufferLength(i));
            }
        }
        int shift = start == Integer.MAX_VALUE ? 0 : addRange(start, end) - start;
        for (int i = firstBuffer[column]; i < firstBuffer[column + 1]; i++) {
            boolean empty = source.bufferLength(i) == 0;
            target.bufferAt(empty ? target.end() : source.bufferOffset(i) + shift, source.bufferLength(i));
        }
    }

    /** Names a range of the stored body and returns where its first byte stands in the new one. */
    private int addRange(int start, int end) {
        int paddedEnd = BatchHeader.padded(end);
        if ((start & 7) != 0 || paddedEnd > source.bodyBytes()) {
            throw new WeirException(
                    ErrorCode.CORRUPT_DATA,
                    "buffers at bytes %d to %d of a body of %d are not aligned"
                            .formatted(start, end, source.bodyBytes()));
        }
        if (!pieces.isEmpty() && pieces.get(pieces.size() - 1) instanceof Projection.Range last) {
            int gap = start - (last.offset() + last.length());
            if (gap >= 0 && gap <= GAP_MAX) {
                int at = target.end() + gap;
                pieces.set(pieces.size() - 1, new Projection.Range(last.offset(), paddedEnd - last.offset()));
                target.skip(gap + paddedEnd - start);
                return at;
            }
        }
        int at = target.end();
        pieces.add(new Projection.Range(start, paddedEnd - start));
        target.skip(paddedEnd - start);
        return at;
    }

    private void addNulls(Column column) {
        addNulls(column.name(), column.type(), source.rowCount(), column.nullable());
    }

    /** A node of nulls, or of zeros where nulls are not allowed (which happens within a row that itself is null). */
    private void addNulls(String name, DataType type, int length, boolean nullable) {
        target.node(length, nullable ? length : 0);
        addZeros(name, nullable ? (length + 7L) / 8 : 0);
        if (TypeShape.isVariable(type) || TypeShape.isList(type)) {
            addZeros(name, 4L * (length + 1));
        }
        if (TypeShape.isVariable(type)) {
            addZeros(name, 0);
        } else if (TypeShape.children(type).isEmpty()) {
            addZeros(name, ((long) length * TypeShape.bits(type) + 7) / 8);
        }
        long children = TypeShape.isList(type)
                ? 0
                : type instanceof DataType.Vector vector ? (long) length * vector.length() : length;
        for (TypeShape.Child child : TypeShape.children(type)) {
            if (children > LITERAL_BYTES_MAX) {
                throw tooMany(name);
            }
            addNulls(name, child.type(), (int) children, child.nullable());
        }
    }

    private void addZeros(String name, long length) {
        if (length == 0) {
            target.buffer(0);
            return;
        }
        boolean compressed = source.compression() != Compression.NONE;
        long stored = length + (compressed ? BodyCompression.PREFIX_BYTES : 0);
        if (literalBytes + stored + 8 > LITERAL_BYTES_MAX) {
            throw tooMany(name);
        }
        ByteBuffer bytes = ByteBuffer.allocate(BatchHeader.padded((int) stored));
        if (compressed) {
            bytes.putLong(0, BodyCompression.STORED_PLAIN); // all bits set in either byte order
        }
        target.buffer((int) stored);
        literalBytes += bytes.capacity();
        pieces.add(new Projection.Literal(bytes.asReadOnlyBuffer()));
    }

    private WeirException tooMany(String column) {
        return new WeirException(
                ErrorCode.NOT_SUPPORTED,
                "column %s was added after a batch of %d rows was written, and its nulls there would take more than %d bytes; leave it out"
                        .formatted(column, source.rowCount(), LITERAL_BYTES_MAX));
    }
}
