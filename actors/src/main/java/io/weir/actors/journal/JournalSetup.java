package io.weir.actors.journal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.Map;
import org.fusesource.leveldbjni.JniDBFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where the journal and the snapshots lie on this node, and which LevelDB reads and writes them. */
public final class JournalSetup {
    /** Configuration paths of the two plugins. */
    public static final String LEVELDB = "pekko.persistence.journal.leveldb";

    public static final String LOCAL_SNAPSHOTS = "pekko.persistence.snapshot-store.local";

    private static final Logger LOG = LoggerFactory.getLogger(JournalSetup.class);

    private JournalSetup() {}

    /** Settings of the LevelDB journal and the local snapshot store below {@code dataDirectory}. */
    public static Config config(Path dataDirectory) {
        boolean nativeLibrary = nativeLevelDbLoads();
        LOG.info("journal: LevelDB {} in {}", nativeLibrary ? "JNI" : "pure Java", dataDirectory.resolve("journal"));
        return config(dataDirectory, nativeLibrary);
    }

    static Config config(Path dataDirectory, boolean nativeLibrary) {
        return ConfigFactory.parseMap(Map.of(
                "pekko.persistence.journal.plugin",
                LEVELDB,
                "pekko.persistence.snapshot-store.plugin",
                LOCAL_SNAPSHOTS,
                // An event is acknowledged when it is on the disk, and what is read back is checked.
                LEVELDB + ".fsync",
                true,
                LEVELDB + ".checksum",
                true,
                LEVELDB + ".dir",
                dataDirectory.resolve("journal").toString(),
                LEVELDB + ".native",
                nativeLibrary,
                // Not synced, and events are never deleted: a snapshot that cannot be read is not missed.
                LOCAL_SNAPSHOTS + ".snapshot-is-optional",
                true,
                LOCAL_SNAPSHOTS + ".dir",
                dataDirectory.resolve("snapshots").toString()));
    }

    /** True where leveldbjni has a library for this platform and may load it. */
    static boolean nativeLevelDbLoads() {
        try {
            return JniDBFactory.factory != null;
        } catch (LinkageError e) {
            LOG.warn("the native LevelDB does not load here; the slower pure-Java one is used: {}", e.toString());
            return false;
        }
    }
}
