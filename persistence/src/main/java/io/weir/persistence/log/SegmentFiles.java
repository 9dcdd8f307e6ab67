package io.weir.persistence.log;

import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** The names of a log's files, and how a whole file is replaced or read. */
final class SegmentFiles {
    static final String LOG = ".log";
    static final String INDEX = ".index";
    static final String WRITERS = ".writers";
    static final String TEMPORARY = ".tmp";

    private static final int DIGITS = 20;

    private SegmentFiles() {}

    static String name(long baseOffset, String suffix) {
        return String.format(java.util.Locale.ROOT, "%020d", baseOffset) + suffix;
    }

    /** Base offset in a name with this suffix, or -1 where the name is not of that kind. */
    static long baseOffset(String name, String suffix) {
        if (name.length() != DIGITS + suffix.length() || !name.endsWith(suffix)) {
            return -1;
        }
        long value = 0;
        for (int i = 0; i < DIGITS; i++) {
            int digit = name.charAt(i) - '0';
            if (digit < 0 || digit > 9 || value > (Long.MAX_VALUE - digit) / 10) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value;
    }

    /** True for a file that only an interrupted {@link #replace} or roll leaves behind. */
    static boolean isTemporary(String name) {
        if (!name.endsWith(TEMPORARY)) {
            return false;
        }
        String of = name.substring(0, name.length() - TEMPORARY.length());
        return baseOffset(of, LOG) >= 0 || baseOffset(of, INDEX) >= 0 || baseOffset(of, WRITERS) >= 0;
    }

    /** Writes a file whole or not at all, durably. */
    static void replace(FileStore files, Path file, ByteBuffer content) throws IOException {
        Path temporary = temporary(file);
        files.delete(temporary);
        try (StoredFile out = files.create(temporary)) {
            out.write(List.of(content), 0);
            out.sync();
        } catch (IOException e) {
            // On a full disk it would take what space is left.
            files.delete(temporary);
            throw e;
        }
        files.move(temporary, file);
        files.syncDirectory(parent(file));
    }

    static Path temporary(Path file) {
        return file.resolveSibling(file.getFileName() + TEMPORARY);
    }

    static Path parent(Path file) {
        Path parent = file.getParent();
        if (parent == null) {
            throw new IllegalArgumentException("a log file needs a directory: " + file);
        }
        return parent;
    }
}
