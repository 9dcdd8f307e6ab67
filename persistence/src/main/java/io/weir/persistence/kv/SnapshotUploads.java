package io.weir.persistence.kv;

import io.weir.persistence.file.FileStore;
import io.weir.persistence.file.StoredFile;
import io.weir.persistence.objects.ObjectName;
import io.weir.persistence.objects.RemoteNames;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.StoredObject;
import io.weir.persistence.objects.Transfers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Uploads the snapshots of one bucket, one after the other, and remembers what the last ones are made of. Whether a table is stored
 * already is asked of its name, size and checksum, never of its name alone.
 */
final class SnapshotUploads {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotUploads.class);

    private final RemoteTier remote;
    private final FileStore files;
    private final String bucket;

    // Those of the upload that runs.
    private final TableChecksums checksums;
    private final Map<ObjectName, SnapshotFiles> descriptors = new HashMap<>();

    SnapshotUploads(RemoteTier remote, FileStore files, String bucket) {
        this.remote = remote;
        this.files = files;
        this.bucket = bucket;
        this.checksums = new TableChecksums(files);
    }

    /** @param missing files that have to be sent */
    private record Plan(List<SnapshotFiles.Entry> shared, List<String> missing) {}

    CompletionStage<KvSnapshot> upload(LocalSnapshot local, List<KvSnapshot> known) {
        RemoteNames.Attempt attempt = remote.attempt();
        return readDescriptors(known)
                .thenApplyAsync(shareable -> plan(local, shareable), executor())
                .thenCompose(plan -> send(local, plan, attempt))
                .thenCompose(whole -> putDescriptor(whole, attempt));
    }

    private Executor executor() {
        return remote.transfers().executor();
    }

    /** What the known snapshots are made of; one that cannot be read any more has nothing to share. */
    private CompletionStage<List<SnapshotFiles>> readDescriptors(List<KvSnapshot> known) {
        descriptors
                .keySet()
                .retainAll(known.stream()
                        .map(snapshot -> snapshot.descriptor().name())
                        .toList());
        CompletionStage<List<SnapshotFiles>> all = CompletableFuture.completedFuture(List.of());
        for (KvSnapshot snapshot : known) {
            SnapshotFiles before = descriptors.get(snapshot.descriptor().name());
            all = before != null
                    ? all.thenApply(list -> plus(list, before))
                    : all.thenCompose(list -> SnapshotFiles.read(remote.transfers(), snapshot)
                            .handle((read, failure) -> plusRead(list, snapshot, read, failure)));
        }
        return all;
    }

    private List<SnapshotFiles> plusRead(
            List<SnapshotFiles> list, KvSnapshot snapshot, @Nullable SnapshotFiles read, @Nullable Throwable failure) {
        if (read != null) {
            descriptors.put(snapshot.descriptor().name(), read);
            return plus(list, read);
        }
        if (failure != null && SnapshotFailures.isDamage(failure)) {
            LOG.warn(
                    "nothing is shared with a KV snapshot that cannot be read: {} cause={}",
                    snapshot,
                    failure.toString());
            return list;
        }
        throw new CompletionException(failure);
    }

    private static <T> List<T> plus(List<T> list, T one) {
        List<T> longer = new ArrayList<>(list);
        longer.add(one);
        return longer;
    }

    private Plan plan(LocalSnapshot local, List<SnapshotFiles> shareable) {
        Map<String, List<StoredObject>> there = new HashMap<>();
        for (SnapshotFiles one : shareable) {
            for (SnapshotFiles.Entry file : one.files()) {
                there.computeIfAbsent(file.name(), name -> new ArrayList<>()).add(file.object());
            }
        }
        List<SnapshotFiles.Entry> shared = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        try {
            for (String name : files.list(local.directory())) {
                List<StoredObject> candidates =
                        local.tables().contains(name) ? there.getOrDefault(name, List.of()) : List.of();
                StoredObject same = same(local.directory().resolve(name), candidates);
                if (same == null) {
                    missing.add(name);
                } else {
                    shared.add(new SnapshotFiles.Entry(name, same));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Plan(shared, missing);
    }

    private @Nullable StoredObject same(Path path, List<StoredObject> candidates) throws IOException {
        if (candidates.isEmpty()) {
            return null;
        }
        long size;
        try (StoredFile file = files.openForRead(path)) {
            size = file.size();
        }
        for (StoredObject candidate : candidates) {
            if (candidate.size() == size && candidate.crc32c() == checksums.of(path)) {
                return candidate;
            }
        }
        return null;
    }

    private CompletionStage<SnapshotFiles> send(LocalSnapshot local, Plan plan, RemoteNames.Attempt attempt) {
        Queue<SnapshotFiles.Entry> sent = new ConcurrentLinkedQueue<>();
        return Lanes.run(
                        plan.missing(),
                        name -> remote.transfers()
                                .upload(
                                        RemoteNames.snapshotFile(bucket, attempt, name),
                                        () -> body(local.directory().resolve(name)))
                                .thenAccept(object -> sent.add(new SnapshotFiles.Entry(name, object))),
                        executor())
                .thenApplyAsync(
                        done -> {
                            remember(local, sent);
                            List<SnapshotFiles.Entry> all = new ArrayList<>(plan.shared());
                            all.addAll(sent);
                            return new SnapshotFiles(bucket, local.offset(), local.takenMs(), all);
                        },
                        executor());
    }

    private Transfers.Body body(Path path) throws IOException {
        StoredFile file = files.openForRead(path);
        try {
            return new FileBody(file, file.size());
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private record FileBody(StoredFile file, long size) implements Transfers.Body {
        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return file.read(target, position);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    private void remember(LocalSnapshot local, Iterable<SnapshotFiles.Entry> sent) {
        try {
            for (SnapshotFiles.Entry file : sent) {
                if (local.tables().contains(file.name())) {
                    checksums.remember(
                            local.directory().resolve(file.name()),
                            file.object().crc32c());
                }
            }
            checksums.keepOnly(
                    local.tables().stream().map(local.directory()::resolve).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private CompletionStage<KvSnapshot> putDescriptor(SnapshotFiles whole, RemoteNames.Attempt attempt) {
        byte[] bytes;
        try {
            bytes = whole.encode();
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
        return remote.transfers()
                .upload(RemoteNames.snapshot(bucket, attempt), bytes)
                .thenApply(descriptor -> {
                    descriptors.put(descriptor.name(), whole);
                    return new KvSnapshot(whole.offset(), whole.takenMs(), whole.bytes(), descriptor);
                });
    }
}
