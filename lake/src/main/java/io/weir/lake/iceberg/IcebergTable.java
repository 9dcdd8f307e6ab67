package io.weir.lake.iceberg;

import io.weir.codec.ErrorCode;
import io.weir.codec.WeirException;
import io.weir.lake.LakeRound;
import io.weir.lake.LakeState;
import io.weir.lake.LakeTable;
import io.weir.lake.LakeTableSpec;
import io.weir.lake.MaintenanceReport;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Function;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.HasTableOperations;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;

/** One table. Not thread-safe. */
final class IcebergTable implements LakeTable {
    private final TableOperations operations;
    private final LakeTableSpec spec;
    private final String name;
    private final Clock clock;

    /** @param operations of this table object alone */
    IcebergTable(TableOperations operations, LakeTableSpec spec, Clock clock) {
        this.operations = operations;
        this.spec = spec;
        this.name = spec.database() + "." + spec.name();
        this.clock = clock;
    }

    @Override
    public LakeState state() {
        return Failures.guard("reading the state of %s in the lake".formatted(name), () -> {
            TableMetadata metadata = operations.refresh();
            TableSetUp.checkIdentity(metadata, spec);
            return RoundMetadata.state(metadata);
        });
    }

    @Override
    public LakeState claim(long epoch) {
        String what = "claiming epoch %d of %s in the lake".formatted(epoch, name);
        PinnedCommit.Result result = Failures.guard(
                what,
                () -> PinnedCommit.run(
                        operations, name, ofThisTable(spec, state -> notAbove(state, epoch)), (table, commitId) -> {
                            // A snapshot without files, since catalogs compare and set snapshots but not all of them
                            // properties.
                            LakeState state = RoundMetadata.state(((org.apache.iceberg.BaseTable) table)
                                    .operations()
                                    .current());
                            AppendFiles append = table.newFastAppend();
                            RoundMetadata.write(append, spec.tableId(), epoch, state.offsets(), commitId);
                            append.commit();
                        }));
        if (result instanceof PinnedCommit.Done done) {
            return RoundMetadata.state(done.metadata());
        }
        if (result instanceof PinnedCommit.Refused refused) {
            throw new WeirException(ErrorCode.LAKE_CONFLICT, what + ": " + refused.why());
        }
        throw new WeirException(
                ErrorCode.LAKE_UNAVAILABLE,
                "%s: it may have been done or not: %s".formatted(what, ((PinnedCommit.Unknown) result).why()));
    }

    /** What a table that {@link PinnedCommit} hands out is pinned to. */
    static TableMetadata metadata(Table pinned) {
        return ((HasTableOperations) pinned).operations().current();
    }

    private static Optional<String> notAbove(LakeState state, long epoch) {
        return state.epoch() < epoch
                ? Optional.empty()
                : Optional.of("the lake is at epoch %d already".formatted(state.epoch()));
    }

    /** A refusal that looks at the state, and before that, whether it still is this table. */
    static Function<TableMetadata, Optional<String>> ofThisTable(
            LakeTableSpec spec, Function<LakeState, Optional<String>> refusal) {
        return metadata -> TableSetUp.isSame(metadata, spec)
                ? refusal.apply(RoundMetadata.state(metadata))
                : Optional.of("the table in the lake is another one now");
    }

    @Override
    public LakeRound begin(LakeState base, long epoch) {
        return Failures.guard("beginning a round of %s in the lake".formatted(name), () -> {
            TableMetadata metadata = operations.refresh();
            return new IcebergRound(operations, metadata, spec, base, epoch);
        });
    }

    @Override
    public MaintenanceReport maintain(long committedEpoch) {
        return Failures.guard(
                "maintaining %s in the lake".formatted(name),
                () -> new IcebergMaintenance(operations, spec, clock).run(committedEpoch));
    }
}
