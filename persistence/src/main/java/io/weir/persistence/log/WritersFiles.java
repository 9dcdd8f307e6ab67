package io.weir.persistence.log;

import io.weir.persistence.file.FileStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The {@code .writers} files of a log: the newest, which a start needs, and those that uploads will need. The appender's own. */
final class WritersFiles {
    private static final Logger LOG = LoggerFactory.getLogger(WritersFiles.class);

    private final FileStore files;
    private final Path directory;
    private final TreeSet<Long> bases;
    private long newest;

    /** @param newest base offset of the newest right one, -1 where there is none */
    WritersFiles(FileStore files, Path directory, Collection<Long> bases, long newest) {
        this.files = files;
        this.directory = directory;
        this.bases = new TreeSet<>(bases);
        this.newest = newest;
    }

    /** Segments from here on are read at a start. */
    long newest() {
        return newest;
    }

    static Path path(Path directory, long baseOffset) {
        return directory.resolve(SegmentFiles.name(baseOffset, SegmentFiles.WRITERS));
    }

    /** Durably. */
    void write(WritersFile file) throws IOException {
        bases.add(file.baseOffset());
        SegmentFiles.replace(files, path(directory, file.baseOffset()), file.encode());
    }

    /** The segment of the file that was written is there: a start will use it. */
    void settle(long baseOffset) {
        newest = baseOffset;
    }

    /** Deletes all but the newest and those of segments that begin past the offset; what fails is tried again the next time. */
    void deleteUpTo(long offset) {
        for (long base : List.copyOf(bases.headSet(offset, true))) {
            if (base != newest) {
                try {
                    files.delete(path(directory, base));
                    bases.remove(base);
                } catch (IOException e) {
                    LOG.warn("not deleted directory={} writers={} cause={}", directory, base, e.toString());
                }
            }
        }
    }
}
