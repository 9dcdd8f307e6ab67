package io.weir.codec.row;

import io.weir.codec.batch.BatchLayout;

/** ARRAY&lt;FLOAT&gt;(n): the floats of all values, n zeros where there is none. */
final class VectorColumnBuilder extends ColumnBuilder {
    private final GrowingBytes data = new GrowingBytes(64);
    private final int floats;

    VectorColumnBuilder(int floats) {
        this.floats = floats;
    }

    @Override
    void read(RowInput in) {
        int at = in.take(4 * floats);
        add(in.bytes(), at, 4 * floats);
    }

    @Override
    void add(byte[] row, int start, int length) {
        validity.addValid();
        data.put(row, start, length);
    }

    @Override
    void addEmpty() {
        data.putZeros(4 * floats);
    }

    @Override
    void describe(BatchLayout.Builder layout) {
        super.describe(layout);
        layout.node(validity.length() * floats, 0);
        layout.buffer(0);
        layout.buffer(data.length());
    }

    @Override
    int copyTo(byte[] body, int at) {
        return copy(data, body, super.copyTo(body, at));
    }

    @Override
    long sizeInBytes() {
        return super.sizeInBytes() + padded(data.length());
    }

    @Override
    void clear() {
        super.clear();
        data.clear();
    }
}
