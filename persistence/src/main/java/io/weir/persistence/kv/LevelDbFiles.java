package io.weir.persistence.kv;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The files of a LevelDB directory: {@code NNNNNN.log} (what is in memory, again on the disk), {@code NNNNNN.ldb} or {@code .sst} (tables),
 * {@code MANIFEST-NNNNNN} (which tables count) and {@code CURRENT} (which manifest counts).
 */
final class LevelDbFiles {
    private static final int PASSES_MAX = 100;

    private LevelDbFiles() {}

    /**
     * Makes all that LevelDB wrote before durable, while LevelDB goes on.
     *
     * <p>What was written is in a log, or in a table. LevelDB never syncs a log of itself, not even when the write buffer is full and it
     * goes on in a new log: the old one waits, unsynced, until its rows are in a table; asking LevelDB for a synced write would sync
     * the current log only. So all logs are synced here, through channels of our own (the page cache is one for all, memory maps
     * included), older ones first. A table is synced by LevelDB before the manifest names it, and the log it came from is deleted
     * after that. A file that is gone before it could be synced is therefore one whose rows are in a newer file; the directory is
     * listed again then, until a pass finds all that it listed. The directory comes last: it makes durable the names of what was
     * synced. That a log's deletion is not durable before the name of its table is, is the file system's promise (it keeps the order of
     * changes to one directory).
     */
    static void sync(Path directory) throws IOException {
        for (int pass = 0; pass < PASSES_MAX; pass++) {
            if (syncOnce(directory)) {
                try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                    channel.force(true);
                }
                return;
            }
        }
        throw new IOException("the files of a KV store change faster than they can be synced: " + directory);
    }

    private static boolean syncOnce(Path directory) throws IOException {
        List<Path> ordered;
        try (Stream<Path> all = Files.list(directory)) {
            ordered = all.filter(LevelDbFiles::counts)
                    .sorted(Comparator.comparingInt(LevelDbFiles::rank).thenComparing(Path::getFileName))
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        for (Path file : ordered) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.force(true);
            } catch (NoSuchFileException e) {
                return false;
            }
        }
        return true;
    }

    private static boolean counts(Path file) {
        return KvStores.belongsToState(String.valueOf(file.getFileName()));
    }

    private static int rank(Path file) {
        String name = String.valueOf(file.getFileName());
        if (name.endsWith(".log")) {
            return 0;
        }
        if (name.startsWith("MANIFEST")) {
            return 2;
        }
        return name.equals("CURRENT") ? 3 : 1;
    }

    static long size(Path directory) throws IOException {
        long bytes = 0;
        try (Stream<Path> all = Files.list(directory)) {
            for (Path file : (Iterable<Path>) all::iterator) {
                bytes += sizeOf(file);
            }
        } catch (NoSuchFileException e) {
            return 0;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return bytes;
    }

    private static long sizeOf(Path file) throws IOException {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return 0;
        }
    }
}
