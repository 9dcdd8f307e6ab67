package io.weir.codec.row;

import io.weir.codec.batch.BatchLayout;
import io.weir.codec.batch.TypeShape;
import io.weir.codec.schema.DataType;

/**
 * Collects the values of one column, or of a child of one, in the buffers that they take in a record batch. What is read may be
 * damaged; after an error the builder is of no further use.
 */
abstract class ColumnBuilder {
    final ValidityBits validity = new ValidityBits();

    /** Adds the value that is next; a variable one has its length before it. */
    abstract void read(RowInput in);

    /** Adds a column's value, which takes exactly these bytes. */
    abstract void add(byte[] row, int start, int length);

    /** What a slot holds that has no value: zeros, and nothing of a list. */
    abstract void addEmpty();

    final void addNull() {
        validity.addNull();
        addEmpty();
    }

    /** A slot within a row that is null: null as well where it may be. */
    final void addMissing(boolean nullable) {
        if (nullable) {
            validity.addNull();
        } else {
            validity.addValid();
        }
        addEmpty();
    }

    /** Names this column's nodes and buffers, its children's behind them. */
    void describe(BatchLayout.Builder layout) {
        layout.node(validity.length(), validity.nullCount());
        layout.buffer(validity.bytes());
    }

    /** Copies the buffers that {@link #describe} named, in that order. @return where the next one begins */
    int copyTo(byte[] body, int at) {
        validity.copyTo(body, at);
        return at + padded(validity.bytes());
    }

    long sizeInBytes() {
        return padded(validity.bytes());
    }

    void clear() {
        validity.clear();
    }

    static int padded(int length) {
        return (length + 7) & ~7;
    }

    static int copy(GrowingBytes buffer, byte[] body, int at) {
        buffer.copyTo(body, at);
        return at + padded(buffer.length());
    }

    static ColumnBuilder of(DataType type) {
        if (type instanceof DataType.Row row) {
            return new RowColumnBuilder(row);
        }
        if (TypeShape.isList(type)) {
            return new ListColumnBuilder(type);
        }
        if (TypeShape.isVariable(type)) {
            return new VariableColumnBuilder();
        }
        if (type instanceof DataType.Vector vector) {
            return new VectorColumnBuilder(vector.length());
        }
        if (type == DataType.Simple.BOOLEAN) {
            return new BitColumnBuilder();
        }
        boolean isDecimal = type instanceof DataType.Decimal;
        int width = ValueWidth.of(type);
        return isDecimal && width == 8 ? new ShortDecimalColumnBuilder() : new FixedColumnBuilder(width);
    }
}
