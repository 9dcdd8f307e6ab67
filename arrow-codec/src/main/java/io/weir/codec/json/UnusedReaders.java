package io.weir.codec.json;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/** Readers of values that no slot gets: it stays null. */
final class UnusedReaders {
    private UnusedReaders() {}

    /** Refuses every value. */
    static ValueReader assigned(ValueReader ofType) {
        return new ValueReader(ofType.slotBytes, ofType.treeBytes) {
            @Override
            void read(JsonInput in, JsonToken token, int slot) throws IOException {
                in.refuse("the store assigns this column; leave it out");
                in.parser.skipChildren();
            }
        };
    }

    /** Passes over every value. */
    static ValueReader ignored(ValueReader ofType) {
        return new ValueReader(ofType.slotBytes, ofType.treeBytes) {
            @Override
            void read(JsonInput in, JsonToken token, int slot) throws IOException {
                in.parser.skipChildren();
            }
        };
    }
}
