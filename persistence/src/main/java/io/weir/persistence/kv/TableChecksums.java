package io.weir.persistence.kv;

import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * CRC-32C of table files, each read once. What is remembered belongs to a file as the file system knows it (all links to a file are
 * one), not to its name: a store that is made anew gives names again. Used by one thread at a time.
 */
final class TableChecksums {
    private static final int BUFFER_BYTES = 256 << 10;

    private final FileStore files;
    private final Map<Object, Integer> known = new HashMap<>();

    TableChecksums(FileStore files) {
        this.files = files;
    }

    /** Blocks while it reads the file, where that was not done before. */
    int of(Path file) throws IOException {
        Object identity = identity(file);
        Integer before = identity == null ? null : known.get(identity);
        if (before != null) {
            return before;
        }
        int crc = read(file);
        remember(file, crc);
        return crc;
    }

    void remember(Path file, int crc) throws IOException {
        Object identity = identity(file);
        if (identity != null) {
            known.put(identity, crc);
        }
    }

    /** Forgets all but these. */
    void keepOnly(List<Path> tables) throws IOException {
        Map<Object, Integer> kept = new HashMap<>();
        for (Path table : tables) {
            Object identity = identity(table);
            Integer crc = identity == null ? null : known.get(identity);
            if (crc != null) {
                kept.put(identity, crc);
            }
        }
        known.clear();
        known.putAll(kept);
    }

    /** Null where the file system does not tell. */
    private static @Nullable Object identity(Path file) throws IOException {
        if (!Files.exists(file)) {
            return null;
        }
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        Object key = attributes.fileKey();
        return key == null ? null : List.of(key, attributes.lastModifiedTime(), attributes.size());
    }

    private int read(Path path) throws IOException {
        CRC32C crc = new CRC32C();
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        try (StoredFile file = files.openForRead(path)) {
            long position = 0;
            int n = file.read(buffer, position);
            while (n > 0) {
                crc.update(buffer.flip());
                buffer.clear();
                position += n;
                n = file.read(buffer, position);
            }
        }
        return (int) crc.getValue();
    }
}
