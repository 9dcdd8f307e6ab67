package io.weir.persistence.objects;

import io.weir.persistence.file.DiskFullException;
import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Objects as files under a directory, one file an object, at the object's name. A put writes and fsyncs a file of its own (see
 * {@link PutFiles}), then gives it its name by an atomic rename, or by a hard link where nothing may be replaced (a link never
 * replaces), and fsyncs the directory before it answers. Several stores, of several processes too, may use one directory.
 *
 * <p>All file work runs on the given executor. Memory: {@value #CHUNK_BYTES} bytes a running put or get, beside what the stream
 * stages hold. Empty directories stay behind deleted objects, and are never listed. A full disk is retryable.
 */
public final class DirectoryObjectStore implements ObjectStore, AutoCloseable {
    static final int CHUNK_BYTES = 256 << 10;

    private final Path root;
    private final FileStore files;
    private final PutFiles putFiles;
    private final Executor executor;
    private final Materializer materializer;

    private DirectoryObjectStore(
            Path root, FileStore files, PutFiles putFiles, Executor executor, Materializer materializer) {
        this.root = root;
        this.files = files;
        this.putFiles = putFiles;
        this.executor = executor;
        this.materializer = materializer;
    }

    /**
     * Opens a store; blocks. Creates the directory where it is missing, and removes what puts of dead processes left behind.
     *
     * @param executor for blocking file work; its threads bound how many files are worked on at once
     * @param random for names of unfinished files
     */
    public static DirectoryObjectStore open(
            Path root, FileStore files, Executor executor, Materializer materializer, RandomGenerator random)
            throws IOException {
        Path absolute = root.toAbsolutePath().normalize();
        return new DirectoryObjectStore(
                absolute, files, PutFiles.open(absolute, files, random), executor, materializer);
    }

    /** Puts that still run fail. */
    @Override
    public void close() throws IOException {
        putFiles.close();
    }

    @Override
    public CompletionStage<StoredObject> put(ObjectName name, Source<ByteString, ?> body) {
        return on(putFiles::create).thenCompose(file -> {
            ByteCount count = new ByteCount();
            long[] position = new long[1];
            return body.map(count::add)
                    .via(new Rechunk(CHUNK_BYTES))
                    .mapAsync(1, chunk -> on(() -> position[0] = write(file, chunk, position[0])))
                    .runWith(Sink.ignore(), materializer)
                    .thenCompose(done -> on(() -> {
                        file.finish();
                        Path target = prepare(name);
                        files.move(file.path(), target);
                        files.syncDirectory(parent(target));
                        return count.stored(name);
                    }))
                    .whenCompleteAsync((stored, failure) -> file.discard(), executor);
        });
    }

    @Override
    public CompletionStage<PutIfAbsent> putIfAbsent(ObjectName name, ByteString bytes) {
        Conditions.checkConditional(name, bytes);
        return on(() -> {
            try (PutFiles.PutFile file = putFiles.create()) {
                write(file, bytes, 0);
                file.finish();
                Path target = prepare(name);
                try {
                    Files.createLink(target, file.path());
                } catch (FileAlreadyExistsException e) {
                    // The other's link may not be on the disk yet, and "exists" has to stay true.
                    files.syncDirectory(parent(target));
                    return new PutIfAbsent.Exists();
                }
                return synced(target);
            }
        });
    }

    /** The link is made; whether it lasts is not known where the directory cannot be synced. */
    private PutIfAbsent synced(Path target) {
        try {
            files.syncDirectory(parent(target));
            return new PutIfAbsent.Created();
        } catch (IOException e) {
            return new PutIfAbsent.Unknown(
                    new ObjectStoreException.Retryable("could not sync the directory of " + target, true, e));
        }
    }

    private static long write(PutFiles.PutFile file, ByteString chunk, long position) throws IOException {
        List<ByteBuffer> buffers = new ArrayList<>();
        chunk.getByteBuffers().forEach(buffers::add);
        file.file().write(buffers, position);
        return position + chunk.size();
    }

    private Path prepare(ObjectName name) throws IOException {
        Path target = root.resolve(name.value());
        try {
            files.createDirectories(parent(target));
        } catch (FileAlreadyExistsException e) {
            throw new ObjectStoreException.Refused("a part of the name %s is an object itself".formatted(name), e);
        }
        if (Files.isDirectory(target)) {
            throw new ObjectStoreException.Refused("other objects' names go on from " + name, null);
        }
        return target;
    }

    private static Path parent(Path file) {
        Path parent = file.getParent();
        if (parent == null) {
            throw new IllegalStateException("no parent: " + file);
        }
        return parent;
    }

    @Override
    public Source<ByteString, NotUsed> get(ObjectName name) {
        return read(name, 0, -1);
    }

    @Override
    public Source<ByteString, NotUsed> get(ObjectName name, long position, long length) {
        Conditions.checkRange(name, position, length);
        return read(name, position, length);
    }

    /** @param length of what is read; -1 for all there is */
    private Source<ByteString, NotUsed> read(ObjectName name, long position, long length) {
        return Source.unfoldResourceAsync(
                        () -> on(() -> new Reading(open(name, position, length), position, length)),
                        (Reading reading) -> on(() -> Optional.ofNullable(reading.next(name))),
                        reading -> on(() -> {
                            reading.file.close();
                            return org.apache.pekko.Done.done();
                        }))
                .mapError(CompletionException.class, e -> e.getCause() == null ? e : e.getCause());
    }

    private StoredFile open(ObjectName name, long position, long length) throws IOException {
        Path path = root.resolve(name.value());
        if (!Files.isRegularFile(path)) {
            throw new ObjectStoreException.NotFound(name);
        }
        StoredFile file = files.openForRead(path);
        long size = file.size();
        if (length >= 0 && length > size - position) {
            file.close();
            throw Conditions.pastEnd(name, position, length);
        }
        return file;
    }

    @Override
    public CompletionStage<Optional<ObjectInfo>> head(ObjectName name) {
        return on(() -> {
            Path path = root.resolve(name.value());
            return Files.isRegularFile(path)
                    ? Optional.of(new ObjectInfo(name, Files.size(path), null))
                    : Optional.empty();
        });
    }

    @Override
    public CompletionStage<ObjectPage> list(String prefix, Optional<String> after, int pageSize) {
        Conditions.checkPage(pageSize);
        return on(() -> new DirectoryListing(root, prefix, after.orElse(""), pageSize).page());
    }

    @Override
    public CompletionStage<Void> delete(Collection<ObjectName> names) {
        List<ObjectName> all = List.copyOf(names);
        return on(() -> {
            Set<Path> directories = new LinkedHashSet<>();
            for (ObjectName name : all) {
                Path path = root.resolve(name.value());
                if (Files.isRegularFile(path)) {
                    files.delete(path);
                    directories.add(parent(path));
                }
            }
            for (Path directory : directories) {
                files.syncDirectory(directory);
            }
            return Conditions.NOTHING;
        });
    }

    private <T> CompletionStage<T> on(Callable<T> work) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return work.call();
                    } catch (ObjectStoreException | Error e) {
                        throw e;
                    } catch (NoSuchFileException e) {
                        throw new ObjectStoreException.Retryable("gone while it was used: " + e.getFile(), true, e);
                    } catch (DiskFullException e) {
                        throw new ObjectStoreException.Retryable("no room in " + root, true, e);
                    } catch (Exception e) {
                        throw new ObjectStoreException.Retryable("%s: %s".formatted(root, e.getMessage()), true, e);
                    }
                },
                executor);
    }

    /** A get that is under way; one call at a time. */
    private static final class Reading {
        private final StoredFile file;
        private long position;
        /** Bytes still to come; -1 for all there are. */
        private long left;

        Reading(StoredFile file, long position, long length) {
            this.file = file;
            this.position = position;
            this.left = length;
        }

        @Nullable
        ByteString next(ObjectName name) throws IOException {
            int wanted = left < 0 ? CHUNK_BYTES : (int) Math.min(left, CHUNK_BYTES);
            if (wanted == 0) {
                return null;
            }
            byte[] bytes = new byte[wanted];
            int n = file.read(ByteBuffer.wrap(bytes), position);
            if (n < wanted && left >= 0) {
                throw Conditions.pastEnd(name, position, left);
            }
            if (n == 0) {
                return null;
            }
            position += n;
            left = left < 0 ? left : left - n;
            return ByteString.fromArrayUnsafe(bytes, 0, n);
        }
    }
}
