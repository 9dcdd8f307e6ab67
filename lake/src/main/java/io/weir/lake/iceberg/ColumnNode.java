package io.weir.lake.iceberg;

import io.weir.codec.batch.ColumnView;
import java.util.stream.Stream;
import org.apache.iceberg.FieldMetrics;
import org.apache.parquet.column.ColumnWriteStore;

/**
 * Writes one column, or a part of one, into the columns of one Parquet file; the levels are Parquet's. A node reads the view that it was
 * bound to last.
 */
abstract class ColumnNode {
    /** Definition level of a value that is there, empty or not. */
    final int level;

    final boolean required;

    ColumnNode(int level, boolean required) {
        this.level = level;
        this.required = required;
    }

    abstract void bind(ColumnView view);

    /** Writes the value at {@code index} of the bound view, perhaps null. */
    abstract void write(int repetition, int index);

    /** Writes that there is nothing below {@code definition}. */
    abstract void writeNull(int repetition, int definition);

    abstract void columnStore(ColumnWriteStore store);

    abstract Stream<FieldMetrics<?>> metrics();

    final void writeNullHere(int repetition) {
        if (required) {
            throw new IllegalStateException("a value is missing that the lake's table requires");
        }
        writeNull(repetition, level - 1);
    }
}
