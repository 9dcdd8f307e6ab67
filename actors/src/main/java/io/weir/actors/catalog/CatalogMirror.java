package io.weir.actors.catalog;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The catalog's state for readers on the node that it runs on, so that reads and writes need not ask its actor each time. It is set
 * after an event is stored and before its asker is answered, so whoever got an answer also sees the change here. Empty on other nodes.
 */
public final class CatalogMirror {
    private volatile @Nullable CatalogState state;

    public Optional<CatalogState> get() {
        return Optional.ofNullable(state);
    }

    void publish(CatalogState now) {
        state = now;
    }

    void clear() {
        state = null;
    }
}
