package io.weir.codec.merge;

import io.weir.codec.row.RowView;
import io.weir.codec.schema.Column;
import io.weir.codec.schema.TableSchema;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** A row replaces one of its own version or a lower one. A write that does not set the version is one of the version that is there. */
final class VersionedRows implements MergeEngine {
    private final PartialRows partial;
    private final int version;
    private final ValueOrder order;
    private final RowView before;
    private final RowView written;

    VersionedRows(TableSchema schema, String versionColumn, PartialRows partial) {
        Column column = schema.column(versionColumn).orElseThrow();
        this.partial = partial;
        this.version = schema.columns().indexOf(column);
        this.order = ValueOrder.of(column.type()).orElseThrow();
        this.before = new RowView(schema);
        this.written = new RowView(schema);
    }

    @Override
    public byte[] merge(byte @Nullable [] old, byte[] row, @Nullable BitSet present) {
        if (old == null) {
            return partial.insert(row, present);
        }
        boolean sameVersion = present != null && !present.get(version);
        return sameVersion || !isOlder(old, row) ? partial.merge(old, row, present) : old;
    }

    private boolean isOlder(byte[] old, byte[] row) {
        before.on(old);
        if (before.isNull(version)) {
            return false;
        }
        written.on(row);
        return written.isNull(version) || order.compare(written, before, version) < 0;
    }
}
