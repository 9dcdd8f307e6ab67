package io.weir.persistence.objects;

/**
 * What a finished put stored, for the manifest to remember.
 *
 * @param size in bytes
 * @param crc32c CRC-32C of the whole object, as it was sent
 */
public record StoredObject(ObjectName name, long size, int crc32c) {}
