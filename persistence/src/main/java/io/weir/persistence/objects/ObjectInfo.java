package io.weir.persistence.objects;

import org.jspecify.annotations.Nullable;

/**
 * What a store says of an object.
 *
 * @param size in bytes
 * @param etag changes with the content; null where the store has none
 */
public record ObjectInfo(
        ObjectName name, long size, @Nullable String etag) {}
