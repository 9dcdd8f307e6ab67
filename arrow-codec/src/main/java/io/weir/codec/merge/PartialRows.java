package io.weir.codec.merge;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.codec.row.RowView;
import io.weir.codec.row.RowWriter;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The last row stays, which for one that sets only some columns means: these, and the others of the row before. */
final class PartialRows implements MergeEngine {
    private final List<Column> columns;
    private final BitSet key = new BitSet();
    private final RowView before;
    private final RowView written;
    private final RowWriter out;

    PartialRows(TableSchema schema, List<String> key) {
        this.columns = schema.columns();
        this.before = new RowView(schema);
        this.written = new RowView(schema);
        this.out = new RowWriter(schema);
        for (int i = 0; i < columns.size(); i++) {
            this.key.set(i, key.contains(columns.get(i).name()));
        }
    }

    @Override
    public byte[] merge(byte @Nullable [] old, byte[] row, @Nullable BitSet present) {
        if (present == null) {
            return row;
        }
        return old == null ? insert(row, present) : update(old, row, present);
    }

    /** The first row of a key. */
    byte[] insert(byte[] row, @Nullable BitSet present) {
        if (present == null) {
            return row;
        }
        for (int i = present.nextClearBit(0); i < columns.size(); i = present.nextClearBit(i + 1)) {
            Column column = columns.get(i);
            if (!column.nullable() && !key.get(i)) {
                throw new WeirException(
                        ErrorCode.INVALID_ROWS,
                        "column " + column.name()
                                + " is NOT NULL, and the row that would be new does not set it; set it,"
                                + " or write the whole row first");
            }
        }
        return row;
    }

    private byte[] update(byte[] old, byte[] row, BitSet present) {
        before.on(old);
        written.on(row);
        out.begin();
        for (int i = 0; i < columns.size(); i++) {
            out.copy(present.get(i) && !key.get(i) ? written : before);
        }
        return out.end();
    }
}
