package io.weir.persistence.file;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The real disk, through {@link java.nio.channels.FileChannel}. Holds nothing open itself; safe for any number of threads. */
public final class DiskFileStore implements FileStore {
    /**
     * Rows stop growing while the disk still has this much: the journal on the same disk writes through memory maps, and a page that
     * the disk has no room for ends the process.
     */
    public static final long RESERVED_BYTES = 24L << 20;

    private final long reservedBytes;

    public DiskFileStore() {
        this(RESERVED_BYTES);
    }

    /** @param reservedBytes no file grows where the disk would have less than this left */
    public DiskFileStore(long reservedBytes) {
        this.reservedBytes = reservedBytes;
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        Path absolute = directory.toAbsolutePath();
        if (Files.isDirectory(absolute)) {
            return;
        }
        Path parent = absolute.getParent();
        if (parent != null) {
            createDirectories(parent);
        }
        try {
            Files.createDirectories(absolute);
        } catch (IOException e) {
            throw known(absolute, e);
        }
        if (parent != null) {
            syncDirectory(parent);
        }
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> String.valueOf(entry.getFileName()))
                    .sorted()
                    .toList();
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Override
    public StoredFile create(Path file) throws IOException {
        return open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    }

    @Override
    public StoredFile openForWrite(Path file) throws IOException {
        return open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    @Override
    public StoredFile openForRead(Path file) throws IOException {
        return open(file, StandardOpenOption.READ);
    }

    private StoredFile open(Path file, StandardOpenOption... options) throws IOException {
        try {
            return new DiskStoredFile(file, FileChannel.open(file, options), reservedBytes);
        } catch (IOException e) {
            throw known(file, e);
        }
    }

    @Override
    public void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("the file system of " + to + " cannot move files atomically; use another one", e);
        } catch (IOException e) {
            throw known(to, e);
        }
    }

    @Override
    public void delete(Path file) throws IOException {
        Files.deleteIfExists(file);
    }

    @Override
    public void deleteTree(Path directory) throws IOException {
        List<Path> deepestFirst;
        try (Stream<Path> all = Files.walk(directory)) {
            deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
        } catch (NoSuchFileException e) {
            return;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        for (Path path : deepestFirst) {
            Files.deleteIfExists(path);
        }
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            throw known(directory, e);
        }
    }

    /** Java has no exception of its own for a full disk; the message is that of the operating system. */
    static IOException known(Path file, IOException e) {
        if (e instanceof DiskFullException) {
            return e;
        }
        String reason = e instanceof FileSystemException f && f.getReason() != null ? f.getReason() : e.getMessage();
        String text = String.valueOf(reason).toLowerCase(Locale.ROOT);
        boolean full = text.contains("no space left on device") || text.contains("disk quota exceeded");
        return full ? new DiskFullException("no space left for " + file, e) : e;
    }
}
