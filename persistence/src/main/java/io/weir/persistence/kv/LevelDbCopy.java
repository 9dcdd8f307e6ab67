package io.weir.persistence.kv;

import io.weir.persistence.file.DiskFullException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Copies the files of a LevelDB that nobody writes to and that compacts nothing meanwhile. Tables never change, so they are linked, or
 * copied where the file system has no links; logs and the manifest are appended to, and {@code CURRENT} is replaced, so they are copied. What
 * LevelDB wrote through its memory maps is in the page cache that the copy reads; the zeros behind it are what it skips after a crash, too.
 */
final class LevelDbCopy {
    /** Refuses where the disk has no room for so many more bytes. */
    @FunctionalInterface
    interface Room {
        void ensure(long bytes) throws DiskFullException;
    }

    /** Gives a file another name, {@link Files#createLink}. */
    @FunctionalInterface
    interface Linking {
        void link(Path link, Path existing) throws IOException;
    }

    private final Path from;
    private final Path to;
    private final Room room;
    private final Linking links;
    private final List<String> tables = new ArrayList<>();
    private boolean linking = true;

    LevelDbCopy(Path from, Path to, Room room, Linking links) {
        this.from = from;
        this.to = to;
        this.room = room;
        this.links = links;
    }

    /** Creates the directory. @return names of the tables */
    List<String> run() throws IOException {
        List<Path> all;
        try (Stream<Path> listed = Files.list(from)) {
            all = listed.sorted().toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        Files.createDirectory(to);
        for (Path file : all) {
            String name = String.valueOf(file.getFileName());
            if (isTable(name)) {
                link(file, to.resolve(name));
                tables.add(name);
            } else if (name.endsWith(".log") || name.startsWith("MANIFEST-") || name.equals("CURRENT")) {
                copy(file, to.resolve(name));
            }
        }
        return List.copyOf(tables);
    }

    private static boolean isTable(String name) {
        return name.endsWith(".ldb") || name.endsWith(".sst");
    }

    private void link(Path file, Path target) throws IOException {
        if (linking) {
            try {
                links.link(target, file);
                return;
            } catch (NoSuchFileException e) {
                throw e;
            } catch (IOException | UnsupportedOperationException e) {
                // No links here, or no more of this file; a disk that is full says so again.
                linking = false;
            }
        }
        copy(file, target);
    }

    private void copy(Path file, Path target) throws IOException {
        room.ensure(Files.size(file));
        Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES);
    }
}
