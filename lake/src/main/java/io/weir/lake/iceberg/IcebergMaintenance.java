package io.weir.lake.iceberg;

import io.weir.lake.LakeTableSpec;
import io.weir.lake.MaintenanceReport;
import java.time.Clock;
import org.apache.iceberg.TableOperations;

/** Keeps a table's files in order. */
final class IcebergMaintenance {
    private final TableOperations operations;
    private final LakeTableSpec spec;
    private final Clock clock;

    IcebergMaintenance(TableOperations operations, LakeTableSpec spec, Clock clock) {
        this.operations = operations;
        this.spec = spec;
        this.clock = clock;
    }

    MaintenanceReport run(long committedEpoch) {
        throw new UnsupportedOperationException(spec + " " + clock + operations + committedEpoch);
    }
}
