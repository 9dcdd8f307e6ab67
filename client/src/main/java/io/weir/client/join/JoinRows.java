package io.weir.client.join;

import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.row.RowBatchBuilder;
import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.BaseVariableWidthVector;
import org.apache.arrow.vector.BitVectorHelper;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** The rows that the output must hold for one join key, from the rows of both sides with that key. Whole columns are copied, never values. */
final class JoinRows {
    private static final byte[] NOTHING = {};

    private final JoinPlan plan;
    private final BufferAllocator allocator;

    JoinRows(JoinPlan plan, BufferAllocator allocator) {
        this.plan = plan;
        this.allocator = allocator;
    }

    /** The inner join: every left row with every right row. */
    EncodedRows matched(EncodedRows left, EncodedRows right) {
        int rows = Math.multiplyExact(left.rowCount(), right.rowCount());
        int[] leftIndexes = new int[rows];
        int[] rightIndexes = new int[rows];
        for (int i = 0; i < rows; i++) {
            leftIndexes[i] = i / right.rowCount();
            rightIndexes[i] = i % right.rowCount();
        }
        return assemble(
                RecordBatches.select(plan.leftColumns(), left, leftIndexes, allocator),
                RecordBatches.select(plan.rightColumns(), right, rightIndexes, allocator),
                false);
    }

    /** Left rows that have no right row: null in what comes from the right, the zero value where that is part of the key. */
    EncodedRows unmatched(EncodedRows left) {
        TableSchema schema = new TableSchema(0, plan.rightColumns());
        RowBatchBuilder nulls = new RowBatchBuilder(schema, plan.rightColumns());
        for (int i = 0; i < left.rowCount(); i++) {
            nulls.addNulls();
        }
        return assemble(left, nulls.build(0), true);
    }

    private EncodedRows assemble(EncodedRows left, EncodedRows right, boolean zeros) {
        AtomicReference<EncodedRows> result = new AtomicReference<>();
        RecordBatches.load(plan.leftColumns(), left, allocator, leftRoot -> {
            RecordBatches.load(plan.rightColumns(), right, allocator, rightRoot -> {
                result.set(assemble(leftRoot, rightRoot, zeros));
            });
        });
        return Objects.requireNonNull(result.get());
    }

    private EncodedRows assemble(VectorSchemaRoot left, VectorSchemaRoot right, boolean zeros) {
        List<FieldVector> vectors = new ArrayList<>();
        List<FieldVector> own = new ArrayList<>();
        try {
            for (int i = 0; i < plan.sources().size(); i++) {
                JoinPlan.Source source = plan.sources().get(i);
                if (zeros && source.zero()) {
                    FieldVector zero = zero(plan.output().columns().get(i), left.getRowCount());
                    own.add(zero);
                    vectors.add(zero);
                } else {
                    vectors.add((source.side() == JoinSide.LEFT ? left : right).getVector(source.column()));
                }
            }
            VectorSchemaRoot root = new VectorSchemaRoot(vectors);
            root.setRowCount(left.getRowCount());
            return RecordBatches.encode(plan.output().schemaId(), root);
        } finally {
            own.forEach(FieldVector::close);
        }
    }

    /** Zero, false, the epoch or nothing, by type; key columns are never nested. */
    private FieldVector zero(Column column, int count) {
        FieldVector vector = ArrowSchemas.toField(column).createVector(allocator);
        vector.setInitialCapacity(count);
        vector.allocateNew();
        if (vector instanceof BaseFixedWidthVector fixed) {
            fixed.zeroVector();
            fixed.setValueCount(count);
            for (int i = 0; i < count; i++) {
                BitVectorHelper.setBit(fixed.getValidityBuffer(), i);
            }
        } else if (vector instanceof BaseVariableWidthVector variable) {
            for (int i = 0; i < count; i++) {
                variable.setSafe(i, NOTHING);
            }
            variable.setValueCount(count);
        } else {
            vector.close();
            throw new IllegalStateException("a key column of type " + column.type());
        }
        return vector;
    }

    /** The columns at these positions. */
    static EncodedRows pick(
            List<Column> columns, EncodedRows rows, List<Integer> positions, BufferAllocator allocator) {
        AtomicReference<EncodedRows> result = new AtomicReference<>();
        RecordBatches.load(columns, rows, allocator, root -> {
            VectorSchemaRoot picked =
                    new VectorSchemaRoot(positions.stream().map(root::getVector).toList());
            picked.setRowCount(root.getRowCount());
            result.set(RecordBatches.encode(rows.schemaId(), picked));
        });
        return Objects.requireNonNull(result.get());
    }
}
