package io.weir.persistence.kv;

import org.fusesource.leveldbjni.JniDBFactory;
import org.iq80.leveldb.DBFactory;
import org.iq80.leveldb.impl.Iq80DBFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The LevelDB engines. Both read each other's files, because nothing is compressed; so a data directory may be carried to a machine
 * where only the other one works.
 */
public final class LevelDb {
    private static final Logger LOG = LoggerFactory.getLogger(LevelDb.class);
    private static final int OPEN_FILES_MAX = 200;

    private LevelDb() {}

    /**
     * LevelDB through JNI where its library loads on this machine, else the pure-Java one; which one is logged.
     *
     * @param writeBufferBytes of each open store, which takes up to twice this much memory while it is written to
     * @param blockCacheBytes of each open store
     */
    public static KvEngine engine(int writeBufferBytes, long blockCacheBytes) {
        return engine(
                new LevelDbSettings(writeBufferBytes, blockCacheBytes, OPEN_FILES_MAX, LevelDbSettings.RESERVED_BYTES));
    }

    /** As above, with all settings. */
    public static KvEngine engine(LevelDbSettings settings) {
        KvEngine engine = nativeLoads() ? jni(settings) : pureJava(settings);
        LOG.info("KV state: {}", engine.name());
        return engine;
    }

    static KvEngine jni(LevelDbSettings settings) {
        return new LevelDbEngine("LevelDB JNI", JniDBFactory.factory, settings);
    }

    static KvEngine pureJava(LevelDbSettings settings) {
        DBFactory factory = Iq80DBFactory.factory;
        return new LevelDbEngine("LevelDB pure Java", factory, settings);
    }

    private static boolean nativeLoads() {
        try {
            return JniDBFactory.factory != null;
        } catch (LinkageError e) {
            LOG.warn("the native LevelDB does not load here; the slower pure-Java one is used: {}", e.toString());
            return false;
        }
    }
}
