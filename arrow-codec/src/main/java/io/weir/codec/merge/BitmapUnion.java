package io.weir.codec.merge;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.row.RowView;
import io.weir.codec.row.RowWriter;
import io.weir.codec.schema.Column;

/** The union of bitmaps. What is written is canonical already; so is what becomes of it. */
final class BitmapUnion extends ColumnMerge {
    /** A changelog batch holds a row twice and has at most 64 MiB. */
    static final int BYTES_MAX = 16 << 20;

    private final BitmapKind kind;

    BitmapUnion(Column column, int index, BitmapKind kind) {
        super(column, index);
        this.kind = kind;
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

    private void checkLength(int length) {
        if (length > BYTES_MAX) {
            throw refused("a bitmap of " + length + " bytes, and at most " + BYTES_MAX
                    + " are taken; spread its members over several keys");
        }
    }

    @Override
    void combine(RowView before, RowView written, RowWriter out) {
        BitmapSet union = new BitmapSet(kind);
        boolean grown;
        try {
            union.or(kind, before.bytes(), before.start(index), before.length(index));
            grown = union.or(kind, written.bytes(), written.start(index), written.length(index));
        } catch (WeirException e) {
            throw e.code() == ErrorCode.INVALID_ROWS ? refused(e.detail()) : e;
        }
        if (!grown) {
            out.copy(before);
            return;
        }
        byte[] bytes = union.toBytes();
        checkLength(bytes.length);
        out.putBytes(bytes, 0, bytes.length);
    }
}
