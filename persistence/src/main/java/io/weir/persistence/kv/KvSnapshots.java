package io.weir.persistence.kv;

import io.weir.persistence.file.FileStore;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.StoredObject;
import io.weir.persistence.objects.Transfers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshots of one bucket's KV store: taken, uploaded (only the files that the store does not have yet), and restored. One upload at
 * a time.
 *
 * <p>Tables that a known snapshot has under the same name, with the same size and checksum, are shared with it. An object is therefore
 * live as long as any live snapshot's descriptor names it.
 */
public final class KvSnapshots {
    /** Beginning of the names of directories, in that of the bucket, which hold a snapshot until it is uploaded. */
    public static final String DIRECTORY_PREFIX = "snapshot-";

    /** Name of the directory, in that of the bucket, which holds what is being restored until it is whole. */
    static final String DRAFT = KvStores.DIRECTORY + ".restore";

    private static final Logger LOG = LoggerFactory.getLogger(KvSnapshots.class);

    private final RemoteTier remote;
    private final FileStore files;
    private final Path bucketDirectory;

    private final SnapshotUploads uploads;

    /**
     * @param bucket as the names of objects have it
     * @param bucketDirectory the store is the directory {@link KvStores#DIRECTORY} in it
     */
    public KvSnapshots(RemoteTier remote, FileStore files, String bucket, Path bucketDirectory) {
        this.remote = remote;
        this.files = files;
        this.bucketDirectory = bucketDirectory;
        this.uploads = new SnapshotUploads(remote, files, bucket);
    }

    /** A snapshot that is on this disk only. {@link #close} deletes it there. */
    public interface Local extends AutoCloseable {
        long offset();

        long takenMs();

        @Override
        void close() throws IOException;
    }

    /** True for names in a bucket's directory that belong to no state: snapshots on their way to the store, or from there. */
    public static boolean isTemporary(String name) {
        return name.startsWith(DIRECTORY_PREFIX) || name.equals(DRAFT);
    }

    /**
     * Takes a snapshot of the store as it is: links to its immutable files, copies of the others. Blocks, also until a compaction that
     * runs has ended; only while nobody writes. What an earlier one left is deleted first. A failure leaves nothing.
     *
     * @param offset the store's applied offset
     * @throws io.weir.persistence.file.DiskFullException where the copies have no room
     */
    public Local take(KvStore store, long offset, long takenMs) throws IOException {
        deleteLeftovers();
        Path directory = bucketDirectory.resolve(DIRECTORY_PREFIX + takenMs);
        try {
            return new LocalSnapshot(files, directory, Set.copyOf(store.copyTo(directory)), offset, takenMs);
        } catch (IOException | RuntimeException e) {
            try {
                files.deleteTree(directory);
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    /**
     * Uploads what is new of it, the descriptor last. Does not close it. What a failure leaves on the store is no snapshot's.
     *
     * @param known snapshots whose files may be shared; they have to stay until this one is live
     */
    public CompletionStage<KvSnapshot> upload(Local taken, List<KvSnapshot> known) {
        return uploads.upload((LocalSnapshot) taken, known);
    }

    /** Deletes what snapshots that were interrupted left on this disk. */
    public void deleteLeftovers() throws IOException {
        for (String name : files.list(bucketDirectory)) {
            if (isTemporary(name)) {
                LOG.info("left from an interrupted snapshot, deleted: {}/{}", bucketDirectory, name);
                files.deleteTree(bucketDirectory.resolve(name));
            }
        }
    }

    /** Takes away what stands in the place of a store that is whole and about to be moved there. */
    @FunctionalInterface
    public interface BeforeMove {
        void run() throws IOException;
    }

    /**
     * Makes the bucket's store, which is not open, that of the snapshot, durably: downloads all files beside it, checks them, and moves them
     * there at once. A failure before {@code clear} has run leaves the store as it was, a later one leaves the snapshot or none.
     * Blocks; not to be called on the executor of the transfers.
     *
     * @param clear runs once the snapshot is here and whole; has to leave no store
     * @throws io.weir.persistence.objects.ObjectUnavailableException where the store does not give it now
     * @throws io.weir.codec.WeirException CORRUPT_DATA where it is damaged or gone
     */
    public void restore(KvSnapshot snapshot, BeforeMove clear) throws IOException {
        Path draft = bucketDirectory.resolve(DRAFT);
        Path place = bucketDirectory.resolve(KvStores.DIRECTORY);
        files.deleteTree(draft);
        files.createDirectories(draft);
        try {
            SnapshotFiles descriptor =
                    SnapshotFailures.await(SnapshotFiles.read(remote.transfers(), snapshot), snapshot);
            SnapshotFailures.await(download(descriptor, draft), snapshot);
            files.syncDirectory(draft);
            clear.run();
            files.deleteTree(place);
            files.move(draft, place);
            files.syncDirectory(bucketDirectory);
        } catch (IOException | RuntimeException e) {
            try {
                files.deleteTree(draft);
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
        LOG.info("KV state restored directory={} offset={} bytes={}", place, snapshot.offset(), snapshot.bytes());
    }

    private CompletionStage<Void> download(SnapshotFiles descriptor, Path draft) {
        Transfers transfers = remote.transfers();
        return Lanes.run(
                descriptor.files(),
                file -> transfers.download(file.object(), files, draft.resolve(file.name())),
                transfers.executor());
    }

    /** All objects of a snapshot, its descriptor included; fails with CORRUPT_DATA where that is damaged. */
    public static CompletionStage<List<StoredObject>> objects(Transfers transfers, KvSnapshot snapshot) {
        return SnapshotFiles.read(transfers, snapshot).thenApply(descriptor -> {
            List<StoredObject> all = new ArrayList<>();
            descriptor.files().forEach(file -> all.add(file.object()));
            all.add(snapshot.descriptor());
            return List.copyOf(all);
        });
    }
}
