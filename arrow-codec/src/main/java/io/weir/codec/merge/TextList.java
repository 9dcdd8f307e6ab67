package io.weir.codec.merge;

import io.weir.codec.row.RowView;
import io.weir.codec.row.RowWriter;
import io.weir.codec.schema.Column;
import java.nio.charset.StandardCharsets;

/** All strings in the order they were written, with a delimiter between them. */
final class TextList extends ColumnMerge {
    /** A list is read and written anew with every row of its key, so one that grows for ever would slow its bucket down for all. */
    static final int BYTES_MAX = 1 << 20;

    private final byte[] delimiter;
    private byte[] list = new byte[256];

    TextList(Column column, int index, String delimiter) {
        super(column, index);
        this.delimiter = delimiter.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    boolean isBounded() {
        return true;
    }

    @Override
    void checkFirst(RowView written) {
        if (!written.isNull(index)) {
            checkLength(written.length(index));
        }
    }

    private void checkLength(long length) {
        if (length > BYTES_MAX) {
            throw refused("listagg makes a list of " + length + " bytes, and takes at most " + BYTES_MAX
                    + "; write to another key, or take another aggregation");
        }
    }

    @Override
    void combine(RowView before, RowView written, RowWriter out) {
        int first = before.length(index);
        int second = written.length(index);
        long length = (long) first + delimiter.length + second;
        checkLength(length);
        if (list.length < length) {
            list = new byte[Math.min(BYTES_MAX, Math.max((int) length, list.length * 2))];
        }
        System.arraycopy(before.bytes(), before.start(index), list, 0, first);
        System.arraycopy(delimiter, 0, list, first, delimiter.length);
        System.arraycopy(written.bytes(), written.start(index), list, first + delimiter.length, second);
        out.putBytes(list, 0, (int) length);
    }
}
