package io.weir.codec.row;

import io.weir.codec.batch.BatchLayout;

/** BOOLEANs: a byte in a row, a bit in a record batch. */
final class BitColumnBuilder extends ColumnBuilder {
    private final GrowingBytes bits = new GrowingBytes(16);
    private int count;

    @Override
    void read(RowInput in) {
        add(in.bytes(), in.take(1), 1);
    }

    @Override
    void add(byte[] row, int start, int length) {
        int value = row[start];
        if ((value & ~1) != 0) {
            throw RowInput.damaged("%d is no BOOLEAN".formatted(value));
        }
        validity.addValid();
        addEmpty();
        if (value == 1) {
            bits.setBit(0, count - 1);
        }
    }

    @Override
    void addEmpty() {
        if ((count++ & 7) == 0) {
            bits.putByte(0);
        }
    }

    @Override
    void describe(BatchLayout.Builder layout) {
        super.describe(layout);
        layout.buffer(bits.length());
    }

    @Override
    int copyTo(byte[] body, int at) {
        return copy(bits, body, super.copyTo(body, at));
    }

    @Override
    long sizeInBytes() {
        return super.sizeInBytes() + padded(bits.length());
    }

    @Override
    void clear() {
        super.clear();
        bits.clear();
        count = 0;
    }
}
