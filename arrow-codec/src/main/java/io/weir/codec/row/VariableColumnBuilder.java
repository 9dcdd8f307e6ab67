package io.weir.codec.row;

import io.weir.codec.batch.BatchLayout;

/** CHAR, STRING and BYTES: offsets and bytes. */
final class VariableColumnBuilder extends ColumnBuilder {
    private final GrowingBytes offsets = new GrowingBytes(64);
    private final GrowingBytes data = new GrowingBytes(64);

    VariableColumnBuilder() {
        offsets.putInt(0);
    }

    @Override
    void read(RowInput in) {
        int length = in.number();
        int at = in.take(length);
        add(in.bytes(), at, length);
    }

    @Override
    void add(byte[] row, int start, int length) {
        validity.addValid();
        data.put(row, start, length);
        offsets.putInt(data.length());
    }

    @Override
    void addEmpty() {
        offsets.putInt(data.length());
    }

    @Override
    void describe(BatchLayout.Builder layout) {
        super.describe(layout);
        layout.buffer(offsets.length());
        layout.buffer(data.length());
    }

    @Override
    int copyTo(byte[] body, int at) {
        return copy(data, body, copy(offsets, body, super.copyTo(body, at)));
    }

    @Override
    long sizeInBytes() {
        return super.sizeInBytes() + padded(offsets.length()) + padded(data.length());
    }

    @Override
    void clear() {
        super.clear();
        offsets.clear();
        offsets.putInt(0);
        data.clear();
    }
}
