package io.weir.lake.iceberg;

import org.apache.iceberg.Snapshot;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.encryption.EncryptionManager;
import org.apache.iceberg.exceptions.BadRequestException;
import org.apache.iceberg.exceptions.CleanableFailure;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.exceptions.ForbiddenException;
import org.apache.iceberg.exceptions.NotAuthorizedException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;
import org.jspecify.annotations.Nullable;

/**
 * A table held at one version of its metadata: what an update builds on is what was checked before it, and if another commit comes
 * between, the update fails instead of being built again on what nobody checked. Not thread-safe; for one commit.
 */
final class PinnedOperations implements TableOperations {
    /** Certainly not committed: whoever made files for it may delete them. Not a failure that Iceberg repeats by itself. */
    static final class Lost extends RuntimeException implements CleanableFailure {
        private static final long serialVersionUID = 1L;

        Lost(CommitFailedException cause) {
            super(cause.getMessage(), cause);
        }
    }

    private final TableOperations operations;
    private final TableMetadata pinned;
    private @Nullable TableMetadata committed;

    /** @param pinned what {@code operations} returned when it was last refreshed */
    PinnedOperations(TableOperations operations, TableMetadata pinned) {
        this.operations = operations;
        this.pinned = pinned;
    }

    /** What was committed; null for nothing. */
    @Nullable
    TableMetadata committed() {
        return committed;
    }

    @Override
    public TableMetadata current() {
        return committed == null ? pinned : committed;
    }

    /** After the commit, Iceberg looks by this which of its files are in use. */
    @Override
    public TableMetadata refresh() {
        return current();
    }

    @Override
    public void commit(TableMetadata base, TableMetadata metadata) {
        if (base != pinned || committed != null) {
            throw new IllegalStateException("one commit only, of what was built on the pinned metadata");
        }
        try {
            operations.commit(base, metadata);
        } catch (CommitFailedException e) {
            if (!isThere(metadata, e)) {
                throw new Lost(e);
            }
        } catch (NotAuthorizedException | ForbiddenException | BadRequestException e) {
            // All of them failures that Iceberg removes its files after.
            if (!isThere(metadata, e)) {
                throw e;
            }
        } catch (CommitStateUnknownException e) {
            throw e;
        } catch (RuntimeException e) {
            // Whatever the catalog's client throws, the request may have been carried out; Iceberg would delete files
            // after some of it.
            throw new CommitStateUnknownException(e);
        }
        committed = metadata;
    }

    /**
     * A client that repeats a request by itself is refused by its own first attempt: so a refusal counts only when the snapshot is not
     * there.
     */
    private boolean isThere(TableMetadata metadata, RuntimeException refusal) {
        TableMetadata fresh;
        try {
            fresh = operations.refresh();
        } catch (RuntimeException e) {
            refusal.addSuppressed(e);
            throw new CommitStateUnknownException(refusal);
        }
        Snapshot made = metadata.currentSnapshot();
        return made != null && !made.equals(pinned.currentSnapshot()) && fresh.snapshot(made.snapshotId()) != null;
    }

    @Override
    public FileIO io() {
        return operations.io();
    }

    @Override
    public EncryptionManager encryption() {
        return operations.encryption();
    }

    @Override
    public String metadataFileLocation(String fileName) {
        return operations.metadataFileLocation(fileName);
    }

    @Override
    public LocationProvider locationProvider() {
        return operations.locationProvider();
    }

    @Override
    public TableOperations temp(TableMetadata uncommitted) {
        return operations.temp(uncommitted);
    }

    @Override
    public long newSnapshotId() {
        return operations.newSnapshotId();
    }
}
