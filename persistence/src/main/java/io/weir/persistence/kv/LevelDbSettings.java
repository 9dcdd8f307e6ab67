package io.weir.persistence.kv;

/**
 * What one open store may take.
 *
 * @param writeBufferBytes rows in memory before they become a table; twice this much while a full buffer is being written out
 * @param blockCacheBytes cache of the blocks that are not read through a memory map
 * @param openFilesMax tables a store keeps open at a time
 * @param reservedBytes {@link KvStore#ensureRoom} refuses where the disk would have less than this left
 */
public record LevelDbSettings(int writeBufferBytes, long blockCacheBytes, int openFilesMax, long reservedBytes) {
    /**
     * The log stops at 24 MiB less. What lies between is for what LevelDB writes without being asked: a full write buffer becomes a
     * table, and a compaction holds its input and its output (about 30 MiB) at the same time, one compaction at a time.
     */
    public static final long RESERVED_BYTES = 64L << 20;

    public LevelDbSettings {
        if (writeBufferBytes < 64 << 10 || blockCacheBytes < 0 || openFilesMax < 20 || reservedBytes < 0) {
            throw new IllegalArgumentException(
                    "LevelDB settings: a write buffer of at least 64 KiB, a block cache of at least 0 bytes, at least 20 open files: "
                            + "writeBufferBytes=%d blockCacheBytes=%d openFilesMax=%d reservedBytes=%d"
                                    .formatted(writeBufferBytes, blockCacheBytes, openFilesMax, reservedBytes));
        }
    }
}
