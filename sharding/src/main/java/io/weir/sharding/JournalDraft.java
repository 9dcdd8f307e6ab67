package io.weir.sharding;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A journal that is made beside its place, in a directory of the data directory, and moved there when it is whole. What an interrupted one
 * left is deleted by the next.
 */
final class JournalDraft {
    private static final String JOURNAL = "journal";
    private static final String SNAPSHOTS = "snapshots";

    private final Path dataDirectory;

    JournalDraft(Path dataDirectory) {
        this.dataDirectory = dataDirectory;
    }

    /** Stands for the data directory while the journal is made. */
    Path directory() {
        return dataDirectory.resolve("recover.draft");
    }

    /** True where there is a journal, perhaps one that holds nothing yet. */
    boolean hasJournal() throws IOException {
        Path journal = dataDirectory.resolve(JOURNAL);
        if (!Files.isDirectory(journal)) {
            return false;
        }
        try (Stream<Path> files = Files.list(journal)) {
            return files.findAny().isPresent();
        }
    }

    /** That there is a journal, and what to do about it. */
    String refusal() {
        return "%s is a journal, and recover makes one only where there is none; `weir start` uses it. If it is damaged for good, move it and %s away first"
                .formatted(dataDirectory.resolve(JOURNAL), dataDirectory.resolve(SNAPSHOTS));
    }

    /** Empty, whatever was there; LevelDB makes no more than its own directory. */
    void begin() throws IOException {
        delete();
        Files.createDirectories(directory());
    }

    void delete() throws IOException {
        deleteTree(directory());
    }

    /** The journal goes last: until it is there, all of this can be done again. Snapshots without their journal are of no use to anybody. */
    void moveIntoPlace() throws IOException {
        sync(directory());
        Path snapshots = dataDirectory.resolve(SNAPSHOTS);
        deleteTree(snapshots);
        if (Files.isDirectory(directory().resolve(SNAPSHOTS))) {
            Files.move(directory().resolve(SNAPSHOTS), snapshots, StandardCopyOption.ATOMIC_MOVE);
        }
        Path journal = dataDirectory.resolve(JOURNAL);
        // At most one that holds nothing.
        deleteTree(journal);
        syncOne(dataDirectory, StandardOpenOption.READ);
        Files.move(directory().resolve(JOURNAL), journal, StandardCopyOption.ATOMIC_MOVE);
        syncOne(dataDirectory, StandardOpenOption.READ);
        delete();
    }

    private static void sync(Path directory) throws IOException {
        for (Path path : tree(directory)) {
            syncOne(path, Files.isDirectory(path) ? StandardOpenOption.READ : StandardOpenOption.WRITE);
        }
    }

    private static void syncOne(Path path, StandardOpenOption how) throws IOException {
        try (FileChannel channel = FileChannel.open(path, how)) {
            channel.force(true);
        }
    }

    private static void deleteTree(Path directory) throws IOException {
        if (Files.exists(directory)) {
            for (Path path : tree(directory)) {
                Files.delete(path);
            }
        }
    }

    /** What is in a directory before the directory itself. */
    private static List<Path> tree(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            return paths.sorted(Comparator.reverseOrder()).toList();
        }
    }
}
