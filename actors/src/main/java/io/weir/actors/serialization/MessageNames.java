package io.weir.actors.serialization;

import java.util.HashMap;
import java.util.Map;

/**
 * Which class stands behind which manifest. A manifest is written to disks and wires: it is never renamed and never given to another
 * class; a changed shape gets a new number.
 */
public final class MessageNames {
    private final Map<String, Class<?>> classes = new HashMap<>();
    private final Map<Class<?>, String> names = new HashMap<>();

    public MessageNames add(String manifest, Class<?> type) {
        if (classes.put(manifest, type) != null || names.put(type, manifest) != null) {
            throw new IllegalStateException("manifest used twice: " + manifest + " " + type);
        }
        return this;
    }

    /** All of them, for tests that pin them. */
    public Map<String, Class<?>> all() {
        return Map.copyOf(classes);
    }

    public String manifestOf(Object value) {
        String manifest = names.get(value.getClass());
        if (manifest == null) {
            throw new IllegalArgumentException(
                    "no manifest for " + value.getClass().getName());
        }
        return manifest;
    }

    public Class<?> classOf(String manifest) {
        Class<?> type = classes.get(manifest);
        if (type == null) {
            throw new IllegalArgumentException("unknown manifest '" + manifest + "'; written by a newer version?");
        }
        return type;
    }
}
