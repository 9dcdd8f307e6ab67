package io.weir.codec.batch;

import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Per top-level column of a batch, in schema order: null count, smallest and largest value, and a CRC-32C of the column's bytes in
 * the body, so that a reader of some columns can still trust what it reads. Version 1 layout is described in docs/formats.md.
 *
 * <p>min and max are absent for nested types, for a column of nulls, and for floating columns that hold a NaN. Strings and bytes
 * are cut to {@value #PREFIX_BYTES} bytes; a cut max is rounded up so that it still bounds (absent where it cannot be).
 */
public record BatchStatistics(List<ColumnStatistics> columns) {
    public BatchStatistics {
        columns = List.copyOf(columns);
    }

    public static final int PREFIX_BYTES = 32;

    /**
     * @param min,max Boolean, Long (all integer, date, time and timestamp types, in the column's unit), Double (FLOAT and DOUBLE),
     *     java.math.BigDecimal, or ByteBuffer (strings as UTF-8 and bytes, unsigned order); null where unknown
     */
    public record ColumnStatistics(
            long nullCount, @Nullable Object min, @Nullable Object max, int crc) {}

    /** Measures checked rows; buffers may be compressed (then they are decompressed for this). */
    public static BatchStatistics measure(TableSchema schema, EncodedRows rows) {
        List<ColumnView> views = ColumnView.of(schema.columns(), rows);
        ByteBuffer body = rows.body();
        BatchLayout layout = BatchLayout.read(schema.columns(), rows.metadata(), body.remaining());
        List<ColumnStatistics> columns = new ArrayList<>(views.size());
        int buffer = 0;
        for (ColumnView view : views) {
            int end = buffer + TypeShape.buffers(view.type);
            ColumnBounds bounds = ColumnBounds.of(view);
            columns.add(new ColumnStatistics(
                    view.nullCount, bounds.min, bounds.max, ColumnChecksum.of(layout, body, buffer, end)));
            buffer = end;
        }
        return new BatchStatistics(columns);
    }

    public ByteBuffer encode() {
        return StatisticsSection.encode(this);
    }

    /**
     * Reads a section; an empty one gives no columns.
     *
     * @throws io.weir.codec.WeirException CORRUPT_DATA
     */
    public static BatchStatistics decode(ByteBuffer section) {
        return StatisticsSection.decode(section);
    }
}
