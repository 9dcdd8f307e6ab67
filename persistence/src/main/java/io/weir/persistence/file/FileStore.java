package io.weir.persistence.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The disk as a log sees it. Implementations: {@link DiskFileStore}, and a simulated one in the tests that loses what was not
 * synced. All calls block. A full disk is a {@link DiskFullException}.
 */
public interface FileStore {
    /** Creates the directory and its parents where missing, durably. */
    void createDirectories(Path directory) throws IOException;

    /** Names of the files and directories directly in {@code directory}, sorted; empty where it does not exist. */
    List<String> list(Path directory) throws IOException;

    /** Opens for reading and writing. @throws java.nio.file.FileAlreadyExistsException where the file exists */
    StoredFile create(Path file) throws IOException;

    /** Opens an existing file for reading and writing. @throws java.nio.file.NoSuchFileException where it does not exist */
    StoredFile openForWrite(Path file) throws IOException;

    /** Opens an existing file for reading. @throws java.nio.file.NoSuchFileException where it does not exist */
    StoredFile openForRead(Path file) throws IOException;

    /** Replaces {@code to} if it exists. Durable only after {@link #syncDirectory} of the directory. */
    void move(Path from, Path to) throws IOException;

    /** Deletes a file, if it exists. */
    void delete(Path file) throws IOException;

    /** Deletes a directory with all that is in it, if it exists. */
    void deleteTree(Path directory) throws IOException;

    /** Makes creations, moves and deletions in the directory durable. */
    void syncDirectory(Path directory) throws IOException;
}
