package io.weir.codec.row;

import io.weir.codec.schema.TableSchema;
import java.util.List;

/** Encoded rows of any version of a table's schema, brought to the current one: by column id, widened, nulls for younger columns. */
public final class RowVersions {
    /** @param schemas every version, oldest first; the last one is current */
    public RowVersions(List<TableSchema> schemas) {
        throw new UnsupportedOperationException("spine: " + schemas);
    }

    public TableSchema current() {
        throw new UnsupportedOperationException("spine");
    }

    /**
     * The row in the current version; the same array where it already is. Thread-safe.
     *
     * @throws io.weir.codec.WeirException CORRUPT_DATA where it is no row, INTERNAL where its version is unknown here
     */
    public byte[] upgrade(byte[] row) {
        throw new UnsupportedOperationException("spine: " + row.length);
    }

    /** The schema version that a row was written with. */
    public static int schemaId(byte[] row) {
        throw new UnsupportedOperationException("spine: " + row.length);
    }
}
