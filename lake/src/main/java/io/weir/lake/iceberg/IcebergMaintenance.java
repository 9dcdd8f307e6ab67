package io.weir.lake.iceberg;

import io.weir.lake.LakeTableSpec;
import io.weir.lake.MaintenanceReport;
import java.time.Clock;
import java.util.function.Supplier;
import org.apache.iceberg.TableOperations;
import org.jspecify.annotations.Nullable;

/** Keeps a table's files in order: compaction, then expiry, then orphans. What fails does not hold up the others. For one run. */
final class IcebergMaintenance {
    private final TableOperations operations;
    private final LakeTableSpec spec;
    private final Clock clock;
    private @Nullable RuntimeException failure;

    /** @param operations of this caller alone */
    IcebergMaintenance(TableOperations operations, LakeTableSpec spec, Clock clock) {
        this.operations = operations;
        this.spec = spec;
        this.clock = clock;
    }

    MaintenanceReport run(long committedEpoch) {
        TableSetUp.checkIdentity(operations.refresh(), spec);
        String name = spec.database() + "." + spec.name();
        FileCompaction.Counts files =
                attempt(FileCompaction.Counts.NONE, new FileCompaction(operations, spec, clock)::run);
        int expired = attempt(
                0,
                () -> SnapshotExpiry.run(
                        operations, name, clock.millis(), spec.maintenance().snapshotRetention()));
        int orphans = attempt(
                0,
                () -> OrphanFiles.run(
                        operations,
                        committedEpoch,
                        clock.millis(),
                        spec.maintenance().orphanGrace()));
        if (failure != null) {
            throw failure;
        }
        return new MaintenanceReport(files.compacted(), files.written(), expired, orphans);
    }

    private <T> T attempt(T none, Supplier<T> step) {
        try {
            return step.get();
        } catch (RuntimeException e) {
            if (failure == null) {
                failure = e;
            } else {
                failure.addSuppressed(e);
            }
            return none;
        }
    }
}
