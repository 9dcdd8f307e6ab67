package io.weir.codec.row;

import io.weir.codec.batch.ColumnView;
import io.weir.codec.schema.DataType;
import java.util.ArrayList;
import java.util.List;

/** Arrays, maps and rows within rows. */
abstract class NestedEncoder extends ValueEncoder {
    NestedEncoder(ColumnView view) {
        super(view);
    }

    @Override
    final void writeColumn(int index, GrowingBytes out) {
        int start = out.length();
        write(index, out);
        out.insertLength(start);
    }

    static NestedEncoder of(ColumnView view) {
        if (view.type() instanceof DataType.Array array) {
            return new Arrays(view, array.elementNullable());
        }
        return view.type() instanceof DataType.Map map ? new Maps(view, map.valueNullable()) : new Rows(view);
    }

    /** Null bits of elements {@code [start, end)}. */
    static void writeNullBits(ColumnView view, int start, int end, GrowingBytes out) {
        int at = out.length();
        out.putZeros((end - start + 7) >> 3);
        for (int i = start; view.hasNulls() && i < end; i++) {
            if (view.isNull(i)) {
                out.setBit(at, i - start);
            }
        }
    }

    private static final class Arrays extends NestedEncoder {
        private final boolean nullable;
        private final ColumnView items;
        private final ValueEncoder encoder;

        Arrays(ColumnView view, boolean nullable) {
            super(view);
            this.nullable = nullable;
            this.items = view.child(0);
            this.encoder = ValueEncoder.of(items);
        }

        @Override
        void write(int index, GrowingBytes out) {
            int start = view.offset(index);
            int end = view.offset(index + 1);
            out.putLength(end - start);
            if (nullable) {
                writeNullBits(items, start, end, out);
            }
            for (int i = start; i < end; i++) {
                if (!nullable || !items.isNull(i)) {
                    encoder.write(i, out);
                }
            }
        }
    }

    private static final class Maps extends NestedEncoder {
        private final boolean nullable;
        private final ColumnView values;
        private final ValueEncoder keyEncoder;
        private final ValueEncoder valueEncoder;

        Maps(ColumnView view, boolean nullable) {
            super(view);
            this.nullable = nullable;
            this.values = view.child(0).child(1);
            this.keyEncoder = ValueEncoder.of(view.child(0).child(0));
            this.valueEncoder = ValueEncoder.of(values);
        }

        @Override
        void write(int index, GrowingBytes out) {
            int start = view.offset(index);
            int end = view.offset(index + 1);
            out.putLength(end - start);
            if (nullable) {
                writeNullBits(values, start, end, out);
            }
            for (int i = start; i < end; i++) {
                keyEncoder.write(i, out);
                if (!nullable || !values.isNull(i)) {
                    valueEncoder.write(i, out);
                }
            }
        }
    }

    private static final class Rows extends NestedEncoder {
        private final List<ValueEncoder> fields = new ArrayList<>();

        Rows(ColumnView view) {
            super(view);
            for (int i = 0; i < ((DataType.Row) view.type()).fields().size(); i++) {
                fields.add(ValueEncoder.of(view.child(i)));
            }
        }

        @Override
        void write(int index, GrowingBytes out) {
            int bits = out.length();
            out.putZeros((fields.size() + 7) >> 3);
            for (int i = 0; i < fields.size(); i++) {
                ValueEncoder field = fields.get(i);
                if (field.view.isNull(index)) {
                    out.setBit(bits, i);
                } else {
                    field.write(index, out);
                }
            }
        }
    }
}
