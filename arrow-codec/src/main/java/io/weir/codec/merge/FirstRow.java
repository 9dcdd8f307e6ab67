package io.weir.codec.merge;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** A row, once written, stays as it is. */
final class FirstRow implements MergeEngine {
    private final PartialRows partial;

    FirstRow(PartialRows partial) {
        this.partial = partial;
    }

    @Override
    public byte[] merge(byte @Nullable [] old, byte[] row, @Nullable BitSet present) {
        return old == null ? partial.insert(row, present) : old;
    }
}
