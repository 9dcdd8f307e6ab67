package io.weir.persistence.objects;

import io.weir.persistence.file.DiskFileStore;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.stream.SystemMaterializer;

/** Opens the object store that a setting names. */
public final class ObjectStores {
    /**
     * A directory store's own threads: it must not share those of who waits for it ({@link ObjectFiles} blocks its readers), or all of
     * them could be waiting.
     */
    private static final int THREADS = 8;

    private static final int PREFIX_BYTES_MAX = 400;
    private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*):.*");
    private static final Pattern S3 = Pattern.compile("s3://([^/]*)(?:/(.*))?");
    private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");

    private ObjectStores() {}

    /** A store, and what has to be closed with it. */
    public static final class Opened implements AutoCloseable {
        private final ObjectStore store;
        private final AutoCloseable resources;

        private Opened(ObjectStore store, AutoCloseable resources) {
            this.store = store;
            this.resources = resources;
        }

        public ObjectStore store() {
            return store;
        }

        /** What is under way in a directory store fails. */
        @Override
        public void close() throws IOException {
            try {
                resources.close();
            } catch (IOException | RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException(e);
            }
        }
    }

    /**
     * Opens a store; blocks for a directory, while an S3 store is not asked.
     *
     * @param url {@code file:///directory}, a path, {@code s3://bucket} or {@code s3://bucket/prefix}
     * @param environment {@code System.getenv()}; S3 takes its AWS_* from there, see {@link S3StoreSettings#fromEnvironment}
     * @param random for names of unfinished files, ids of puts and jitter; nobody else may use it
     * @throws IllegalArgumentException where the URL or the environment is wrong; the message says what to write
     * @throws IOException where the directory cannot be used
     */
    public static Opened open(
            String url, Map<String, String> environment, ClassicActorSystemProvider system, RandomGenerator random)
            throws IOException {
        String text = url.strip();
        Matcher s3 = S3.matcher(text);
        if (s3.matches()) {
            String prefix = s3.group(2) == null ? "" : s3.group(2);
            return openS3(text, s3.group(1), prefix, environment, system, random);
        }
        return openDirectory(directory(text), system, random);
    }

    private static Opened openS3(
            String url,
            String bucket,
            String path,
            Map<String, String> environment,
            ClassicActorSystemProvider system,
            RandomGenerator random) {
        if (!BUCKET.matcher(bucket).matches()) {
            throw wrong(url, "'%s' is no name of a bucket".formatted(bucket));
        }
        String prefix = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        if (prefix.length() > PREFIX_BYTES_MAX) {
            throw wrong(url, "the prefix has more than %d characters".formatted(PREFIX_BYTES_MAX));
        }
        ObjectStore store = new S3ObjectStore(S3StoreSettings.fromEnvironment(bucket, environment), system, random);
        try {
            ObjectStore part = prefix.isEmpty() ? store : new PrefixedObjectStore(store, new ObjectName(prefix));
            return new Opened(part, () -> {});
        } catch (IllegalArgumentException e) {
            throw wrong(url, "the prefix cannot be one: " + e.getMessage());
        }
    }

    private static Path directory(String url) {
        Matcher scheme = SCHEME.matcher(url);
        if (url.isEmpty()) {
            throw wrong(url, "it is empty");
        }
        if (scheme.matches() && !scheme.group(1).equals("file")) {
            throw wrong(url, "'%s:' is not known here".formatted(scheme.group(1)));
        }
        if (scheme.matches() && !url.startsWith("file:///")) {
            throw wrong(url, "a directory has three slashes after 'file:', and no host");
        }
        try {
            return scheme.matches() ? Path.of(URI.create(url)) : Path.of(url);
        } catch (IllegalArgumentException e) {
            throw wrong(url, String.valueOf(e.getMessage()));
        }
    }

    private static IllegalArgumentException wrong(String url, String why) {
        return new IllegalArgumentException(
                "object store '%s': %s; write file:///directory, a path, s3://bucket or s3://bucket/prefix"
                        .formatted(url, why));
    }

    private static Opened openDirectory(Path directory, ClassicActorSystemProvider system, RandomGenerator random)
            throws IOException {
        ExecutorService threads = threads();
        try {
            DirectoryObjectStore store = DirectoryObjectStore.open(
                    directory,
                    new DiskFileStore(),
                    threads,
                    SystemMaterializer.get(system).materializer(),
                    random);
            return new Opened(store, () -> {
                try {
                    store.close();
                } finally {
                    threads.shutdown();
                }
            });
        } catch (IOException | RuntimeException e) {
            threads.shutdown();
            throw e;
        }
    }

    private static ExecutorService threads() {
        AtomicInteger number = new AtomicInteger();
        return Executors.newFixedThreadPool(THREADS, task -> {
            Thread thread = new Thread(task, "weir-objects-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }
}
