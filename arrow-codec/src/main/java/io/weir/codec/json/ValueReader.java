package io.weir.codec.json;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/**
 * Reads one JSON value, which is not null, into a slot of a vector. A value that does not fit is reported to the input, the slot
 * stays null, and the parser stands at the value's end either way.
 */
abstract class ValueReader {
    /** What a slot takes whether it is null or not, its children's included, in bytes. */
    final long slotBytes;

    /** The same and a slot of each element that a list may hold: what vectors of one slot each would take. */
    final long treeBytes;

    ValueReader(long slotBytes, long treeBytes) {
        this.slotBytes = slotBytes;
        this.treeBytes = treeBytes;
    }

    /** @param token the current token: the value's first, or a field name that is read as a string (a map's key) */
    abstract void read(JsonInput in, JsonToken token, int slot) throws IOException;

    /** Reads a value or null. */
    static void readSlot(JsonInput in, ValueReader reader, boolean nullable, int slot) throws IOException {
        JsonToken token = in.parser.currentToken();
        if (token != JsonToken.VALUE_NULL) {
            reader.read(in, token, slot);
        } else if (!nullable) {
            in.refuse("null in what is NOT NULL");
        }
    }
}
