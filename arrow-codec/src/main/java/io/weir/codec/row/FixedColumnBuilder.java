package io.weir.codec.row;

import io.weir.codec.batch.BatchLayout;

/** Values that lie in a row as they do in a record batch. */
class FixedColumnBuilder extends ColumnBuilder {
    final GrowingBytes data = new GrowingBytes(64);
    private final int width;

    FixedColumnBuilder(int width) {
        this.width = width;
    }

    @Override
    void read(RowInput in) {
        int at = in.take(width);
        add(in.bytes(), at, width);
    }

    @Override
    void add(byte[] row, int start, int length) {
        validity.addValid();
        switch (length) {
            case 4 -> data.putInt((int) GrowingBytes.INTS.get(row, start));
            case 8 -> data.putLong((long) GrowingBytes.LONGS.get(row, start));
            default -> data.put(row, start, length);
        }
    }

    @Override
    void addEmpty() {
        data.putZeros(width);
    }

    @Override
    void describe(BatchLayout.Builder layout) {
        super.describe(layout);
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
