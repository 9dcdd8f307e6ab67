package io.weir.persistence.kv;

import io.weir.persistence.objects.StoredObject;

/**
 * A KV snapshot on the object store: the KV state of a bucket at an offset of its log.
 *
 * @param offset the state is the changelog up to here, exclusive
 * @param takenMs when it was taken; no two of a bucket are of the same time
 * @param bytes of all its files, those that it shares with others included
 * @param descriptor object that lists its files
 */
public record KvSnapshot(long offset, long takenMs, long bytes, StoredObject descriptor) {}
