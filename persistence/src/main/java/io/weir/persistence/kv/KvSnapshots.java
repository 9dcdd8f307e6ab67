package io.weir.persistence.kv;

import io.weir.persistence.file.FileStore;
import io.weir.persistence.objects.RemoteTier;
import io.weir.persistence.objects.StoredObject;
import io.weir.persistence.objects.Transfers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The snapshots of one bucket's KV store: taken, uploaded (only the files that the store does not have yet), and restored. One upload at
 * a time.
 */
public final class KvSnapshots {
    /** Beginning of the names of directories, in that of the bucket, which hold a snapshot until it is uploaded. */
    public static final String DIRECTORY_PREFIX = "snapshot-";

    private final RemoteTier remote;

    /**
     * @param bucket as the names of objects have it
     * @param bucketDirectory the store is the directory {@link KvStores#DIRECTORY} in it
     */
    public KvSnapshots(RemoteTier remote, FileStore files, String bucket, Path bucketDirectory) {
        this.remote = remote;
    }

    /** A snapshot that is on this disk only. {@link #close} deletes it there. */
    public interface Local extends AutoCloseable {
        long offset();

        @Override
        void close() throws IOException;
    }

    /**
     * Takes a snapshot of the store as it is: links to its immutable files, copies of the others. Blocks; only while nobody writes.
     *
     * @param offset the store's applied offset
     */
    public Local take(KvStore store, long offset, long takenMs) throws IOException {
        throw new UnsupportedOperationException("spine: kv " + remote);
    }

    /**
     * Uploads what is new of it, the descriptor last. Does not close it.
     *
     * @param known snapshots whose files may be shared
     */
    public CompletionStage<KvSnapshot> upload(Local taken, List<KvSnapshot> known) {
        throw new UnsupportedOperationException("spine: kv");
    }

    /** Deletes what snapshots that were interrupted left on this disk. */
    public void deleteLeftovers() throws IOException {
        throw new UnsupportedOperationException("spine: kv");
    }

    /**
     * Makes the bucket's store, which is not open, that of the snapshot, durably; blocks. All of it or, but for an empty or partial
     * directory that counts as none, nothing.
     *
     * @throws io.weir.persistence.objects.ObjectUnavailableException where the store does not give it now
     * @throws io.weir.codec.WeirException CORRUPT_DATA where it is damaged or gone
     */
    public void restore(KvSnapshot snapshot) throws IOException {
        throw new UnsupportedOperationException("spine: kv");
    }

    /** All objects of a snapshot, its descriptor included. */
    public static CompletionStage<List<StoredObject>> objects(Transfers transfers, KvSnapshot snapshot) {
        throw new UnsupportedOperationException("spine: kv");
    }
}
