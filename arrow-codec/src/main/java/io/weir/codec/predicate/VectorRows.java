package io.weir.codec.predicate;

import io.weir.codec.schema.Column;
import java.util.BitSet;
import java.util.List;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Arrow vectors by the columns they hold. */
record VectorRows(List<Column> columns, VectorSchemaRoot root) implements Condition.Rows {
    @Override
    public int count() {
        return root.getRowCount();
    }

    @Override
    public FieldVector vector(Column column) {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).id() == column.id()) {
                return root.getVector(i);
            }
        }
        throw new IllegalArgumentException("column " + column.name() + " is not among the vectors given: " + columns);
    }

    @Override
    public BitSet present(FieldVector vector) {
        BitSet present = new BitSet(count());
        if (vector.getNullCount() == 0) {
            present.set(0, count());
            return present;
        }
        byte[] bits = new byte[(count() + 7) >> 3];
        vector.getValidityBuffer().getBytes(0, bits);
        present.or(BitSet.valueOf(bits));
        present.clear(count(), Math.max(count(), bits.length << 3));
        return present;
    }
}
