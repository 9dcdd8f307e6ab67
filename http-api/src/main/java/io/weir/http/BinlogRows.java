package io.weir.http;

import io.weir.actors.bucket.Bucket;
import io.weir.codec.batch.ChangeType;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.Column;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.StructVector;
import org.jspecify.annotations.Nullable;

/** Puts one batch of a binlog together: {@code before} and {@code after} as structs, of rows of one fetched batch. */
final class BinlogRows {
    /** The row before is the one that was kept of the batch before. */
    static final int FORMER = -2;

    /** There is no row before. */
    static final int NONE = -1;

    private final List<Column> read;
    private final List<Column> shown;
    private final BufferAllocator allocator;
    private final List<Integer> before = new ArrayList<>();
    private final List<Integer> after = new ArrayList<>();
    private final List<Integer> place = new ArrayList<>();
    private final ByteArrayOutputStream types = new ByteArrayOutputStream();

    /** @param read what the batches hold, of which {@code columns} are the first */
    BinlogRows(List<Column> read, List<Column> columns, BufferAllocator allocator) {
        this.read = read;
        this.shown = columns;
        this.allocator = allocator;
    }

    boolean isEmpty() {
        return place.isEmpty();
    }

    /** @param beforeRow the index of an update's row before, {@link #FORMER} or {@link #NONE} */
    void add(int row, ChangeType type, int beforeRow) {
        boolean deleted = type == ChangeType.DELETE;
        before.add(deleted ? row : beforeRow);
        after.add(deleted ? NONE : row);
        place.add(row);
        types.write(type.code());
    }

    /** The rows at the places of those that they end with. */
    Bucket.FetchedRows build(Bucket.FetchedRows batch, Bucket.@Nullable FetchedRows former) {
        EncodedRows[] result = new EncodedRows[1];
        RecordBatches.load(read, batch.rows(), allocator, root -> {
            if (former == null) {
                result[0] = encode(root, null);
            } else {
                RecordBatches.load(read, former.rows(), allocator, one -> result[0] = encode(root, one));
            }
        });
        int[] distances = place.stream()
                .mapToInt(row -> (int) (Slice.offset(batch, row) - batch.baseOffset()))
                .toArray();
        return new Bucket.FetchedRows(
                result[0],
                batch.baseOffset(),
                new Bucket.RowOffsets(distances),
                batch.commitTimestampMs(),
                ByteBuffer.wrap(types.toByteArray()));
    }

    private EncodedRows encode(VectorSchemaRoot root, @Nullable VectorSchemaRoot former) {
        List<Column> structs = LogView.beforeAndAfter(shown);
        try (VectorSchemaRoot out = VectorSchemaRoot.create(ArrowSchemas.toArrow(structs), allocator)) {
            fill((StructVector) out.getVector(0), before, root, former);
            fill((StructVector) out.getVector(1), after, root, former);
            out.setRowCount(place.size());
            return RecordBatches.encode(0, out);
        }
    }

    private void fill(
            StructVector struct, List<Integer> rows, VectorSchemaRoot root, @Nullable VectorSchemaRoot former) {
        struct.setInitialCapacity(rows.size());
        struct.allocateNew();
        for (int i = 0; i < rows.size(); i++) {
            if (rows.get(i) == NONE) {
                struct.setNull(i);
            } else {
                struct.setIndexDefined(i);
            }
        }
        List<FieldVector> children = struct.getChildrenFromFields();
        IntStream.range(0, children.size()).forEach(c -> fill(children.get(c), c, rows, root, former));
        struct.setValueCount(rows.size());
    }

    private static void fill(
            FieldVector child,
            int column,
            List<Integer> rows,
            VectorSchemaRoot root,
            @Nullable VectorSchemaRoot former) {
        for (int i = 0; i < rows.size(); i++) {
            int row = rows.get(i);
            if (row >= 0) {
                child.copyFromSafe(row, i, root.getVector(column));
            } else if (row == FORMER && former != null) {
                child.copyFromSafe(0, i, former.getVector(column));
            } else {
                child.setNull(i);
            }
        }
        child.setValueCount(rows.size());
    }
}
