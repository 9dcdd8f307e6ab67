package io.weir.codec.ingest;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.merge.BitmapKind;
import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.TableSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Makes the bitmap columns of rows that came as Arrow what they have to be: each value checked and in canonical form. */
final class BitmapColumns {
    private final TableSchema schema;
    private final Map<Integer, BitmapKind> kinds;
    private final RowProblems problems;
    private final CopyBudget budget;
    private final BufferAllocator allocator;

    /**
     * @param schema the rows' own, in which a bitmap column is BYTES
     * @param kinds by position of the column
     */
    BitmapColumns(
            TableSchema schema,
            Map<Integer, BitmapKind> kinds,
            RowProblems problems,
            CopyBudget budget,
            BufferAllocator allocator) {
        this.schema = schema;
        this.kinds = kinds;
        this.problems = problems;
        this.budget = budget;
        this.allocator = allocator;
    }

    /**
     * @param asSent layout of {@code rows}: a bitmap column is BYTES, or BIGINT where numbers were sent
     * @return rows laid out by {@link #schema}; what is wrong is in the problems
     */
    EncodedRows apply(TableSchema asSent, EncodedRows rows) {
        List<EncodedRows> made = new ArrayList<>(1);
        try {
            RecordBatches.load(asSent.columns(), rows, allocator, root -> made.add(withBitmaps(root)));
        } catch (OutOfMemoryException e) {
            throw new WeirException(ErrorCode.OVERLOADED, "no memory for the rows at the moment; send them again", e);
        }
        return made.get(0);
    }

    private EncodedRows withBitmaps(VectorSchemaRoot root) {
        List<FieldVector> vectors = new ArrayList<>(root.getFieldVectors());
        List<VarBinaryVector> own = new ArrayList<>();
        try {
            kinds.forEach((index, kind) -> {
                VarBinaryVector target = new VarBinaryVector(
                        ArrowSchemas.toField(schema.columns().get(index)), allocator);
                own.add(target);
                fill(vectors.get(index), new BitmapForm(kind), target, root.getRowCount());
                vectors.set(index, target);
            });
            VectorSchemaRoot made = new VectorSchemaRoot(vectors);
            made.setRowCount(root.getRowCount());
            return RecordBatches.encode(schema.schemaId(), made);
        } finally {
            own.forEach(VarBinaryVector::close);
        }
    }

    private void fill(FieldVector source, BitmapForm form, VarBinaryVector target, int rows) {
        target.setInitialCapacity(rows);
        target.allocateNew();
        for (int row = 0; row < rows && !problems.isFull(); row++) {
            if (source.isNull(row)) {
                continue;
            }
            try {
                byte[] bytes = source instanceof BigIntVector numbers
                        ? form.of(numbers.get(row))
                        : form.of(((VarBinaryVector) source).get(row));
                budget.count(bytes.length);
                target.setSafe(row, bytes);
            } catch (WeirException e) {
                if (e.code() != ErrorCode.INVALID_ROWS) {
                    throw e;
                }
                problems.add(row, pointer(source.getName()), e.detail());
            }
        }
    }

    static String pointer(String column) {
        return "/" + column.replace("~", "~0").replace("/", "~1");
    }
}
