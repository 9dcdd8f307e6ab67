package io.weir.persistence.objects;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One page of a directory store: walks the tree in the order of names and leaves out subtrees that hold nothing of the page. Holds the
 * entries of one directory a level.
 */
final class DirectoryListing {
    private final Path root;
    private final String prefix;
    private final String after;
    private final int pageSize;
    private final List<ObjectInfo> found = new ArrayList<>();
    private boolean more;

    DirectoryListing(Path root, String prefix, String after, int pageSize) {
        this.root = root;
        this.prefix = prefix;
        this.after = after;
        this.pageSize = pageSize;
    }

    ObjectPage page() throws IOException {
        walk(root, "");
        Optional<String> next =
                more ? Optional.of(found.get(found.size() - 1).name().value()) : Optional.empty();
        return new ObjectPage(found, next);
    }

    /** @param at name of the directory with the slash at its end; empty for the root */
    private void walk(Path directory, String at) throws IOException {
        // A directory's names go on with a slash, which counts in the order: a-b comes before a/b.
        List<String> entries = new ArrayList<>();
        try (Stream<Path> children = Files.list(directory)) {
            children.forEach(child -> {
                String name = String.valueOf(child.getFileName());
                if (!name.startsWith(".")) {
                    entries.add(Files.isDirectory(child) ? name + "/" : name);
                }
            });
        } catch (NoSuchFileException e) {
            return;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        entries.sort(ObjectName::compare);
        for (String entry : entries) {
            if (more) {
                return;
            }
            visit(directory, at + entry, entry);
        }
    }

    private void visit(Path directory, String name, String entry) throws IOException {
        if (entry.endsWith("/")) {
            boolean inPrefix = name.startsWith(prefix) || prefix.startsWith(name);
            boolean behind = ObjectName.compare(name, after) < 0 && !after.startsWith(name);
            if (inPrefix && !behind) {
                walk(directory.resolve(entry.substring(0, entry.length() - 1)), name);
            }
        } else if (name.startsWith(prefix) && ObjectName.compare(name, after) > 0) {
            if (found.size() == pageSize) {
                more = true;
                return;
            }
            try {
                found.add(new ObjectInfo(new ObjectName(name), Files.size(directory.resolve(entry)), null));
            } catch (NoSuchFileException e) {
                // Deleted meanwhile.
                return;
            }
        }
    }
}
