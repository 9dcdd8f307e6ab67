package io.weir.codec.row;

import io.weir.codec.batch.BatchLayout;
import io.weir.codec.batch.Compression;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Builds record batches from encoded rows, on the heap, without Arrow vectors. Not thread-safe. After an error the builder is of no
 * further use. A null takes as much room as a value where the type has one width: whoever adds many to a batch of wide vectors asks
 * {@link #sizeInBytes} now and then.
 */
public final class RowBatchBuilder {
    private final RowView view;
    private final int[] sources;
    private final ColumnBuilder[] columns;
    private int rowCount;

    /**
     * @param schema version of the rows that are added ({@link RowVersions#upgrade} before)
     * @param wanted columns of the batch, in order; each is one of the schema's
     */
    public RowBatchBuilder(TableSchema schema, List<Column> wanted) {
        this.view = new RowView(schema);
        this.sources = new int[wanted.size()];
        this.columns = new ColumnBuilder[sources.length];
        for (int i = 0; i < sources.length; i++) {
            sources[i] = schema.indexOf(wanted.get(i).id());
            if (sources[i] < 0
                    || !schema.columns()
                            .get(sources[i])
                            .type()
                            .equals(wanted.get(i).type())) {
                throw new IllegalArgumentException("%s is no column of %s".formatted(wanted.get(i), schema));
            }
            columns[i] = ColumnBuilder.of(wanted.get(i).type());
        }
    }

    /**
     * @throws io.weir.codec.WeirException CORRUPT_DATA where it is no row of the schema version; BODY_TOO_LARGE where a column would
     *     take more than {@value GrowingBytes#BYTES_MAX} bytes
     */
    public void add(byte[] row) {
        view.on(row);
        for (int i = 0; i < columns.length; i++) {
            int source = sources[i];
            if (view.isNull(source)) {
                columns[i].addNull();
            } else {
                columns[i].add(row, view.start(source), view.length(source));
            }
        }
        rowCount++;
    }

    /** A row of nulls, also in columns that are not nullable. */
    public void addNulls() {
        for (ColumnBuilder column : columns) {
            column.addNull();
        }
        rowCount++;
    }

    public int rowCount() {
        return rowCount;
    }

    /** Size of the batch's body so far. */
    public long sizeInBytes() {
        long bytes = 0;
        for (ColumnBuilder column : columns) {
            bytes += column.sizeInBytes();
        }
        return bytes;
    }

    /** The rows so far, uncompressed, and the builder is empty again. A batch of no rows is allowed. */
    public EncodedRows build(int schemaId) {
        BatchLayout.Builder layout = new BatchLayout.Builder();
        for (ColumnBuilder column : columns) {
            column.describe(layout);
        }
        byte[] body = new byte[layout.end()];
        int at = 0;
        for (ColumnBuilder column : columns) {
            at = column.copyTo(body, at);
            column.clear();
        }
        EncodedRows rows = new EncodedRows(
                schemaId,
                rowCount,
                layout.build(rowCount, Compression.NONE).toMetadata(),
                ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN));
        rowCount = 0;
        return rows;
    }
}
