package io.weir.lake.iceberg;

import io.weir.lake.LakeRound;
import io.weir.lake.LakeRows;
import io.weir.lake.LakeState;
import io.weir.lake.LakeTableSpec;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.AppendFiles;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.PartitionKey;
import org.apache.iceberg.RowDelta;
import org.apache.iceberg.SnapshotUpdate;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.jspecify.annotations.Nullable;

/**
 * One round: log tables append files, primary-key tables append files and equality deletes in one row delta. Deletes of a snapshot apply to
 * the snapshots before it only, so a key may be in both.
 */
final class IcebergRound implements LakeRound {
    private enum Stage {
        /** Nothing was sent; the files are of no use to anybody else. */
        WRITING,
        /** As before, but what was written is not whole. */
        FAILED,
        REFUSED,
        COMMITTED,
        /** Perhaps the lake has the files, or will. */
        UNKNOWN
    }

    private final TableOperations operations;
    private final LakeTableSpec spec;
    private final LakeState base;
    private final long epoch;
    private final String name;
    private final RowCursor cursor;
    private final RoundFiles files;
    private final @Nullable PartitionKey partition;
    private @Nullable PartitionKey former;
    private long rows;
    private Stage stage = Stage.WRITING;

    /** @param metadata that {@code operations} were refreshed to */
    IcebergRound(TableOperations operations, TableMetadata metadata, LakeTableSpec spec, LakeState base, long epoch) {
        this.operations = operations;
        this.spec = spec;
        this.base = base;
        this.epoch = epoch;
        this.name = spec.database() + "." + spec.name();
        Table table = new BaseTable(new PinnedOperations(operations, metadata), name);
        this.cursor = new RowCursor(table.schema(), ColumnMapping.of(metadata));
        this.partition = table.spec().isPartitioned() ? new PartitionKey(table.spec(), table.schema()) : null;
        this.files = new RoundFiles(
                table,
                FileNames.ofRound(epoch),
                spec.maintenance().targetFileBytes(),
                expectedFiles(table),
                RoundFiles.OPEN_MAX,
                RoundFiles.MEMORY_BYTES);
    }

    private int expectedFiles(Table table) {
        int partitions = table.spec().isPartitioned() ? spec.buckets() : 1;
        int kinds = spec.hasPrimaryKey() ? 2 : 1;
        int days = spec.partitionBy().isEmpty() ? 1 : 4;
        return Math.toIntExact(Math.min((long) partitions * kinds * days, RoundFiles.OPEN_MAX));
    }

    @Override
    public void append(LakeRows lakeRows) {
        write(lakeRows, false);
        rows += lakeRows.count();
    }

    @Override
    public void delete(LakeRows lakeRows) {
        if (!spec.hasPrimaryKey()) {
            throw new IllegalStateException("rows of a log table are not deleted");
        }
        write(lakeRows, true);
    }

    private void write(LakeRows lakeRows, boolean deletes) {
        if (stage != Stage.WRITING) {
            throw new IllegalStateException("the round is " + stage);
        }
        if (lakeRows.count() == 0) {
            return;
        }
        stage = Stage.FAILED;
        Failures.run("writing a round of %s to the lake".formatted(name), () -> {
            cursor.load(lakeRows);
            BitSet selected = lakeRows.selected();
            int end = lakeRows.rows().rowCount();
            for (int row = next(selected, 0); row >= 0 && row < end; row = next(selected, row + 1)) {
                cursor.moveTo(row);
                if (deletes) {
                    files.delete(partitionOfRow(), cursor);
                } else {
                    files.append(partitionOfRow(), cursor);
                }
            }
        });
        stage = Stage.WRITING;
    }

    private static int next(@Nullable BitSet selected, int from) {
        return selected == null ? from : selected.nextSetBit(from);
    }

    /** Rows of one partition tend to stand together, so its copy is used again. */
    private @Nullable PartitionKey partitionOfRow() {
        if (partition == null) {
            return null;
        }
        partition.partition(cursor);
        if (former == null || !former.equals(partition)) {
            former = partition.copy();
        }
        return former;
    }

    @Override
    public long rows() {
        return rows;
    }

    @Override
    public long bytes() {
        return files.bytes();
    }

    @Override
    public Outcome commit(Map<String, Long> offsets) {
        if (stage != Stage.WRITING) {
            throw new IllegalStateException("the round is " + stage);
        }
        String what = "committing a round of %s to the lake".formatted(name);
        stage = Stage.FAILED;
        Failures.run(what, files::finish);
        Map<String, Long> all = new HashMap<>(base.offsets());
        all.putAll(offsets);
        all.values().removeIf(offset -> offset == GONE);
        stage = Stage.UNKNOWN;
        PinnedCommit.Result result;
        try {
            result = Failures.guard(
                    what,
                    () -> PinnedCommit.run(
                            operations,
                            name,
                            IcebergTable.ofThisTable(spec, this::refusal),
                            (table, commitId) -> commit(table, all, commitId)));
        } catch (RuntimeException e) {
            stage = Stage.FAILED; // thrown, so nothing was sent
            throw e;
        }
        return outcome(result);
    }

    private Outcome outcome(PinnedCommit.Result result) {
        if (result instanceof PinnedCommit.Done done) {
            stage = Stage.COMMITTED;
            return new Committed(RoundMetadata.state(done.metadata()));
        }
        if (result instanceof PinnedCommit.Refused refused) {
            stage = Stage.REFUSED;
            return new Refused(refused.why());
        }
        return new Unknown(((PinnedCommit.Unknown) result).why());
    }

    private Optional<String> refusal(LakeState state) {
        if (state.epoch() != base.epoch()) {
            return Optional.of(
                    "the lake is at epoch %d, and the round was planned at %d".formatted(state.epoch(), base.epoch()));
        }
        if (epoch < state.epoch()) {
            return Optional.of("the lake is at epoch %d, and the round has %d".formatted(state.epoch(), epoch));
        }
        return state.offsets().equals(base.offsets())
                ? Optional.empty()
                : Optional.of("the lake has other offsets than the round was planned from");
    }

    private void commit(Table table, Map<String, Long> offsets, String commitId) {
        SnapshotUpdate<?> update = spec.hasPrimaryKey() ? rowDelta(table) : append(table);
        RoundMetadata.write(update, spec.tableId(), epoch, offsets, commitId);
        update.commit();
    }

    private RowDelta rowDelta(Table table) {
        RowDelta delta = table.newRowDelta();
        files.dataFiles().forEach(delta::addRows);
        files.deleteFiles().forEach(delta::addDeletes);
        return delta;
    }

    private AppendFiles append(Table table) {
        AppendFiles append = table.newAppend();
        files.dataFiles().forEach(append::appendFile);
        return append;
    }

    @Override
    public void close() {
        if (stage != Stage.COMMITTED && stage != Stage.UNKNOWN) {
            files.abort();
        }
    }
}
