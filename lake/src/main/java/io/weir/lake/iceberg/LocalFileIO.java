package io.weir.lake.iceberg;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.iceberg.CatalogProperties;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.io.FileInfo;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;
import org.apache.iceberg.io.SupportsPrefixOperations;
import org.jspecify.annotations.Nullable;

/**
 * Iceberg's files in a directory, without Hadoop. Locations are {@code file:///absolute/path}, which other engines read too; a plain
 * absolute path and {@code file:/path} are taken as well. A file is durable, and so is its name, when the stream that wrote it is closed.
 * Nothing outside of the warehouse is written or deleted; reading is not limited, since metadata of a table may name files elsewhere.
 * Public with a constructor without arguments because Iceberg makes it by its name. Thread-safe once initialized.
 */
public final class LocalFileIO implements SupportsPrefixOperations {
    private static final long serialVersionUID = 1L;

    private Map<String, String> properties = Map.of();
    private @Nullable String warehouse;

    @Override
    public void initialize(Map<String, String> given) {
        properties = Map.copyOf(given);
        String root = given.get(CatalogProperties.WAREHOUSE_LOCATION);
        warehouse = root == null ? null : path(root).toString();
    }

    @Override
    public Map<String, String> properties() {
        return properties;
    }

    /** The location of a path. */
    static String location(Path path) {
        // Not Path.toUri: Iceberg and other engines join and compare locations as text, and do not undo percent signs.
        return "file://" + path.toAbsolutePath().normalize();
    }

    /** @throws IllegalArgumentException where the location is no file's */
    static Path path(String location) {
        if (location.startsWith("file:")) {
            String rest = location.substring("file:".length());
            if (rest.startsWith("//localhost/")) {
                rest = rest.substring("//localhost".length());
            }
            while (rest.startsWith("//")) {
                rest = rest.substring(1);
            }
            if (!rest.startsWith("/")) {
                throw new IllegalArgumentException("no absolute path: " + location);
            }
            return Path.of(rest).normalize();
        }
        if (location.matches("[A-Za-z][A-Za-z0-9+.-]*://.*")) {
            throw new IllegalArgumentException(
                    "no file: " + URI.create(location).getScheme() + " location");
        }
        return Path.of(location).toAbsolutePath().normalize();
    }

    @Override
    public InputFile newInputFile(String location) {
        return new LocalInputFile(location, path(location));
    }

    @Override
    public OutputFile newOutputFile(String location) {
        return new LocalOutputFile(location, inside(location));
    }

    @Override
    public void deleteFile(String location) {
        try {
            Files.delete(inside(location));
        } catch (NoSuchFileException e) {
            throw new NotFoundException(e, "No such file: %s", location);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + location, e);
        }
    }

    /** Files under a directory; none where there is no such directory. Files that vanish meanwhile are left out. */
    @Override
    public Iterable<FileInfo> listPrefix(String prefix) {
        Path root = path(prefix);
        List<FileInfo> files = new ArrayList<>();
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                if (Files.isRegularFile(path)) {
                    addInfo(files, path);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return files;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + prefix, e);
        }
        return files;
    }

    private static void addInfo(List<FileInfo> files, Path path) throws IOException {
        try {
            files.add(new FileInfo(
                    location(path),
                    Files.size(path),
                    Files.getLastModifiedTime(path).toMillis()));
        } catch (NoSuchFileException e) {
            return;
        }
    }

    @Override
    public void deletePrefix(String prefix) {
        Path root = inside(prefix);
        List<Path> found;
        try (Stream<Path> paths = Files.walk(root)) {
            found = paths.sorted(Comparator.reverseOrder()).toList();
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + prefix, e);
        }
        for (Path path : found) {
            try {
                Files.deleteIfExists(path);
            } catch (DirectoryNotEmptyException e) {
                continue; // somebody wrote into it meanwhile
            } catch (IOException e) {
                throw new UncheckedIOException("cannot delete " + path, e);
            }
        }
    }

    private Path inside(String location) {
        Path path = path(location);
        if (warehouse == null || !path.startsWith(Path.of(warehouse)) || path.equals(Path.of(warehouse))) {
            throw new IllegalArgumentException("%s is not in the warehouse %s".formatted(location, warehouse));
        }
        return path;
    }
}
