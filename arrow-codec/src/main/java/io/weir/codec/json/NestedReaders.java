package io.weir.codec.json;

import com.fasterxml.jackson.core.JsonToken;
import io.weir.codec.schema.DataType;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.complex.StructVector;

/** Readers of nested types; each holds the readers of its children, so a schema's tree is walked once, not once a row. */
final class NestedReaders {
    private NestedReaders() {}

    /** @param vector laid out for the type as {@code ArrowSchemas} does */
    static ValueReader of(DataType type, FieldVector vector) {
        if (type instanceof DataType.Array array) {
            return new ArrayReader(array, (ListVector) vector);
        }
        if (type instanceof DataType.Vector) {
            return new FloatsReader((FixedSizeListVector) vector);
        }
        if (type instanceof DataType.Map map) {
            return new MapReader(map, (ListVector) vector);
        }
        if (type instanceof DataType.Row row) {
            return new RowReader(row, (StructVector) vector);
        }
        return LeafReader.of(type, vector);
    }

    private static boolean starts(JsonInput in, JsonToken token, JsonToken wanted, DataType type) throws IOException {
        if (token == wanted) {
            return true;
        }
        in.refuse("expected %s as %s, found %s"
                .formatted(
                        TimeText.cut(type.toString()),
                        wanted == JsonToken.START_ARRAY ? "an array" : "an object",
                        in.found(token)));
        in.parser.skipChildren();
        return false;
    }

    private static final class ArrayReader extends ValueReader {
        private final DataType.Array type;
        private final ListVector vector;
        private final ValueReader element;

        ArrayReader(DataType.Array type, ListVector vector) {
            this(type, vector, of(type.element(), vector.getDataVector()));
        }

        private ArrayReader(DataType.Array type, ListVector vector, ValueReader element) {
            super(5, 5 + element.treeBytes);
            this.type = type;
            this.vector = vector;
            this.element = element;
        }

        @Override
        void read(JsonInput in, JsonToken token, int slot) throws IOException {
            if (!starts(in, token, JsonToken.START_ARRAY, type)) {
                return;
            }
            int start = vector.startNewValue(slot);
            int count = 0;
            while (in.parser.nextToken() != JsonToken.END_ARRAY) {
                in.count(element.slotBytes);
                readSlot(in, element, type.elementNullable(), start + count++);
            }
            vector.endValue(slot, count);
        }
    }

    private static final class FloatsReader extends ValueReader {
        private final FixedSizeListVector vector;
        private final int length;
        private final ValueReader element;

        FloatsReader(FixedSizeListVector vector) {
            super(1 + 5L * vector.getListSize(), 1 + 5L * vector.getListSize());
            this.vector = vector;
            this.length = vector.getListSize();
            this.element = of(DataType.Simple.FLOAT, vector.getDataVector());
        }

        @Override
        void read(JsonInput in, JsonToken token, int slot) throws IOException {
            if (!starts(in, token, JsonToken.START_ARRAY, new DataType.Vector(length))) {
                return;
            }
            vector.setNotNull(slot);
            int count = 0;
            while (in.parser.nextToken() != JsonToken.END_ARRAY) {
                if (count < length) {
                    readSlot(in, element, false, slot * length + count);
                } else {
                    in.parser.skipChildren();
                }
                count++;
            }
            if (count != length) {
                in.refuse("expected %d floats, found %d".formatted(length, count));
            }
        }
    }

    /** An object, whose names are the keys, or an array of {@code {"key","value"}} objects. */
    private static final class MapReader extends ValueReader {
        private final DataType.Map type;
        private final ListVector vector;
        private final StructVector entries;
        private final ValueReader key;
        private final ValueReader value;

        /** Reads one entry as a row of two fields. */
        private final RowReader entry;

        MapReader(DataType.Map type, ListVector vector) {
            this(type, vector, new RowReader(entryType(type), (StructVector) vector.getDataVector()));
        }

        private MapReader(DataType.Map type, ListVector vector, RowReader entry) {
            super(5, 5 + entry.treeBytes);
            this.type = type;
            this.vector = vector;
            this.entries = (StructVector) vector.getDataVector();
            this.entry = entry;
            this.key = entry.reader(0);
            this.value = entry.reader(1);
        }

        private static DataType.Row entryType(DataType.Map type) {
            return new DataType.Row(List.of(
                    new DataType.Row.Field("key", type.key(), false),
                    new DataType.Row.Field("value", type.value(), type.valueNullable())));
        }

        @Override
        void read(JsonInput in, JsonToken token, int slot) throws IOException {
            boolean list = token == JsonToken.START_ARRAY;
            if (!list && !starts(in, token, JsonToken.START_OBJECT, type)) {
                return;
            }
            int start = vector.startNewValue(slot);
            int count = list ? readList(in, start) : readObject(in, start);
            vector.endValue(slot, count);
        }

        private int readList(JsonInput in, int start) throws IOException {
            int count = 0;
            while (in.parser.nextToken() != JsonToken.END_ARRAY) {
                in.count(entry.slotBytes);
                readSlot(in, entry, false, start + count++);
            }
            return count;
        }

        private int readObject(JsonInput in, int start) throws IOException {
            Set<String> keys = new HashSet<>();
            int count = 0;
            while (in.parser.nextToken() != JsonToken.END_OBJECT) {
                if (!keys.add(in.parser.currentName())) {
                    in.refuse("the key stands twice in the map");
                }
                in.count(entry.slotBytes);
                entries.setIndexDefined(start + count);
                key.read(in, JsonToken.FIELD_NAME, start + count);
                in.parser.nextToken();
                readSlot(in, value, type.valueNullable(), start + count);
                count++;
            }
            return count;
        }
    }

    private static final class RowReader extends ValueReader {
        private final DataType.Row type;
        private final StructVector vector;
        private final MemberReaders members;

        RowReader(DataType.Row type, StructVector vector) {
            this(type, vector, members(type, vector));
        }

        private RowReader(DataType.Row type, StructVector vector, MemberReaders members) {
            super(1 + members.slotBytes(), 1 + members.treeBytes());
            this.type = type;
            this.vector = vector;
            this.members = members;
        }

        private static MemberReaders members(DataType.Row type, StructVector vector) {
            MemberReaders members = new MemberReaders(type.fields().size(), "field");
            for (int i = 0; i < type.fields().size(); i++) {
                DataType.Row.Field field = type.fields().get(i);
                members.set(
                        i, field.name(), field.nullable(), of(field.type(), (FieldVector) vector.getChildByOrdinal(i)));
            }
            return members;
        }

        ValueReader reader(int field) {
            return members.reader(field);
        }

        @Override
        void read(JsonInput in, JsonToken token, int slot) throws IOException {
            if (starts(in, token, JsonToken.START_OBJECT, type)) {
                vector.setIndexDefined(slot);
                members.read(in, slot);
            }
        }
    }
}
