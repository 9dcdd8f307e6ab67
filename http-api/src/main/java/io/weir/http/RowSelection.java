package io.weir.http;

import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.predicate.Predicate;
import io.weir.codec.schema.Column;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/** Takes columns out of rows, and the rows out that pass a predicate. Thread-safe. */
final class RowSelection {
    private final List<Column> read;
    private final List<Column> wanted;
    private final BufferAllocator allocator;
    private final int[] sources;

    /**
     * @param read columns of the rows that come
     * @param wanted columns of those that go, all of them among the others
     */
    RowSelection(List<Column> read, List<Column> wanted, BufferAllocator allocator) {
        this.read = List.copyOf(read);
        this.wanted = List.copyOf(wanted);
        this.allocator = allocator;
        this.sources = wanted.stream()
                .mapToInt(column -> TableColumns.ids(read).indexOf(column.id()))
                .toArray();
    }

    /** The wanted columns and then those of {@code more} that are not among them. */
    static List<Column> with(List<Column> wanted, List<Column> more) {
        List<Column> all = new ArrayList<>(wanted);
        more.stream()
                .filter(column -> all.stream().noneMatch(known -> known.id() == column.id()))
                .forEach(all::add);
        return List.copyOf(all);
    }

    /** The rows at these indexes, with the wanted columns. */
    EncodedRows select(EncodedRows rows, int[] indexes) {
        EncodedRows some =
                indexes.length == rows.rowCount() ? rows : RecordBatches.select(read, rows, indexes, allocator);
        return project(some);
    }

    /** The rows that pass, with the wanted columns. */
    EncodedRows filter(EncodedRows rows, @Nullable Predicate where) {
        if (where == null) {
            return project(rows);
        }
        BitSet[] passing = new BitSet[1];
        RecordBatches.load(read, rows, allocator, root -> passing[0] = where.matches(read, root));
        return select(rows, passing[0].stream().toArray());
    }

    private EncodedRows project(EncodedRows rows) {
        if (read.equals(wanted)) {
            return rows;
        }
        EncodedRows[] projected = new EncodedRows[1];
        RecordBatches.load(read, rows, allocator, root -> {
            List<FieldVector> vectors = new ArrayList<>();
            for (int source : sources) {
                vectors.add(root.getVector(source));
            }
            VectorSchemaRoot some = new VectorSchemaRoot(vectors);
            some.setRowCount(root.getRowCount());
            projected[0] = RecordBatches.encode(0, some);
        });
        return projected[0];
    }
}
