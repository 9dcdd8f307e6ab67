package io.weir.lake.iceberg;

import io.weir.codec.batch.ColumnView;
import io.weir.codec.schema.DataType;
import io.weir.lake.LakeRows;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.iceberg.Schema;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/**
 * The row that is being written: a place in rows of the store, seen as a row of the lake's schema. What writers read is where it lies;
 * only the values that a partition is computed from become objects. Not thread-safe; one for a round, moved from row to row.
 */
final class RowCursor implements StructLike {
    private final Schema schema;
    private final ColumnMapping mapping;
    private final List<@Nullable ColumnView> views = new ArrayList<>();
    private @Nullable LakeRows rows;
    private int row;
    private int generation;

    /** @param schema of the lake's table, metadata columns included */
    RowCursor(Schema schema, ColumnMapping mapping) {
        this.schema = schema;
        this.mapping = mapping;
    }

    /** Goes on to other rows. */
    void load(LakeRows next) {
        List<ColumnView> given = ColumnView.of(next.columns(), next.rows());
        views.clear();
        for (Types.NestedField field : schema.columns()) {
            ColumnView view = null;
            for (int i = 0; i < given.size(); i++) {
                Integer fieldId = mapping.fieldIds().get(next.columns().get(i).id());
                if (fieldId != null && fieldId == field.fieldId()) {
                    view = given.get(i);
                }
            }
            views.add(view);
        }
        rows = next;
        generation++;
    }

    void moveTo(int to) {
        row = to;
    }

    int row() {
        return row;
    }

    /** Another one whenever the views are others. */
    int generation() {
        return generation;
    }

    /** The column at a position of the schema; null where the rows do not have it. */
    @Nullable
    ColumnView view(int position) {
        return views.get(position);
    }

    int bucket() {
        return loaded().bucket();
    }

    long offset() {
        return loaded().offsets().at(row);
    }

    long timestampMicros() {
        return Math.multiplyExact(loaded().timestampMs(), 1000L);
    }

    private LakeRows loaded() {
        if (rows == null) {
            throw new IllegalStateException("no rows");
        }
        return rows;
    }

    @Override
    public int size() {
        return schema.columns().size();
    }

    @Override
    public <T> @Nullable T get(int position, Class<T> type) {
        Object value = value(position);
        return value == null ? null : type.cast(value);
    }

    @Override
    public <T> void set(int position, T value) {
        throw new UnsupportedOperationException();
    }

    private @Nullable Object value(int position) {
        Types.NestedField field = schema.columns().get(position);
        if (field.name().equals(IcebergTypes.BUCKET)) {
            return bucket();
        }
        ColumnView view = views.get(position);
        if (view == null || view.isNull(row)) {
            return null;
        }
        return switch (field.type().typeId()) {
            case BOOLEAN -> view.bitAt(row);
            case INTEGER, DATE -> (int) Numbers.whole(view, row);
            case LONG, TIME, TIMESTAMP -> Numbers.whole(view, row);
            case FLOAT -> Float.intBitsToFloat(view.intAt(row));
            case DOUBLE -> Numbers.floating(view, row);
            case STRING -> new String(bytes(view), StandardCharsets.UTF_8);
            case BINARY -> ByteBuffer.wrap(bytes(view));
            case FIXED -> ByteBuffer.wrap(fixed(view));
            case DECIMAL -> decimal(view);
            default -> throw new IllegalStateException("no partition value: " + field);
        };
    }

    private byte[] bytes(ColumnView view) {
        int start = view.offset(row);
        byte[] bytes = new byte[view.offset(row + 1) - start];
        view.copyBytes(start, bytes.length, bytes, 0);
        return bytes;
    }

    private byte[] fixed(ColumnView view) {
        byte[] bytes = new byte[((DataType.Binary) view.type()).length()];
        view.copyFixed(row, bytes.length, bytes, 0);
        return bytes;
    }

    private BigDecimal decimal(ColumnView view) {
        byte[] bytes = ByteBuffer.allocate(16)
                .putLong(view.longAt(2 * row + 1))
                .putLong(view.longAt(2 * row))
                .array();
        return new BigDecimal(new BigInteger(bytes), ((DataType.Decimal) view.type()).scale());
    }
}
