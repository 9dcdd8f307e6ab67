package io.weir.codec.row;

import io.weir.codec.batch.BatchLayout;
import io.weir.codec.schema.DataType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** ARRAYs and MAPs: offsets, and the elements or entries of all values. */
final class ListColumnBuilder extends NestedColumnBuilder {
    /** The entries of a map: a row of which neither it nor the key is ever null. */
    private static final class Entries extends NestedColumnBuilder {
        private final List<ColumnBuilder> children;

        Entries(DataType.Map type) {
            this.children = List.of(ColumnBuilder.of(type.key()), ColumnBuilder.of(type.value()));
        }

        @Override
        List<ColumnBuilder> children() {
            return children;
        }

        void read(RowInput in, boolean isNull) {
            validity.addValid();
            children.get(0).read(in);
            readItem(in, children.get(1), isNull);
        }

        @Override
        void read(RowInput in) {
            read(in, false);
        }

        @Override
        void addEmpty() {
            throw new IllegalStateException("entries of a map are never null");
        }
    }

    private final boolean nullable;
    private final ColumnBuilder items;
    private final @Nullable Entries entries;
    private final GrowingBytes offsets = new GrowingBytes(64);

    /** @param type ARRAY or MAP */
    ListColumnBuilder(DataType type) {
        if (type instanceof DataType.Map map) {
            this.entries = new Entries(map);
            this.items = entries;
            this.nullable = map.valueNullable();
        } else {
            DataType.Array array = (DataType.Array) type;
            this.entries = null;
            this.items = ColumnBuilder.of(array.element());
            this.nullable = array.elementNullable();
        }
        offsets.putInt(0);
    }

    @Override
    List<ColumnBuilder> children() {
        return List.of(items);
    }

    @Override
    void read(RowInput in) {
        int count = in.number();
        // Each value takes a bit or a byte at least, so a count beyond that is damage, and loops stay short.
        int bits = nullable ? takeNullBits(in, count) : in.position();
        if (entries != null || !nullable) {
            checkFits(in, count);
        }
        for (int i = 0; i < count; i++) {
            boolean isNull = nullable && isSet(in, bits, i);
            if (entries == null) {
                readItem(in, items, isNull);
            } else {
                entries.read(in, isNull);
            }
        }
        validity.addValid();
        addEmpty();
    }

    private static void checkFits(RowInput in, int count) {
        if (count > in.remaining()) {
            throw RowInput.damaged("%d elements in %d bytes".formatted(count, in.remaining()));
        }
    }

    private static void readItem(RowInput in, ColumnBuilder item, boolean isNull) {
        if (isNull) {
            item.addNull();
        } else {
            item.read(in);
        }
    }

    @Override
    void addEmpty() {
        offsets.putInt(items.validity.length());
    }

    @Override
    void describeOwn(BatchLayout.Builder layout) {
        layout.buffer(offsets.length());
    }

    @Override
    int copyOwn(byte[] body, int at) {
        return copy(offsets, body, at);
    }

    @Override
    long sizeInBytes() {
        return super.sizeInBytes() + padded(offsets.length());
    }

    @Override
    void clear() {
        super.clear();
        offsets.clear();
        offsets.putInt(0);
    }
}
