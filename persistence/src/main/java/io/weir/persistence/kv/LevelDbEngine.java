package io.weir.persistence.kv;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.persistence.file.DiskFileStore;
import io.weir.persistence.file.DiskFullException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.iq80.leveldb.CompressionType;
import org.iq80.leveldb.DB;
import org.iq80.leveldb.DBFactory;
import org.iq80.leveldb.Options;

/** Opens stores with one of the two LevelDB implementations, each directory once. */
final class LevelDbEngine implements KvEngine {
    private final String name;
    private final DBFactory factory;
    private final LevelDbSettings settings;
    private final DiskFileStore files = new DiskFileStore();
    private final Set<Path> open = ConcurrentHashMap.newKeySet();

    LevelDbEngine(String name, DBFactory factory, LevelDbSettings settings) {
        this.name = name;
        this.factory = factory;
        this.settings = settings;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public KvStore open(Path directory) throws IOException {
        Path place = directory.toAbsolutePath().normalize();
        if (!open.add(place)) {
            throw new IOException("the KV store is open already: " + place);
        }
        try {
            files.createDirectories(place);
            DB db = factory.open(place.toFile(), options());
            return new LevelDbStore(place, db, settings, () -> open.remove(place));
        } catch (IOException | RuntimeException e) {
            open.remove(place);
            throw failure("open", place, e);
        }
    }

    /**
     * No logger: LevelDB calls it from its own threads, of which each call would be attached to the JVM, and there are only so many
     * callbacks a process. Without one it writes a small file {@code LOG} beside its tables.
     */
    private Options options() {
        return new Options()
                .createIfMissing(true)
                .compressionType(CompressionType.NONE)
                .writeBufferSize(settings.writeBufferBytes())
                .cacheSize(settings.blockCacheBytes())
                .maxOpenFiles(settings.openFilesMax());
    }

    @Override
    public void destroy(Path directory) throws IOException {
        Path place = directory.toAbsolutePath().normalize();
        if (!open.add(place)) {
            throw new IOException("the KV store is still open: " + place);
        }
        try {
            files.deleteTree(place);
            Path parent = place.getParent();
            if (parent != null && java.nio.file.Files.isDirectory(parent)) {
                files.syncDirectory(parent);
            }
        } finally {
            open.remove(place);
        }
    }

    /** LevelDB says what went wrong in words only. @throws WeirException CORRUPT_DATA where the words say so */
    static IOException failure(String what, Path directory, Exception e) {
        if (e instanceof WeirException w) {
            throw w;
        }
        if (e instanceof DiskFullException full) {
            return full;
        }
        StringBuilder words = new StringBuilder();
        Throwable cause = e;
        for (int depth = 0; cause != null && depth < 8; depth++) {
            words.append(cause).append('\n');
            cause = cause.getCause();
        }
        String text = words.toString().toLowerCase(Locale.ROOT);
        String message = "KV store: cannot %s directory=%s cause=%s".formatted(what, directory, e);
        if (text.contains("corrupt") || text.contains("checksum")) {
            throw new WeirException(
                    ErrorCode.CORRUPT_DATA,
                    message
                            + "; where the whole changelog is still there, the store can be deleted and is rebuilt from it",
                    e);
        }
        return text.contains("no space left on device")
                ? new DiskFullException(message, e)
                : new IOException(message, e);
    }
}
