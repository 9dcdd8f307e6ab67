package io.weir.codec.row;

import io.weir.codec.RowVectors;
import io.weir.codec.batch.BatchRows;
import io.weir.codec.batch.EncodedRows;
import io.weir.codec.batch.RecordBatches;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Encoded rows in and out, for the tests of this package. */
final class RowValues {
    private RowValues() {}

    /** The rows as Arrow vectors hold them, whatever is nullable. */
    static List<List<Object>> read(List<Column> columns, EncodedRows rows) {
        List<List<Object>> values = new ArrayList<>();
        BatchRows.withAllocator(allocator -> {
            RecordBatches.load(columns, rows, allocator, root -> values.addAll(RowVectors.read(columns, root)));
            return values;
        });
        return values;
    }

    /** Asks for every value of the row that the view is on. */
    static List<Object> readAll(TableSchema schema, RowView view) {
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < schema.columns().size(); i++) {
            DataType type = schema.columns().get(i).type();
            if (view.isNull(i)) {
                values.add(null);
            } else if (type instanceof DataType.Decimal) {
                values.add(view.getDecimal(i));
            } else if (ValueWidth.isFloating(type)) {
                values.add(view.getDouble(i));
            } else if (ValueWidth.isWhole(type)) {
                values.add(view.getLong(i));
            } else {
                values.add(ByteBuffer.wrap(view.bytes(), view.start(i), view.length(i)));
            }
        }
        return values;
    }

    /** The row that the view is on, put together again from its values. */
    static byte[] rewrite(TableSchema schema, RowView view, RowWriter writer) {
        writer.begin();
        for (int i = 0; i < schema.columns().size(); i++) {
            DataType type = schema.columns().get(i).type();
            if (view.isNull(i)) {
                writer.putNull();
            } else if (type == DataType.Simple.FLOAT || type == DataType.Simple.DOUBLE) {
                writer.putDouble(view.getDouble(i));
            } else if (type instanceof DataType.Decimal) {
                writer.putDecimal(view.getDecimal(i));
            } else if (ValueWidth.isWhole(type)) {
                writer.putLong(view.getLong(i));
            } else {
                writer.putBytes(view.bytes(), view.start(i), view.length(i));
            }
        }
        return writer.end();
    }
}
