package io.weir.lake.iceberg;

import io.weir.codec.schema.DataType;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TimeMicroVector;
import org.apache.arrow.vector.TimeMilliVector;
import org.apache.arrow.vector.TimeSecVector;
import org.apache.arrow.vector.TimeStampVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.types.Type;
import org.jspecify.annotations.Nullable;

/**
 * Puts the values of one column, as Iceberg's readers give them in its internal form (numbers, microseconds, text, bytes, lists, maps,
 * structs), into a vector of our type. Slots are filled in order; one that is left out is null.
 */
abstract class VectorFiller {
    /** About what any slot takes, null or not. */
    final long slotBytes;

    /** The same of the slot and one of each vector below, to size what they begin with. */
    final long treeBytes;

    private VectorFiller(long slotBytes, long treeBytes) {
        this.slotBytes = slotBytes;
        this.treeBytes = treeBytes;
    }

    /** @return bytes that the value takes beyond {@link #slotBytes} */
    abstract long set(int slot, Object value);

    /** @return about the bytes that the slot takes */
    final long fill(int slot, @Nullable Object value) {
        return value == null ? slotBytes : slotBytes + set(slot, value);
    }

    /**
     * @param stored the type in Iceberg, which may be narrower than ours
     * @param vector of our type
     */
    static VectorFiller of(DataType type, Type stored, FieldVector vector) {
        if (vector instanceof FixedSizeListVector list) {
            return new Floats(list);
        }
        if (type instanceof DataType.Map map) {
            return new Entries(map, stored, (ListVector) vector);
        }
        if (type instanceof DataType.Array array) {
            return new Items(array, stored, (ListVector) vector);
        }
        if (type instanceof DataType.Row row) {
            return new Fields(row, stored, (StructVector) vector);
        }
        return leaf(type, vector);
    }

    private interface Setter {
        void set(int slot, Object value);
    }

    private static VectorFiller leaf(DataType type, FieldVector vector) {
        if (vector instanceof VarCharVector || vector instanceof VarBinaryVector) {
            return new Bytes(vector);
        }
        if (vector instanceof FixedSizeBinaryVector fixed) {
            return new Leaf(fixed.getByteWidth(), (slot, value) -> fixed.setSafe(slot, bytes(value)));
        }
        if (vector instanceof DecimalVector decimals) {
            return new Leaf(16, (slot, value) -> decimals.setSafe(slot, (BigDecimal) value));
        }
        if (vector instanceof BitVector bits) {
            return new Leaf(1, (slot, value) -> bits.setSafe(slot, (Boolean) value ? 1 : 0));
        }
        Setter number = number(vector);
        if (number != null) {
            return new Leaf(8, number);
        }
        return new Leaf(8, time(vector, TimeUnits.of(type)));
    }

    private static @Nullable Setter number(FieldVector vector) {
        if (vector instanceof TinyIntVector bytes) {
            return (slot, value) -> bytes.setSafe(slot, ((Number) value).intValue());
        }
        if (vector instanceof SmallIntVector shorts) {
            return (slot, value) -> shorts.setSafe(slot, ((Number) value).intValue());
        }
        if (vector instanceof IntVector ints) {
            return (slot, value) -> ints.setSafe(slot, ((Number) value).intValue());
        }
        if (vector instanceof BigIntVector longs) {
            return (slot, value) -> longs.setSafe(slot, ((Number) value).longValue());
        }
        if (vector instanceof Float4Vector floats) {
            return (slot, value) -> floats.setSafe(slot, ((Number) value).floatValue());
        }
        if (vector instanceof Float8Vector doubles) {
            return (slot, value) -> doubles.setSafe(slot, ((Number) value).doubleValue());
        }
        if (vector instanceof DateDayVector dates) {
            return (slot, value) -> dates.setSafe(slot, ((Number) value).intValue());
        }
        return null;
    }

    private static Setter time(FieldVector vector, TimeUnits units) {
        if (vector instanceof TimeStampVector times) {
            return (slot, value) -> times.setSafe(slot, units.toOurs((Long) value));
        }
        if (vector instanceof TimeSecVector times) {
            return (slot, value) -> times.setSafe(slot, (int) units.toOurs((Long) value));
        }
        if (vector instanceof TimeMilliVector times) {
            return (slot, value) -> times.setSafe(slot, (int) units.toOurs((Long) value));
        }
        if (vector instanceof TimeMicroVector times) {
            return (slot, value) -> times.setSafe(slot, units.toOurs((Long) value));
        }
        throw new IllegalArgumentException("no values for a vector of " + vector.getField());
    }

    private static byte[] bytes(Object value) {
        if (value instanceof byte[] bytes) {
            return bytes;
        }
        ByteBuffer buffer = ((ByteBuffer) value).duplicate();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private static final class Leaf extends VectorFiller {
        private final Setter setter;

        Leaf(long width, Setter setter) {
            super(width, width);
            this.setter = setter;
        }

        @Override
        long set(int slot, Object value) {
            setter.set(slot, value);
            return 0;
        }
    }

    private static final class Bytes extends VectorFiller {
        private final FieldVector vector;

        Bytes(FieldVector vector) {
            super(4, 12);
            this.vector = vector;
        }

        @Override
        long set(int slot, Object value) {
            byte[] bytes = value instanceof CharSequence text
                    ? text.toString().getBytes(StandardCharsets.UTF_8)
                    : VectorFiller.bytes(value);
            if (vector instanceof VarCharVector text) {
                text.setSafe(slot, bytes);
            } else {
                ((VarBinaryVector) vector).setSafe(slot, bytes);
            }
            return bytes.length;
        }
    }

    private static final class Floats extends VectorFiller {
        private final FixedSizeListVector vector;
        private final Float4Vector items;

        Floats(FixedSizeListVector vector) {
            super(4L * vector.getListSize(), 4L * vector.getListSize());
            this.vector = vector;
            this.items = (Float4Vector) vector.getDataVector();
        }

        @Override
        long set(int slot, Object value) {
            List<?> floats = (List<?>) value;
            if (floats.size() != vector.getListSize()) {
                throw new IllegalStateException(
                        "a vector of %d floats instead of %d".formatted(floats.size(), vector.getListSize()));
            }
            vector.setNotNull(slot);
            int at = slot * vector.getListSize();
            for (Object number : floats) {
                items.setSafe(at++, ((Number) number).floatValue());
            }
            return 0;
        }
    }

    private static final class Items extends VectorFiller {
        private final ListVector vector;
        private final VectorFiller item;

        Items(DataType.Array type, Type stored, ListVector vector) {
            this(vector, of(type.element(), stored.asListType().elementType(), vector.getDataVector()));
        }

        private Items(ListVector vector, VectorFiller item) {
            super(4, 4 + item.treeBytes);
            this.vector = vector;
            this.item = item;
        }

        @Override
        long set(int slot, Object value) {
            int start = vector.startNewValue(slot);
            int count = 0;
            long bytes = 0;
            for (Object element : (List<?>) value) {
                bytes += item.fill(start + count++, element);
            }
            vector.endValue(slot, count);
            return bytes;
        }
    }

    private static final class Entries extends VectorFiller {
        private final ListVector vector;
        private final StructVector entries;
        private final VectorFiller key;
        private final VectorFiller mapped;

        Entries(DataType.Map type, Type stored, ListVector vector) {
            this(
                    vector,
                    of(type.key(), stored.asMapType().keyType(), child(vector, 0)),
                    of(type.value(), stored.asMapType().valueType(), child(vector, 1)));
        }

        private Entries(ListVector vector, VectorFiller key, VectorFiller mapped) {
            super(4, 4 + key.treeBytes + mapped.treeBytes);
            this.vector = vector;
            this.entries = (StructVector) vector.getDataVector();
            this.key = key;
            this.mapped = mapped;
        }

        private static FieldVector child(ListVector map, int index) {
            return (FieldVector) ((StructVector) map.getDataVector()).getChildByOrdinal(index);
        }

        @Override
        long set(int slot, Object value) {
            int start = vector.startNewValue(slot);
            int count = 0;
            long bytes = 0;
            for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
                entries.setIndexDefined(start + count);
                bytes += key.fill(start + count, entry.getKey()) + mapped.fill(start + count, entry.getValue());
                count++;
            }
            vector.endValue(slot, count);
            return bytes;
        }
    }

    private static final class Fields extends VectorFiller {
        private final StructVector vector;
        private final List<VectorFiller> fields;

        Fields(DataType.Row type, Type stored, StructVector vector) {
            this(vector, fields(type, stored, vector));
        }

        private Fields(StructVector vector, List<VectorFiller> fields) {
            super(
                    fields.stream().mapToLong(f -> f.slotBytes).sum(),
                    fields.stream().mapToLong(f -> f.treeBytes).sum());
            this.vector = vector;
            this.fields = fields;
        }

        private static List<VectorFiller> fields(DataType.Row type, Type stored, StructVector vector) {
            List<VectorFiller> fields = new ArrayList<>();
            for (int i = 0; i < type.fields().size(); i++) {
                fields.add(of(
                        type.fields().get(i).type(),
                        stored.asStructType().fields().get(i).type(),
                        (FieldVector) vector.getChildByOrdinal(i)));
            }
            return fields;
        }

        @Override
        long set(int slot, Object value) {
            vector.setIndexDefined(slot);
            long bytes = 0;
            for (int i = 0; i < fields.size(); i++) {
                Object field = ((StructLike) value).get(i, Object.class);
                bytes += field == null ? 0 : fields.get(i).set(slot, field);
            }
            return bytes;
        }
    }
}
