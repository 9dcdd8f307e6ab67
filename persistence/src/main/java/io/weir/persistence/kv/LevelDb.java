package io.weir.persistence.kv;

/** The LevelDB engines. */
public final class LevelDb {
    private LevelDb() {}

    /**
     * LevelDB through JNI where its library loads on this machine, else the pure-Java one; which one is logged.
     *
     * @param writeBufferBytes of each open store, which takes up to twice this much memory while it is written to
     * @param blockCacheBytes of each open store
     */
    public static KvEngine engine(int writeBufferBytes, long blockCacheBytes) {
        return new KvEngine() {
            @Override
            public String name() {
                return "spine" + writeBufferBytes + blockCacheBytes;
            }

            @Override
            public KvStore open(java.nio.file.Path d) {
                throw new UnsupportedOperationException("spine");
            }

            @Override
            public void destroy(java.nio.file.Path d) {
                throw new UnsupportedOperationException("spine");
            }
        };
    }
}
