package io.weir.persistence.kv;

import io.weir.persistence.file.FileStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/**
 * A snapshot in a directory of its own.
 *
 * @param tables names of its files that never change
 */
record LocalSnapshot(FileStore files, Path directory, Set<String> tables, long offset, long takenMs)
        implements KvSnapshots.Local {
    @Override
    public void close() throws IOException {
        files.deleteTree(directory);
    }
}
