package io.weir.client;

import java.util.BitSet;

/**
 * Rows that were looked up by key.
 *
 * @param rows one a key, in the order of the keys; where there is no row, all its values are null
 * @param found which of them there are
 */
public record Lookup(Rows rows, BitSet found) {
    public Lookup {
        found = (BitSet) found.clone();
    }

    @Override
    public BitSet found() {
        return (BitSet) found.clone();
    }
}
