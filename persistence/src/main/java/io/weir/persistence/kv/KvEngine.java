package io.weir.persistence.kv;

import java.io.IOException;
import java.nio.file.Path;

/** Opens key-value stores: LevelDB through JNI, the pure-Java LevelDB where that does not load, or a simulated one in tests. */
public interface KvEngine {
    /** For the log and for people: which one it is. */
    String name();

    /** Opens the store of a directory, which is created where it is missing. One open store a directory. */
    KvStore open(Path directory) throws IOException;

    /** Deletes the store of a directory that is not open. */
    void destroy(Path directory) throws IOException;
}
