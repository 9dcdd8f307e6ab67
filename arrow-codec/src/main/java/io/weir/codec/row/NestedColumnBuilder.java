package io.weir.codec.row;

import io.weir.codec.batch.BatchLayout;
import java.util.List;

/** What holds other values. */
abstract class NestedColumnBuilder extends ColumnBuilder {
    private final RowInput column = new RowInput();

    abstract List<ColumnBuilder> children();

    @Override
    final void add(byte[] row, int start, int length) {
        read(column.over(row, start, start + length));
        column.expectEnd();
    }

    /** Passes over the null bits of {@code count} values and returns where they begin. */
    static int takeNullBits(RowInput in, int count) {
        return in.take((count + 7) >> 3);
    }

    static boolean isSet(RowInput in, int bits, int index) {
        return (in.bytes()[bits + (index >> 3)] & 1 << (index & 7)) != 0;
    }

    @Override
    void describe(BatchLayout.Builder layout) {
        super.describe(layout);
        describeOwn(layout);
        children().forEach(child -> child.describe(layout));
    }

    void describeOwn(BatchLayout.Builder layout) {}

    @Override
    int copyTo(byte[] body, int at) {
        int next = copyOwn(body, super.copyTo(body, at));
        for (ColumnBuilder child : children()) {
            next = child.copyTo(body, next);
        }
        return next;
    }

    int copyOwn(byte[] body, int at) {
        return at;
    }

    @Override
    long sizeInBytes() {
        long bytes = super.sizeInBytes();
        for (ColumnBuilder child : children()) {
            bytes += child.sizeInBytes();
        }
        return bytes;
    }

    @Override
    void clear() {
        super.clear();
        children().forEach(ColumnBuilder::clear);
    }
}
