package io.weir.codec.batch;

/** How the buffers of a record batch are compressed; the names are the values of the table property {@code log.compression}. */
public enum Compression {
    NONE,
    LZ4,
    ZSTD
}
