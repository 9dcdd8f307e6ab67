package io.weir.codec;

import io.weir.codec.schema.ArrowSchemas;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.DataType;
import io.weir.codec.schema.TableSchema;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BaseIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.TimeMicroVector;
import org.apache.arrow.vector.TimeMilliVector;
import org.apache.arrow.vector.TimeNanoVector;
import org.apache.arrow.vector.TimeSecVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;

/** Rows in the form of {@link RandomRows} into vectors and back, written for tests alone: plain and slow. */
public final class RowVectors {
    private RowVectors() {}

    /** The caller closes the root. */
    public static VectorSchemaRoot fill(TableSchema schema, List<List<Object>> rows, BufferAllocator allocator) {
        VectorSchemaRoot root = VectorSchemaRoot.create(ArrowSchemas.toArrow(schema.columns()), allocator);
        for (int i = 0; i < schema.columns().size(); i++) {
            int column = i;
            List<Object> values = new ArrayList<>();
            rows.forEach(row -> values.add(row.get(column)));
            fill(root.getVector(i), schema.columns().get(i).type(), values);
        }
        root.setRowCount(rows.size());
        return root;
    }

    /** All rows of a root whose vectors are laid out by {@code ArrowSchemas.toArrow}. */
    public static List<List<Object>> read(List<Column> columns, VectorSchemaRoot root) {
        List<List<Object>> rows = new ArrayList<>();
        for (int row = 0; row < root.getRowCount(); row++) {
            List<Object> values = new ArrayList<>();
            for (int i = 0; i < columns.size(); i++) {
                values.add(read(root.getVector(i), columns.get(i).type(), row));
            }
            rows.add(values);
        }
        return rows;
    }

    private static void fill(FieldVector vector, DataType type, List<Object> values) {
        vector.setInitialCapacity(Math.max(values.size(), 1));
        vector.allocateNew();
        if (vector instanceof FixedSizeListVector list) {
            fillVector(list, values);
        } else if (vector instanceof ListVector list) {
            fillList(list, type, values);
        } else if (vector instanceof StructVector struct) {
            fillStruct(struct, (DataType.Row) type, values);
        } else {
            for (int i = 0; i < values.size(); i++) {
                if (values.get(i) != null) {
                    set(vector, i, values.get(i));
                }
            }
        }
        vector.setValueCount(values.size());
    }

    private static void fillVector(FixedSizeListVector list, List<Object> values) {
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            if (values.get(i) == null) {
                items.addAll(java.util.Collections.nCopies(list.getListSize(), 0f));
            } else {
                list.setNotNull(i);
                items.addAll((List<?>) values.get(i));
            }
        }
        fill(list.getDataVector(), DataType.Simple.FLOAT, items);
    }

    private static void fillList(ListVector list, DataType type, List<Object> values) {
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            if (values.get(i) != null) {
                list.startNewValue(i);
                int before = items.size();
                if (values.get(i) instanceof Map<?, ?> map) {
                    map.forEach((k, v) -> items.add(java.util.Arrays.asList(k, v)));
                } else {
                    items.addAll((List<?>) values.get(i));
                }
                list.endValue(i, items.size() - before);
            } else {
                list.setNull(i);
            }
        }
        DataType element = type instanceof DataType.Map map
                ? new DataType.Row(List.of(
                        new DataType.Row.Field("key", map.key(), false),
                        new DataType.Row.Field("value", map.value(), map.valueNullable())))
                : ((DataType.Array) type).element();
        fill(list.getDataVector(), element, items);
    }

    private static void fillStruct(StructVector struct, DataType.Row row, List<Object> values) {
        for (int i = 0; i < values.size(); i++) {
            if (values.get(i) != null) {
                struct.setIndexDefined(i);
            }
        }
        for (int f = 0; f < row.fields().size(); f++) {
            int field = f;
            List<Object> children = new ArrayList<>();
            values.forEach(v -> children.add(v == null ? null : ((List<?>) v).get(field)));
            fill((FieldVector) struct.getChildByOrdinal(f), row.fields().get(f).type(), children);
        }
    }

    private static void set(FieldVector vector, int i, Object value) {
        if (vector instanceof BitVector bits) {
            bits.setSafe(i, (Boolean) value ? 1 : 0);
        } else if (vector instanceof BaseIntVector integers) {
            integers.setWithPossibleTruncate(i, (Long) value);
        } else if (vector instanceof Float4Vector floats) {
            floats.setSafe(i, (Float) value);
        } else if (vector instanceof Float8Vector doubles) {
            doubles.setSafe(i, (Double) value);
        } else if (vector instanceof DecimalVector decimals) {
            decimals.setSafe(i, (BigDecimal) value);
        } else if (vector instanceof VarCharVector strings) {
            strings.setSafe(i, ((String) value).getBytes(StandardCharsets.UTF_8));
        } else if (vector instanceof VarBinaryVector bytes) {
            bytes.setSafe(i, ((ByteBuffer) value).array());
        } else if (vector instanceof FixedSizeBinaryVector bytes) {
            bytes.setSafe(i, ((ByteBuffer) value).array());
        } else {
            setTime(vector, i, (Long) value);
        }
    }

    private static void setTime(FieldVector vector, int i, long value) {
        if (vector instanceof DateDayVector dates) {
            dates.setSafe(i, (int) value);
        } else if (vector instanceof TimeSecVector times) {
            times.setSafe(i, (int) value);
        } else if (vector instanceof TimeMilliVector times) {
            times.setSafe(i, (int) value);
        } else if (vector instanceof TimeMicroVector times) {
            times.setSafe(i, value);
        } else if (vector instanceof TimeNanoVector times) {
            times.setSafe(i, value);
        } else {
            ((TimeStampVector) vector).setSafe(i, value);
        }
    }

    /** One value in the form of {@link RandomRows}. */
    public static Object read(FieldVector vector, DataType type, int i) {
        if (vector.isNull(i)) {
            return null;
        }
        if (vector instanceof FixedSizeListVector list) {
            return readList(
                    list.getDataVector(), DataType.Simple.FLOAT, i * list.getListSize(), (i + 1) * list.getListSize());
        }
        if (vector instanceof ListVector list) {
            int start = list.getElementStartIndex(i);
            int end = list.getElementEndIndex(i);
            return type instanceof DataType.Map map
                    ? readMap((StructVector) list.getDataVector(), map, start, end)
                    : readList(list.getDataVector(), ((DataType.Array) type).element(), start, end);
        }
        if (vector instanceof StructVector struct) {
            List<Object> row = new ArrayList<>();
            for (int f = 0; f < ((DataType.Row) type).fields().size(); f++) {
                row.add(read(
                        (FieldVector) struct.getChildByOrdinal(f),
                        ((DataType.Row) type).fields().get(f).type(),
                        i));
            }
            return row;
        }
        return readLeaf(vector, i);
    }

    private static List<Object> readList(FieldVector items, DataType type, int start, int end) {
        List<Object> list = new ArrayList<>();
        for (int i = start; i < end; i++) {
            list.add(read(items, type, i));
        }
        return list;
    }

    private static Map<Object, Object> readMap(StructVector entries, DataType.Map type, int start, int end) {
        Map<Object, Object> map = new LinkedHashMap<>();
        for (int i = start; i < end; i++) {
            map.put(
                    read((FieldVector) entries.getChildByOrdinal(0), type.key(), i),
                    read((FieldVector) entries.getChildByOrdinal(1), type.value(), i));
        }
        return map;
    }

    private static Object readLeaf(FieldVector vector, int i) {
        if (vector instanceof BaseIntVector integers) {
            return integers.getValueAsLong(i);
        }
        if (vector instanceof VarCharVector strings) {
            return new String(strings.get(i), StandardCharsets.UTF_8);
        }
        if (vector instanceof TimeStampVector times) {
            return times.get(i);
        }
        if (vector instanceof TimeMilliVector times) {
            return (long) times.get(i);
        }
        Object value = vector.getObject(i);
        if (value instanceof byte[] bytes) {
            return ByteBuffer.wrap(bytes);
        }
        return value instanceof Integer number ? (Object) number.longValue() : value;
    }
}
