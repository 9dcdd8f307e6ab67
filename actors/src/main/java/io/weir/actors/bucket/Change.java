package io.weir.actors.bucket;

import io.weir.codec.batch.ChangeType;

/** A row of a changelog, in the current schema version. */
final class Change {
    private final ChangeType type;
    private final byte[] row;

    Change(ChangeType type, byte[] row) {
        this.type = type;
        this.row = row;
    }

    ChangeType type() {
        return type;
    }

    byte[] row() {
        return row;
    }
}
