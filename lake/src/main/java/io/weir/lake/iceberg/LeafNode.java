package io.weir.lake.iceberg;

import io.weir.codec.batch.ColumnView;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.iceberg.DoubleFieldMetrics;
import org.apache.iceberg.FieldMetrics;
import org.apache.iceberg.FloatFieldMetrics;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.TypeUtil;
import org.apache.iceberg.types.Types;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnWriteStore;
import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.io.api.Binary;
import org.jspecify.annotations.Nullable;

/** A column of Parquet itself. */
abstract class LeafNode extends ColumnNode {
    private static final int INT_DIGITS_MAX = 9;
    private static final int LONG_DIGITS_MAX = 18;

    private final ColumnDescriptor descriptor;
    private @Nullable ColumnWriter writer;
    private @Nullable ColumnView bound;
    long nulls;

    LeafNode(ColumnDescriptor descriptor, boolean required) {
        super(descriptor.getMaxDefinitionLevel(), required);
        this.descriptor = descriptor;
    }

    static LeafNode of(Type type, ColumnDescriptor descriptor, boolean required) {
        return switch (type.typeId()) {
            case BOOLEAN -> new Booleans(descriptor, required);
            case INTEGER, DATE -> new Ints(descriptor, required);
            case LONG, TIME, TIMESTAMP -> new Longs(descriptor, required);
            case FLOAT -> new Floats(descriptor, required);
            case DOUBLE -> new Doubles(descriptor, required);
            case STRING, BINARY -> new Bytes(descriptor, required);
            case FIXED -> new Fixed(descriptor, required, ((Types.FixedType) type).length());
            case DECIMAL -> new Decimals(descriptor, required, ((Types.DecimalType) type).precision());
            default -> throw new IllegalStateException("no column of Parquet: " + type);
        };
    }

    @Override
    void bind(ColumnView view) {
        bound = view;
    }

    @Override
    final void write(int repetition, int index) {
        ColumnView view = Objects.requireNonNull(bound);
        if (view.isNull(index)) {
            writeNullHere(repetition);
        } else {
            put(writer(), view, index, repetition);
        }
    }

    abstract void put(ColumnWriter writer, ColumnView view, int index, int repetition);

    @Override
    final void writeNull(int repetition, int definition) {
        nulls++;
        writer().writeNull(repetition, definition);
    }

    final ColumnWriter writer() {
        return Objects.requireNonNull(writer);
    }

    @Override
    final void columnStore(ColumnWriteStore store) {
        writer = store.getColumnWriter(descriptor);
    }

    /** Parquet's own statistics serve, but for floats, where they do not count NaN. */
    @Override
    Stream<FieldMetrics<?>> metrics() {
        return Stream.of();
    }

    final int fieldId() {
        return descriptor.getPrimitiveType().getId().intValue();
    }

    private static final class Booleans extends LeafNode {
        Booleans(ColumnDescriptor descriptor, boolean required) {
            super(descriptor, required);
        }

        @Override
        void put(ColumnWriter writer, ColumnView view, int index, int repetition) {
            writer.write(view.bitAt(index), repetition, level);
        }
    }

    private static final class Ints extends LeafNode {
        private int width;

        Ints(ColumnDescriptor descriptor, boolean required) {
            super(descriptor, required);
        }

        @Override
        void bind(ColumnView view) {
            super.bind(view);
            width = Numbers.width(view.type());
        }

        @Override
        void put(ColumnWriter writer, ColumnView view, int index, int repetition) {
            writer.write((int) Numbers.wide(view, width, index), repetition, level);
        }
    }

    private static final class Longs extends LeafNode {
        private int width;
        private long factor;

        Longs(ColumnDescriptor descriptor, boolean required) {
            super(descriptor, required);
        }

        @Override
        void bind(ColumnView view) {
            super.bind(view);
            width = Numbers.width(view.type());
            factor = Numbers.factor(view.type());
        }

        @Override
        void put(ColumnWriter writer, ColumnView view, int index, int repetition) {
            writer.write(Numbers.wide(view, width, index) * factor, repetition, level);
        }
    }

    private static final class Floats extends LeafNode {
        private final FloatFieldMetrics.Builder metrics;

        Floats(ColumnDescriptor descriptor, boolean required) {
            super(descriptor, required);
            metrics = new FloatFieldMetrics.Builder(fieldId());
        }

        @Override
        void put(ColumnWriter writer, ColumnView view, int index, int repetition) {
            float value = Float.intBitsToFloat(view.intAt(index));
            metrics.addValue(value);
            writer.write(value, repetition, level);
        }

        @Override
        Stream<FieldMetrics<?>> metrics() {
            return Stream.of(withNulls(metrics.build()));
        }
    }

    private static final class Doubles extends LeafNode {
        private final DoubleFieldMetrics.Builder metrics;

        Doubles(ColumnDescriptor descriptor, boolean required) {
            super(descriptor, required);
            metrics = new DoubleFieldMetrics.Builder(fieldId());
        }

        @Override
        void put(ColumnWriter writer, ColumnView view, int index, int repetition) {
            double value = Numbers.floating(view, index);
            metrics.addValue(value);
            writer.write(value, repetition, level);
        }

        @Override
        Stream<FieldMetrics<?>> metrics() {
            return Stream.of(withNulls(metrics.build()));
        }
    }

    final <T> FieldMetrics<T> withNulls(FieldMetrics<T> values) {
        return new FieldMetrics<>(
                values.id(),
                values.valueCount() + nulls,
                nulls,
                values.nanValueCount(),
                values.lowerBound(),
                values.upperBound());
    }

    private static final class Bytes extends LeafNode {
        private byte[] buffer = new byte[256];

        Bytes(ColumnDescriptor descriptor, boolean required) {
            super(descriptor, required);
        }

        @Override
        void put(ColumnWriter writer, ColumnView view, int index, int repetition) {
            int start = view.offset(index);
            int length = view.offset(index + 1) - start;
            if (length > buffer.length) {
                buffer = new byte[Math.max(length, 2 * buffer.length)];
            }
            view.copyBytes(start, length, buffer, 0);
            writer.write(Binary.fromReusedByteArray(buffer, 0, length), repetition, level);
        }
    }

    private static final class Fixed extends LeafNode {
        private final byte[] buffer;

        Fixed(ColumnDescriptor descriptor, boolean required, int width) {
            super(descriptor, required);
            this.buffer = new byte[width];
        }

        @Override
        void put(ColumnWriter writer, ColumnView view, int index, int repetition) {
            view.copyFixed(index, buffer.length, buffer, 0);
            writer.write(Binary.fromReusedByteArray(buffer), repetition, level);
        }
    }

    /** Unscaled: an int, a long, or bytes with the high ones first, by the number of digits. */
    private static final class Decimals extends LeafNode {
        private final int precision;
        private final byte[] buffer;

        Decimals(ColumnDescriptor descriptor, boolean required, int precision) {
            super(descriptor, required);
            this.precision = precision;
            this.buffer = new byte[TypeUtil.decimalRequiredBytes(precision)];
        }

        @Override
        void put(ColumnWriter writer, ColumnView view, int index, int repetition) {
            long low = view.longAt(2 * index);
            if (precision <= INT_DIGITS_MAX) {
                writer.write((int) low, repetition, level);
            } else if (precision <= LONG_DIGITS_MAX) {
                writer.write(low, repetition, level);
            } else {
                long high = view.longAt(2 * index + 1);
                for (int i = 0; i < buffer.length; i++) {
                    int shift = 8 * (buffer.length - 1 - i);
                    buffer[i] = (byte) (shift >= 64 ? high >> (shift - 64) : low >> shift);
                }
                writer.write(Binary.fromReusedByteArray(buffer), repetition, level);
            }
        }
    }
}
