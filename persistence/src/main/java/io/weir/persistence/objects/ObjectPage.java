package io.weir.persistence.objects;

import java.util.List;
import java.util.Optional;

/**
 * Some objects, in the order of their names.
 *
 * @param next where to start the next page after; empty where this is the last one. A page may be short, even empty, and not the last
 */
public record ObjectPage(List<ObjectInfo> objects, Optional<String> next) {
    public ObjectPage {
        objects = List.copyOf(objects);
    }
}
